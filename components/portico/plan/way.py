"""Where the way from a client to an application may end, by what a connection sees, and what helps there.

Pure: no Pulumi, no network, no clock. Read by the kinds' planners, which know their own hops, and by serving.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Network


class End(Enum):
    """What a connection sees where the way ends before anybody speaks."""

    NAMELESS = "the name resolves to no address"
    SILENT = "nobody answers"
    REFUSED = "the connection is refused"
    CLOSED = "the connection is closed at once"
    MUTE = "the connection is taken, and no word comes"
    NO_TLS = "what answers speaks no TLS"


ANYWHERE: Mapping[End, str] = {
    End.NAMELESS: "the platform has not published it yet, or this machine asks another DNS",
    End.SILENT: "the way to the load balancer is broken",
    End.REFUSED: "nothing listens on this port of the load balancer",
    End.CLOSED: (
        "the load balancer finds no node that serves: see the controller's pods, and whether the nodes admit "
        "the load balancer"
    ),
    End.MUTE: (
        "the controller, or the application behind it, takes longer than this machine waits: see their logs, "
        "or name a faster path in the app's `probe`"
    ),
    End.NO_TLS: (
        "the node port behind it is none that ends TLS, or the load balancer sends a PROXY protocol header "
        "that the ingress controller does not take there"
    ),
}
"""What is wrong then with any load balancer."""


@dataclass(frozen=True)
class Way:
    """The way of a stack, as far as its settings tell it."""

    clients: tuple[IPv4Network, ...] = ()
    """Who alone is let in; empty where everybody is."""
    inside: tuple[str, ...] = ()
    """Why a machine outside gets no answer from a front door that works."""
    ends: Mapping[End, str] = field(default_factory=dict)
    """What the kind knows better than ANYWHERE."""

    @property
    def narrowed(self) -> tuple[str, ...]:
        """Why this machine may get no answer from a front door that works."""
        stranger = "this machine's address is none of portico:loadBalancer.allowedClients"
        return (*([stranger] if self.clients else ()), *self.inside)

    def sentence(self, end: End, cause: str) -> str:
        """What was seen, and which hop is broken."""
        hop = self.ends.get(end, ANYWHERE[end])
        if end is End.SILENT and self.narrowed:
            return f"{end.value} ({cause}): most likely {' or '.join(self.narrowed)}; else {hop}"
        return f"{end.value} ({cause}): {hop}"
