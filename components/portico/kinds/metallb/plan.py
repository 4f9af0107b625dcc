"""The plan of `metallb`: an address pool, its announcement, and MetalLB itself where it is to be installed.

Pure: no Pulumi, no network, no clock. Read by the component.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ...plan.choice import Choice
from ...plan.request import Request


@dataclass(frozen=True)
class MetalLbPlan:
    """What will be built inside the cluster."""

    addresses: tuple[str, ...]
    install: Choice[bool]
    namespace: str
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
        interfaces=metallb.interfaces,
        address=metallb.address,
        allowed_clients=settings.load_balancer.allowed_clients,
    )
