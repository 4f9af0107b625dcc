"""The plan of `metallb`: an address pool, its announcement, and MetalLB itself where it is to be installed.

Pure: no Pulumi, no network, no clock. Read by the component.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ...kubernetes.answers import Object
from ...kubernetes.wanted import STACK, Needed, Wanted, namespace
from ...names import Names
from ...plan.choice import Choice
from ...plan.planner import Planner
from ...plan.request import Request
from ...plan.way import End
from ...settings.model import LoadBalancer, Settings
from .manifest import documents, in_namespace
from .pools import clashes, pools
from .rivals import rivals

DEFINITION = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


@dataclass(frozen=True)
class MetalLbPlan:
    """What will be built inside the cluster."""

    addresses: tuple[str, ...]
    install: Choice[bool]
    namespace: str
    existing: tuple[str, ...]
    """What of it is there already."""
    load_balancer_class: str | None
    """Of the Services that it serves, this one's included; None: of those without one."""
    interfaces: tuple[str, ...]
    address: IPv4Address | None
    allowed_clients: tuple[IPv4Network, ...]
    """The Service's `loadBalancerSourceRanges`."""


def make(request: Request) -> MetalLbPlan:
    """The plan."""
    settings = request.settings
    metallb = settings.load_balancer.metallb
    if metallb is None:
        raise ValueError("the reader guarantees the section metallb for metallb")
    return MetalLbPlan(
        addresses=metallb.addresses,
        install=Choice(
            metallb.install,
            because="metallb.install is true"
            if metallb.install
            else "metallb.install is false: it is in the cluster already",
        ),
        namespace=metallb.namespace,
        existing=metallb.existing,
        load_balancer_class=metallb.load_balancer_class,
        interfaces=metallb.interfaces,
        address=metallb.address,
        allowed_clients=settings.load_balancer.allowed_clients,
    )


def wanted(settings: Settings, names: Names) -> Iterator[Wanted]:
    """MetalLB itself where it is installed, the pool and its announcement."""
    metallb = settings.load_balancer.metallb
    if metallb is None:
        return
    section = "portico:loadBalancer.metallb"
    if metallb.install:
        for document in documents():
            moved = in_namespace(document, metallb.namespace)
            if moved["kind"] == "Namespace" and "namespace" in metallb.existing:
                continue
            metadata = moved["metadata"]
            yield Wanted(
                Object(moved["apiVersion"], moved["kind"], metadata.get("namespace"), metadata["name"]),
                f"{section}.install",
                "True",
                "say `install: false` where MetalLB is in the cluster, `existing: [namespace]` where only "
                "its namespace is, else another `namespace`",
            )
    for kind in ("IPAddressPool", "L2Advertisement"):
        yield Wanted(
            Object("metallb.io/v1beta1", kind, metallb.namespace, names.of("pool")),
            STACK,
            repr(names.prefix),
            "choose another name for the stack",
        )


def needed(settings: Settings) -> Iterator[Needed]:
    """MetalLB and its namespace, where it is not installed here; the namespace alone, where that is used."""
    metallb = settings.load_balancer.metallb
    section = "portico:loadBalancer.metallb"
    if metallb is not None and "namespace" in metallb.existing:
        # The speaker is on the nodes' own network.
        path = f"{section}.namespace"
        yield namespace(path, metallb.namespace, f"{section}.existing", pods="privileged")
    if metallb is not None and not metallb.install:
        yield namespace(f"{section}.namespace", metallb.namespace)
        yield Needed(
            Object(*DEFINITION, None, "ipaddresspools.metallb.io"),
            f"{section}.install",
            "False",
            "MetalLB is not in the cluster",
            "say `install: true`, or install it first",
        )


def ends(_load_balancer: LoadBalancer) -> Mapping[End, str]:
    """Which hop is broken."""
    return {
        End.SILENT: (
            "no node announces the address (`kubectl describe service`), or this machine has no way into "
            "the nodes' network, where alone MetalLB answers for it"
        ),
        End.REFUSED: "the node that announces the address has no ready pod of the controller",
    }


PLANNER = Planner(make, wanted=wanted, needed=needed, lists=pools, rivals=rivals, clashes=clashes, ends=ends)
