"""Every Kubernetes object that the settings lead to, what has to be there for them, and their node ports.

Pure: no Pulumi, no network, no clock. Read by the preflight, which asks for each of them before anything is
made: creating an object that is there already would change it, and the end of the stack would delete it
(docs/ingress.md). tests/unit/kubernetes/test_objects.py compares this list with what is registered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..kinds.metallb.manifest import documents, in_namespace
from ..kinds.table import Place, find
from ..names import Names
from ..settings.model import App, Settings
from .answers import Object

STACK = "the stack's name"
"""Where a name comes from that no setting gives."""

OTHER_NAME = "choose another name"

DEFINITION = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


@dataclass(frozen=True)
class Wanted:
    """An object that will be made."""

    object: Object
    path: str
    """The setting that names it."""
    value: str
    """What that setting says."""
    remedy: str
    """What to do if it is there already."""


@dataclass(frozen=True)
class Needed:
    """An object that has to be there, because nobody makes it."""

    object: Object
    path: str
    value: str
    rule: str
    """What is wrong without it."""
    remedy: str


@dataclass(frozen=True)
class NodePort:
    """A node port, and the Service that is to hold it."""

    port: int
    path: str
    service: Object


def wanted(settings: Settings, names: Names) -> tuple[Wanted, ...]:
    """All that will be made, MetalLB's own objects first."""
    return (
        *_metallb(settings, names),
        *_controller(settings, names),
        *(each for index, app in enumerate(settings.apps) for each in _app(index, app)),
    )


def needed(settings: Settings, names: Names) -> tuple[Needed, ...]:
    """All that has to be there."""
    made = {each.object for each in wanted(settings, names)}
    return tuple(each for each in _needed(settings) if each.object not in made)


def node_ports(settings: Settings, names: Names) -> tuple[NodePort, ...]:
    """The node ports that a Service made here asks for; inside the cluster it has none."""
    if settings.ingress.controller == "none" or _inside(settings):
        return ()
    service = _service(settings, names)
    return (
        *(
            NodePort(settings.node_port(listener), f"portico:ingress.nodePorts.{listener.name}", service)
            for listener in settings.load_balancer.listeners
            if listener.protocol == "http"
        ),
        NodePort(settings.ingress.health_port, "portico:ingress.healthPort", service),
    )


def _inside(settings: Settings) -> bool:
    chosen = settings.load_balancer
    return find(chosen.type, chosen.octavia.provider if chosen.octavia else "").place is Place.INSIDE


def _service(settings: Settings, names: Names) -> Object:
    return Object("v1", "Service", settings.ingress.namespace, names.of("traefik"))


def _controller(settings: Settings, names: Names) -> Iterator[Wanted]:
    ingress, name = settings.ingress, names.of("traefik")
    if ingress.controller == "none":
        return
    space = ingress.namespace
    at = ("portico:ingress.namespace", repr(space), OTHER_NAME)
    yield Wanted(Object("v1", "Namespace", None, space), *at)
    yield Wanted(
        Object("networking.k8s.io/v1", "IngressClass", None, ingress.ingress_class),
        "portico:ingress.ingressClass",
        repr(ingress.ingress_class),
        f"{OTHER_NAME}, or say `controller: none` where the class has a controller that shall go on",
    )
    for kind in ("ClusterRole", "ClusterRoleBinding"):
        group = "rbac.authorization.k8s.io/v1"
        yield Wanted(
            Object(group, kind, None, name), STACK, repr(names.prefix), "choose another name for the stack"
        )
    yield Wanted(Object("v1", "ServiceAccount", space, name), *at)
    yield Wanted(_service(settings, names), *at)
    workload = "DaemonSet" if ingress.replicas is None else "Deployment"
    yield Wanted(Object("apps/v1", workload, space, name), *at)
    if (ingress.replicas or 0) > 1:
        yield Wanted(Object("policy/v1", "PodDisruptionBudget", space, name), *at)


def _app(index: int, app: App) -> Iterator[Wanted]:
    kinds = [("networking.k8s.io/v1", "Ingress")]
    if app.run is not None:
        kinds += [("apps/v1", "Deployment"), ("v1", "Service")]
        if app.run.replicas > 1:
            kinds.append(("policy/v1", "PodDisruptionBudget"))
    for version, kind in kinds:
        yield Wanted(
            Object(version, kind, app.namespace, app.name),
            f"portico:apps[{index}].name",
            repr(app.name),
            OTHER_NAME,
        )


def _metallb(settings: Settings, names: Names) -> Iterator[Wanted]:
    chosen = settings.load_balancer.metallb
    if chosen is None:
        return
    section = "portico:loadBalancer.metallb"
    if chosen.install:
        for document in documents():
            moved = in_namespace(document, chosen.namespace)
            metadata = moved["metadata"]
            yield Wanted(
                Object(moved["apiVersion"], moved["kind"], metadata.get("namespace"), metadata["name"]),
                f"{section}.install",
                "True",
                "say `install: false` where MetalLB is in the cluster, else another `namespace`",
            )
    for kind in ("IPAddressPool", "L2Advertisement"):
        yield Wanted(
            Object("metallb.io/v1beta1", kind, chosen.namespace, names.of("pool")),
            STACK,
            repr(names.prefix),
            "choose another name for the stack",
        )


def _needed(settings: Settings) -> Iterator[Needed]:
    for index, app in enumerate(settings.apps):
        yield _namespace(f"portico:apps[{index}].namespace", app.namespace)
    chosen = settings.load_balancer.metallb
    if chosen is not None and not chosen.install:
        section = "portico:loadBalancer.metallb"
        yield _namespace(f"{section}.namespace", chosen.namespace)
        yield Needed(
            Object(*DEFINITION, None, "ipaddresspools.metallb.io"),
            f"{section}.install",
            "False",
            "MetalLB is not in the cluster",
            "say `install: true`, or install it first",
        )


def _namespace(path: str, name: str) -> Needed:
    return Needed(
        Object("v1", "Namespace", None, name),
        path,
        repr(name),
        "there is no such namespace",
        f"`kubectl create namespace {name}`",
    )
