"""What an OpenStack region told, as frozen values.

Pure: no Pulumi, no network, no clock. Made by openstack.ask, read by the plans. A field that is None was not
asked, because there are no credentials (an offline preview) or because the kind of load balancer does not
need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Any


@dataclass(frozen=True)
class Network:
    """A network, by what the different services call it."""

    id: str
    name: str
    """Nova lists a server's addresses by it."""


@dataclass(frozen=True)
class Subnet:
    """The IPv4 subnet that the load balancer and the nodes share."""

    id: str
    cidr: IPv4Network
    gateway: IPv4Address | None
    """None: there is none. Where nothing was asked there is no `Subnet`."""
    dhcp: bool | None = None
    """Whether Neutron answers DHCP there; None: not asked."""
    dns: tuple[str, ...] | None = None
    """The DNS servers that the subnet names; empty where it names none, None: not asked."""
    free: int | None = None
    """The most addresses that Neutron may still give out there; None: not asked. Fewer are left where other
    projects have some."""


@dataclass(frozen=True)
class Router:
    """A router that joins the subnet."""

    id: str
    name: str
    outside: frozenset[str]
    """The ids of the external networks that it is known to lead to."""
    maybe_more: bool
    """Whether it may lead to others that this project is not shown."""
    up: bool = True
    """False where somebody has switched it off: Neutron puts a floating IP behind it, and nothing passes."""


@dataclass(frozen=True)
class Holder:
    """A port that has an address."""

    id: str
    name: str
    owner: str
    """What it belongs to (Neutron API, ports, device_owner); empty for a port that belongs to nothing."""


@dataclass(frozen=True)
class FloatingIp:
    """An existing floating IP."""

    id: str
    address: IPv4Address
    network_id: str | None
    """The external network that it comes from; None: not asked."""


@dataclass(frozen=True)
class Address:
    """The floating IP that this stack itself made."""

    id: str
    address: IPv4Address
    pool: str
    """The name of the external network that it came from."""

    def is_meant(self, named: str) -> bool:
        """Whether the settings name it, by address or id."""
        return named == str(self.address) or named.replace("-", "").lower() == self.id.replace("-", "")


@dataclass(frozen=True)
class Own:
    """What of the cloud is this stack's own: what its state holds, and nothing else. Empty before the first
    `up`."""

    ids: frozenset[str] = frozenset()
    vips: frozenset[str] = frozenset()
    """The ids of the ports on which a floating IP is this stack's own business."""
    octavia_vips: frozenset[str] = frozenset()
    """Those of them that Octavia made with a load balancer."""
    made: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By quota (`ports`, `security_group_rules` ...): the names of what needs no more room, or the
    descriptions where nothing has a name (rules, floating IPs)."""
    recorded: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    """By quota and name, as `made`: the outputs of a server, a port, a server group or a load balancer."""
    booted: Mapping[str, str] = field(default_factory=dict)
    """By the name of a server that boots from a volume: the image that its volume was made from. Empty where
    the settings name another image than they did when the servers were made."""
    addresses: tuple[Address, ...] = ()
    """Several while the engine has still to delete one; nobody tells which."""
    listeners: frozenset[tuple[str, int]] = frozenset()
    """Of Octavia: the name of the load balancer, and the port."""
    pools: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """By listener: how many members the pool behind it has."""
    octavia_provider: str | None = None
    """The provider driver of the load balancer that stands."""


@dataclass(frozen=True)
class Stranger:
    """Something in this project that is not in this stack's state."""

    quota: str
    """What it counts in, as in `Own.made`; `load_balancers` too."""
    name: str
    """Its name, or its description where nothing has a name."""
    id: str


@dataclass(frozen=True)
class Admission:
    """A rule of the nodes' security group that is not in this stack's state: TCP, this port alone. Neutron
    refuses a second one of the same content (409, SecurityGroupRuleExists)."""

    port: int
    source: IPv4Network
    id: str


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
    network_name: str | None = None
    subnet: Subnet | None = None
    external_network: str | None = None
    """The external network's name: a floating IP is asked for by it, for the provider knows no other way. A
    name that several networks have is refused."""
    external_network_id: str | None = None
    """The id of the network that the floating IP comes from, whether it is made or there already."""
    routers: tuple[Router, ...] | None = None
    """Those that join the subnet; empty where none does, None: not asked, or not shown to this project."""
    vip_holders: tuple[Holder, ...] | None = None
    """The ports that have the VIP's address; None: not asked."""
    ovn: bool | None = None
    """Whether OVN itself answers DHCP in the network; None: not asked."""
    floating_ip: FloatingIp | None = None
    flavor_name: str | None = None
    """Nova's name for the flavor that was named or identified. It stays a name beside the image's
    (docs/decisions/0004), and Nova has one flavor of a name."""
    flavor_cores: int = 0
    flavor_ram: int = 0
    """In MiB."""
    absent: frozenset[str] | None = None
    """Of the hosts' `image` and `flavor` what is not there, or not told from others; None: not asked."""
    image_id: str | None = None
    """The image's, where hosts boot from volumes."""
    node_security_group_id: str | None = None
    extensions: frozenset[str] | None = None
    """The aliases of Neutron's extensions."""
    foreign_network: bool = False
    """Whether the network belongs to another project: then only its owner may set allowed address pairs
    (Neutron's default policy, create_port:allowed_address_pairs)."""
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    """By resource: ports, floating_ips, security_groups, security_group_rules, instances, cores, ram (MiB),
    server_groups, volumes, gigabytes."""
    metadata_items: int | None = None
    """How many metadata items a server may have; -1 is unlimited (Nova API, limits, maxServerMeta)."""
    own: Own = Own()
    """Known without credentials too: the state is read, and no cloud asked."""
    strangers: tuple[Stranger, ...] = ()
    """The plan knows whether it would give one of their names."""
    admissions: tuple[Admission, ...] = ()
    """What a rule of ours must not say again."""
    octavia_providers: tuple[str, ...] | None = None
    """Empty where the region has no Octavia."""

    @property
    def network(self) -> Network | None:
        """The network that the load balancer and the nodes share; None: not asked, or not found."""
        if self.network_id is None or self.network_name is None:
            return None
        return Network(self.network_id, self.network_name)
