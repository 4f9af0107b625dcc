"""Who else gives an address to a Service of type LoadBalancer, and which a MetalLB that is there serves.

Pure: no Pulumi, no network, no clock. Read by this kind's plan. Rules: MetalLB 0.16.1, internal/k8s
(filterByLoadBalancerClass): a class has to be the same on both sides, none on either included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ...kubernetes.answers import Container, Workload
from ...kubernetes.beside import Beside, Rival, is_true, options
from ...problems import Problem
from ...settings.model import Settings
from .pools import pools, taken

PATH = "portico:loadBalancer.metallb.loadBalancerClass"
MARK = "svccontroller.k3s.cattle.io/svcname"
"""The label of what k3s' servicelb runs for a Service (k3s, pkg/cloudprovider/servicelb.go)."""
OWN = re.compile(r"metallb[/-]controller")


def rivals(settings: Settings, beside: Beside) -> Iterator[Rival]:
    """Pools first. Where the Service stands already its class cannot be changed, only its whole replaced."""
    metallb = settings.load_balancer.metallb
    if metallb is None:
        return
    for path in pools(settings):
        own = beside.names.of("pool")
        for problem in taken(metallb.addresses, beside.listed.get(path, ()), own):
            yield Rival(problem, refused=True)
    said = metallb.load_balancer_class or ""
    for workload in beside.workloads:
        if not metallb.install and (served := _served(workload)) not in (None, said):
            yield Rival(_deaf(workload, said, served or ""), refused=True)
        if not said and (name := _claims(workload)):
            yield Rival(_claimed(workload, name), past=not beside.standing)
            return


def _served(workload: Workload) -> str | None:
    """The class that a MetalLB serves, empty for none; None where it is no MetalLB."""
    for container in workload.containers:
        if OWN.search(container.image):
            return options(container).get("lb-class", "")
    return None


def _deaf(workload: Workload, said: str, served: str) -> Problem:
    wanted = f"the class {served}" if served else "no class"
    remedy = f"say {served!r}" if served else "leave it out, or give it --lb-class (controller and speaker)"
    rule = f"{workload.object} serves Services of {wanted} alone, and this one would get no address"
    return Problem(PATH, repr(said) if said else "", rule, remedy)


def _claimed(workload: Workload, name: str) -> Problem:
    return Problem(
        PATH,
        "",
        f"{name} ({workload.object}) gives an address to every Service without a class, this one included: "
        "clients would get to it past loadBalancer.allowedClients",
        "say one, such as `portico.example.org/metallb`; a Service that stands is replaced then",
    )


def _claims(workload: Workload) -> str:
    """The name of who claims every Service; empty where nobody of them runs there."""
    if MARK in workload.labels:
        return "k3s' servicelb"
    for name, (image, claiming) in CLAIMING.items():
        if any(image.search(container.image) and claiming(container) for container in workload.containers):
            return name
    return ""


def _manages_services(container: Container) -> bool:
    """Kubernetes, cloud-controller-manager, --controllers: `*` is all, `-name` is none of it."""
    chosen = options(container).get("controllers", "*").split(",")
    names = ("service", "service-lb-controller")
    if any(f"-{name}" in chosen for name in names):
        return False
    return "*" in chosen or any(name in chosen for name in names)


def _serves_services(container: Container) -> bool:
    """kube-vip, its environment variables."""
    told = container.environment
    return is_true(told.get("svc_enable")) and not is_true(told.get("lb_class_only"))


CLAIMING: dict[str, tuple[re.Pattern[str], Callable[[Container], bool]]] = {
    "a cloud's controller": (re.compile(r"cloud-controller-manager"), _manages_services),
    "kube-vip": (re.compile(r"kube-vip"), _serves_services),
}
"""By name: its image, and whether one claims every Service with what it was told."""
