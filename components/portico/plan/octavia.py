"""The plan of `octavia`: provider, pools, monitors, and who the nodes must admit.

Pure: no Pulumi, no network, no clock. Read by loadbalancers.octavia. Providers differ: docs/octavia.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ..capabilities import FloatingIp, OpenStack, Subnet
from ..kinds import ClientIp, Kind
from ..settings.model import Octavia as OctaviaSettings
from ..settings.model import Settings
from .choice import Choice, Ref, name_only, ref


@dataclass(frozen=True)
class OctaviaPlan:
    """What will be built in front of the node ports with Octavia."""

    provider: Choice[str]
    flavor: str | None
    """An Octavia flavor id."""
    network: Ref
    subnet: Subnet | None
    """None where no look-up was made: an unknown value in that preview."""
    subnet_said: str | None
    vip: IPv4Address | None
    public: Choice[bool]
    external_network: str | None
    """The name of the network a new floating IP comes from; None where only a look-up could tell."""
    floating_ip: FloatingIp | None
    floating_ip_said: str | None
    pool_protocol: str
    """TCP or PROXYV2 (Octavia API, pools)."""
    balance: Choice[str]
    """The pool's `lb_method`."""
    monitor: Choice[str]
    """The health monitor's type: HTTP or TCP."""
    allowed_cidrs: tuple[IPv4Network, ...] | None
    """None where the provider has no such thing."""
    node_security_group: Ref | None
    node_sources: Choice[tuple[IPv4Network, ...] | None]
    """Whom the nodes admit to the node ports; None: the load balancer's subnet, when it is known."""


def make(settings: Settings, can: OpenStack | None, kind: Kind) -> OctaviaPlan:
    """The plan; `can` is None when nothing was asked."""
    load_balancer = settings.load_balancer
    where, octavia = load_balancer.openstack, load_balancer.octavia or OctaviaSettings()
    if where is None:
        raise ValueError("the reader guarantees the section openstack for octavia")
    asked = can or OpenStack()
    ovn = kind.client_ip is ClientIp.KEPT
    node_group = settings.nodes.security_group if settings.nodes else None
    return OctaviaPlan(
        provider=Choice(octavia.provider, because=f"octavia.provider is {octavia.provider}"),
        flavor=octavia.flavor,
        network=ref(where.network, asked.network_id),
        subnet=asked.subnet,
        subnet_said=where.subnet,
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
        pool_protocol="TCP" if ovn else "PROXYV2",
        balance=Choice("SOURCE_IP_PORT", because="OVN knows no other method")
        if ovn
        else Choice("ROUND_ROBIN", because="new connections go to the nodes in turn"),
        monitor=Choice("TCP", because="OVN has no HTTP monitor")
        if ovn
        else Choice("HTTP", because="only the health endpoint's own answer tells that a controller serves"),
        allowed_cidrs=None if ovn else load_balancer.allowed_clients,
        node_security_group=ref(node_group, asked.node_security_group_id) if node_group else None,
        node_sources=Choice(load_balancer.allowed_clients, because="the nodes see the clients' own addresses")
        if ovn
        else Choice(None, because="the nodes see the amphorae, which have addresses of the subnet"),
    )
