"""The plan of `openstack-haproxy`: the hosts, the VIP, the floating IP, and the security rules as data.

Pure: no Pulumi, no network, no clock. Read by loadbalancers.openstack_haproxy. The technique:
docs/openstack.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network

from ..capabilities import FloatingIp, OpenStack, Subnet
from ..lbhost import STATUS_PORT, TIMERS, Timers, payload
from ..names import Names
from ..settings.model import Hosts, Settings
from ..traffic import Health, Listener
from .choice import Choice, Ref, name_only, ref

ITEMS_LEFT = 8
"""Metadata items of a host that the payload leaves to others."""

UNLIMITED_ITEMS = 1000
"""What a payload may take where Nova sets no limit: 250 kB, which a metadata answer still carries."""


class Group(Enum):
    """The security groups between which rules admit traffic."""

    HOSTS = "hosts"
    NODES = "nodes"


@dataclass(frozen=True)
class Rule:
    """One ingress rule of a security group."""

    name: str
    """Says everything the rule says: a rule that changes is another rule, so the new one never meets the old
    one's 409."""
    group: Group
    """Whose rule it is."""
    protocol: str
    """`tcp` or `vrrp` (protocol 112; unicast VRRP is the same protocol: RFC 5798, 5.1.1.4)."""
    port: int | None
    """None for protocols without ports."""
    source: Group | IPv4Network


@dataclass(frozen=True)
class HostPlan:
    """One LB host."""

    name: str
    zone: str | None
    """Its availability zone; None leaves it to Nova."""


@dataclass(frozen=True)
class OpenStackHAProxyPlan:
    """What will be built on OpenStack without Octavia."""

    network: Ref
    subnet: Subnet | None
    """None where no look-up was made: an unknown value in that preview."""
    subnet_said: str | None
    hosts: Choice[tuple[HostPlan, ...]]
    image: str
    """An id or a name. A name stays a name, so that a newer image under it replaces no host."""
    flavor: str
    """An id or a name."""
    server_group_policy: Choice[str | None]
    """None: no server group."""
    timers: Choice[Timers]
    vip: IPv4Address | None
    public: Choice[bool]
    external_network: str | None
    """The name of the network a new floating IP comes from; None where only a look-up could tell."""
    floating_ip: FloatingIp | None
    """The existing floating IP to adopt; None makes a new one, unless `floating_ip_said` says that it could
    not be looked up."""
    floating_ip_said: str | None
    node_security_group: Ref | None
    rules: tuple[Rule, ...]
    router_id: int
    max_connections: int
    key_pair: str | None
    settle_seconds: int
    metadata_items: int
    """How many metadata items the payload of a host may take."""


def rules(
    listeners: tuple[Listener, ...],
    health: Health,
    allowed_clients: tuple[IPv4Network, ...],
    hosts: Hosts,
    admits_nodes: bool,
) -> tuple[Rule, ...]:
    """The least that must be admitted: clients to the listeners, VRRP and the generation between the hosts,
    the hosts to the node ports."""
    made = [
        Rule(f"clients-{listener.port}-{_label(clients)}", Group.HOSTS, "tcp", listener.port, clients)
        for listener in listeners
        for clients in allowed_clients
    ]
    made.append(Rule("vrrp", Group.HOSTS, "vrrp", None, Group.HOSTS))
    made.append(Rule("generation", Group.HOSTS, "tcp", STATUS_PORT, Group.HOSTS))
    made.extend(Rule(f"ssh-{_label(source)}", Group.HOSTS, "tcp", 22, source) for source in hosts.ssh_from)
    if admits_nodes:
        ports = sorted({listener.node_port for listener in listeners} | {health.node_port})
        made.extend(Rule(f"node-{port}", Group.NODES, "tcp", port, Group.HOSTS) for port in ports)
    return tuple(made)


def _label(network: IPv4Network) -> str:
    return str(network).replace("/", "-")


def make(
    settings: Settings, can: OpenStack | None, names: Names, traffic: tuple[Listener, ...], health: Health
) -> OpenStackHAProxyPlan:
    """The plan; `can` is None when nothing was asked."""
    load_balancer = settings.load_balancer
    where, hosts = load_balancer.openstack, load_balancer.hosts
    if where is None or hosts is None:
        raise ValueError("the reader guarantees the sections openstack and hosts for openstack-haproxy")
    asked = can or OpenStack()
    node_group = settings.nodes.security_group if settings.nodes else None
    return OpenStackHAProxyPlan(
        network=ref(where.network, asked.network_id),
        subnet=asked.subnet,
        subnet_said=where.subnet,
        hosts=_hosts(hosts, names),
        image=hosts.image,
        flavor=asked.flavor_name or hosts.flavor,
        server_group_policy=_server_group_policy(hosts),
        timers=_timers(hosts),
        vip=where.vip,
        public=Choice(
            where.public,
            because="a floating IP is the address"
            if where.public
            else "openstack.public is false: the VIP is the address",
        ),
        external_network=asked.external_network or name_only(where.external_network),
        floating_ip=asked.floating_ip,
        floating_ip_said=where.floating_ip,
        node_security_group=ref(node_group, asked.node_security_group_id) if node_group else None,
        rules=rules(
            traffic, health, load_balancer.allowed_clients, hosts, admits_nodes=node_group is not None
        ),
        router_id=hosts.router_id,
        max_connections=hosts.max_connections,
        key_pair=hosts.key_pair,
        settle_seconds=hosts.settle_seconds,
        metadata_items=_metadata_items(asked.metadata_items),
    )


def _metadata_items(quota: int | None) -> int:
    """The payload's share of the quota `metadata_items`: a few are left to the cloud's users."""
    if quota is None:
        return payload.LIMIT
    return UNLIMITED_ITEMS if quota < 0 else max(0, quota - ITEMS_LEFT)


def _hosts(hosts: Hosts, names: Names) -> Choice[tuple[HostPlan, ...]]:
    zones = hosts.availability_zones
    planned = tuple(
        HostPlan(names.of("host", index + 1), zones[index % len(zones)] if zones else None)
        for index in range(hosts.count)
    )
    if hosts.count == 1:
        return Choice(planned, because="hosts.count is 1: nothing takes over when the host dies")
    return Choice(
        planned,
        because=f"of {hosts.count} one serves; another takes over in {TIMERS[hosts.timers].takeover():.2f} s",
    )


def _server_group_policy(hosts: Hosts) -> Choice[str | None]:
    if hosts.count == 1 or hosts.anti_affinity == "none":
        return Choice(None, because="one host" if hosts.count == 1 else "hosts.antiAffinity is none")
    if hosts.anti_affinity == "hard":
        return Choice(
            "anti-affinity", because="hosts.antiAffinity is hard: no two hosts on one hypervisor, or an error"
        )
    return Choice(
        "soft-anti-affinity",
        because="different hypervisors where the cloud has them; the hard policy fails on small clouds",
    )


def _timers(hosts: Hosts) -> Choice[Timers]:
    timers = TIMERS[hosts.timers]
    if hosts.timers == "fast":
        return Choice(timers, because="hosts.timers is fast: a live migration may move the VIP")
    return Choice(timers, because="steady: a pause of half a second, as in a live migration, moves nothing")
