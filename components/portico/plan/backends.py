"""Who the backends are, and why.

Pure: no Pulumi, no network, no clock.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from ..later import Later
from ..settings.model import Nodes
from ..traffic import Backend
from .choice import Choice


def backends(
    nodes: Nodes | None, found: tuple[Backend, ...] | None, vip: IPv4Address | Later | None = None
) -> Choice[tuple[Backend, ...] | None]:
    """The backends in a stable order, so that the same nodes always make the same configuration."""
    if nodes is None:
        return Choice((), because="the platform knows the nodes itself")
    if nodes.source == "addresses":
        listed = tuple(
            Backend(node.name, node.address)
            for node in nodes.addresses
            if not isinstance(node.address, Later)
        )
        if len(listed) < len(nodes.addresses):
            return Choice(
                None, because=f"nodes.addresses lists {len(nodes.addresses)}, known as the program runs"
            )
        return Choice(_ordered(listed), because=f"nodes.addresses lists {len(listed)}")
    if nodes.source == "cidr":
        if nodes.cidr is None:
            raise ValueError("the reader guarantees nodes.cidr")
        if isinstance(vip, Later):
            return Choice(
                None, because=f"every address of {nodes.cidr} but the VIP, known as the program runs"
            )
        every = tuple(
            Backend(f"node-{str(address).replace('.', '-')}", address)
            for address in nodes.cidr.hosts()
            if address not in (*nodes.exclude, vip)
        )
        return Choice(
            every,
            because=f"every address of {nodes.cidr} but {len(nodes.exclude)}: whoever there answers the "
            "health check gets users' traffic",
        )
    if found is None:
        return Choice(None, because="the servers are looked up when there are credentials")
    return Choice(_ordered(found), because=f"a look-up found {len(found)} servers")


def _ordered(backends: tuple[Backend, ...]) -> tuple[Backend, ...]:
    return tuple(sorted(backends, key=lambda backend: (backend.address, backend.name)))
