"""Which other controllers serve the Ingresses that this Traefik serves.

Pure: no Pulumi, no network, no clock. Read by kubernetes.rivals through the table. Rules: Traefik 3.7.9,
pkg/provider/kubernetes/ingress (shouldProcessIngress, GetIngressClasses): without an option ingressClass it
takes every class of its own controller, whose name is a constant. ingress-nginx, IngressClass docs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...kubernetes.answers import Container, Workload
from ...kubernetes.beside import Rival, is_true, options
from ...problems import Problem
from ...settings.model import Settings

PROVIDER = "providers.kubernetesingress"
VARIABLE = "TRAEFIK_"
UNMARKED = "traefik"
"""The annotation that a Traefik without a class takes as well as none."""
WITHOUT_CLASS = "watch-ingress-without-class"
"""ingress-nginx's option for Ingresses that name no class."""


def rivals(settings: Settings, workloads: Iterable[Workload]) -> Iterator[Rival]:
    """One for each workload."""
    for workload in workloads:
        for container in workload.containers:
            told = _told(container)
            if _provides(told) and _takes(told, settings):
                yield _also_serves(settings, workload)
                break
            if settings.ingress.default_class and is_true(options(container).get(WITHOUT_CLASS)):
                yield _serves_unnamed(workload)
                break


def _told(container: Container) -> Mapping[str, str]:
    """Its static configuration: of the command line, else of the environment; a Traefik reads one of them."""
    line = {name: value for name, value in options(container).items() if name.startswith("providers.")}
    return line or {
        name.removeprefix(VARIABLE).replace("_", ".").lower(): value
        for name, value in container.environment.items()
        if name.upper().startswith(f"{VARIABLE}PROVIDERS_")
    }


def _provides(told: Mapping[str, str]) -> bool:
    switch = told.get(PROVIDER)
    if switch is not None:
        return is_true(switch)
    return any(name.startswith(f"{PROVIDER}.") for name in told)


def _takes(told: Mapping[str, str], settings: Settings) -> bool:
    ingress = settings.ingress
    class_, spaces = told.get(f"{PROVIDER}.ingressclass", ""), told.get(f"{PROVIDER}.namespaces", "")
    if told.get(f"{PROVIDER}.labelselector"):
        return False
    if spaces and not {app.namespace for app in settings.apps} & {each.strip() for each in spaces.split(",")}:
        return False
    if class_:
        return class_ == ingress.ingress_class
    if ingress.named_by == "annotation":
        return ingress.ingress_class == UNMARKED
    blind = ("disableingressclasslookup", "disableclusterscoperesources")
    return not any(is_true(told.get(f"{PROVIDER}.{option}")) for option in blind)


def _also_serves(settings: Settings, workload: Workload) -> Rival:
    problem = Problem(
        "portico:ingress.ingressClass",
        repr(settings.ingress.ingress_class),
        f"{workload.object} is a Traefik that serves this class as well: applications answer there too, past "
        "loadBalancer.allowedClients, and both write their address into each Ingress",
        "give that one a class of its own with --providers.kubernetesIngress.ingressClass, or say "
        "`namedBy: annotation` (docs/ingress.md, A second Traefik)",
    )
    return Rival(problem, past=True)


def _serves_unnamed(workload: Workload) -> Rival:
    problem = Problem(
        "portico:ingress.defaultClass",
        "True",
        f"{workload.object} serves the Ingresses that name no class: it keeps those that are there, and "
        "gets no new one",
        "name the class of each, or leave it out",
    )
    return Rival(problem)
