"""Which of several addresses is meant, whatever the order in which an API lists them.

Pure: no Pulumi, no network, no clock. Neutron gives a port an IPv6 address of its own accord beside the IPv4
one that was asked for (SLAAC), and promises no order.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, ip_address


def ipv4(listed: Iterable[str]) -> tuple[IPv4Address, ...]:
    """Those of IPv4."""
    return tuple(each for each in map(ip_address, listed) if isinstance(each, IPv4Address))


def preferred(
    addresses: Iterable[IPv4Address], subnet: IPv4Network | None, wanted: IPv4Address | None = None
) -> IPv4Address:
    """The one that is wanted if it is there, else the lowest of the subnet's, else the lowest.

    Raises:
        ValueError: there is none.
    """
    known = sorted(addresses)
    if wanted in known and wanted is not None:
        return wanted
    return min([each for each in known if subnet and each in subnet] or known)
