"""What a platform can do, as frozen values: the answers to read-only questions, asked before anything is
made.

Pure: no Pulumi, no network, no clock. Made by platforms, read by plan. A field that is None was not asked,
because there are no credentials (an offline preview) or because the kind of load balancer does not need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from .problems import Problem
from .traffic import Backend


@dataclass(frozen=True)
class Subnet:
    """The IPv4 subnet that the load balancer and the nodes share."""

    id: str
    cidr: IPv4Network
    gateway: IPv4Address | None


@dataclass(frozen=True)
class FloatingIp:
    """An existing floating IP."""

    id: str
    address: IPv4Address
    port_id: str | None
    """The port it is on now."""


@dataclass(frozen=True)
class Quota:
    """What a project may have of something, and has."""

    limit: int
    """-1 is unlimited."""
    used: int

    def room_for(self, more: int) -> bool:
        """Whether so many more fit."""
        return self.limit < 0 or self.used + more <= self.limit


@dataclass(frozen=True)
class OpenStack:
    """One region of an OpenStack cloud, seen from one project."""

    network_id: str | None = None
    subnet: Subnet | None = None
    external_network: str | None = None
    """The external network's name: a floating IP is asked for by it."""
    floating_ip: FloatingIp | None = None
    flavor_name: str | None = None
    """Nova's name for the flavor that was named or identified."""
    flavor_cores: int = 0
    flavor_ram: int = 0
    """In MiB."""
    node_security_group_id: str | None = None
    extensions: frozenset[str] | None = None
    """The aliases of Neutron's extensions."""
    foreign_network: bool = False
    """Whether the network belongs to another project: then only its owner may set allowed address pairs
    (Neutron's default policy, create_port:allowed_address_pairs)."""
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    """By resource: ports, floating_ips, security_groups, security_group_rules, instances, cores, ram (MiB),
    server_groups."""
    metadata_items: int | None = None
    """How many metadata items a server may have; -1 is unlimited (Nova API, limits, maxServerMeta)."""
    made: frozenset[str] = frozenset()
    """The names of what is already there of this stack: it needs no more quota."""
    octavia_providers: tuple[str, ...] | None = None
    """Empty where the region has no Octavia that answers."""


@dataclass(frozen=True)
class Capabilities:
    """Everything that was asked, and what went wrong while asking."""

    openstack: OpenStack | None = None
    backends: tuple[Backend, ...] | None = None
    """The nodes that a look-up found; None where the settings name them or no look-up was made."""
    problems: tuple[Problem, ...] = ()
    """Names that do not exist or are ambiguous; the plan refuses with them."""


OFFLINE = Capabilities()
"""Nothing was asked."""
