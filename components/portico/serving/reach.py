"""Whether this machine, which asks in the end, is let in: said before anything is made.

May touch Pulumi, for its lines alone; sends nothing. Read by planning.
"""

import socket
from ipaddress import IPv4Address

import pulumi

from ..plan.way import Way
from ..settings.model import Wait

ANYWHERE = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737): a route leads there, and nobody is."""


def say(way: Way, wait: Wait) -> None:
    """A warning where this machine is none of those who are let in, a line where the address is inside."""
    if not wait.address:
        return
    end = "or say portico:wait.address: false"
    here = own_address()
    if way.clients and not (here and any(here in clients for clients in way.clients)):
        shown = f"{here}, unless a NAT changes it" if here else "which is not known"
        pulumi.log.warn(
            f"this machine's address ({shown}) is none of portico:loadBalancer.allowedClients, and `up` asks "
            f"the published address from here in the end: add it, {end}"
        )
    for reason in way.inside:
        pulumi.log.info(
            f"`up` asks the published address from here in the end. From outside, {reason}: run it inside, "
            f"{end}"
        )


def own_address() -> IPv4Address | None:
    """Where connections of this machine come from before any NAT; None where it has no way out. A UDP socket
    that is connected sends nothing (udp(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
        try:
            way_out.connect(ANYWHERE)
        except OSError:
            return None
        return IPv4Address(way_out.getsockname()[0])
