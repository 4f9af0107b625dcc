"""Where on OpenStack an address lives: network, VIP, floating IP, and the nodes' security group.

Pure: no Pulumi, no network, no clock. The same for every kind of load balancer on OpenStack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from ..later import now
from ..names import Names
from ..plan.choice import Choice, Ref, is_id, name_only, ref
from ..plan.request import Request
from ..settings.model import LoadBalancer
from .answers import OpenStack, Subnet


@dataclass(frozen=True)
class OpenStackPlace:
    """What was looked up or said. None for an id, a name or an address means that only a look-up could tell
    and none was made: an unknown value in that preview."""

    network: Ref
    subnet: Subnet | None
    subnet_id: str | None
    """Known also where an id was said and nothing looked up."""
    vip: IPv4Address | None
    """None: Neutron chooses."""
    public: Choice[bool]
    """Whether there is a floating IP."""
    external_network: str | None
    """The name of the network that a new floating IP comes from."""
    adopts: bool
    """Whether the floating IP exists already, was not made by this stack, and is left alone in the end."""
    adopted_address: str | None
    """The address of the floating IP that is adopted."""
    keeps_address: bool
    """Whether the floating IP that is made outlives the stack."""
    node_security_group: Ref | None
    """None: no rule is made."""

    @property
    def node_group_id(self) -> str | None:
        """The id of the nodes' security group, as far as it is known."""
        return self.node_security_group.id if self.node_security_group else None

    @property
    def makes_address(self) -> bool:
        """Whether a floating IP is made."""
        return self.public.value and not self.adopts

    def things(self, names: Names) -> Mapping[str, tuple[str, ...]]:
        """What has a description in the cloud, by the quota that it counts in."""
        return {"floating_ips": (names.description("address"),) if self.makes_address else ()}


def narrowed(load_balancer: LoadBalancer) -> Iterator[str]:
    """Why a machine outside of the cloud may get no answer."""
    if load_balancer.openstack and not load_balancer.openstack.public:
        yield (
            "this machine has no way into the tenant network, which portico:loadBalancer.openstack.public: "
            "false asks for"
        )


def detached(load_balancer: LoadBalancer) -> str:
    """The beginning of a sentence on an address where nobody answers."""
    where = load_balancer.openstack
    gone = "the floating IP is attached to nothing or a rule" if where and where.public else "a rule"
    return f"{gone} is gone, which `pulumi up --refresh` puts back, or "


def place(request: Request) -> OpenStackPlace:
    """The place that the settings name."""
    where, nodes = request.settings.load_balancer.openstack, request.settings.nodes
    if where is None:
        raise ValueError("the reader guarantees the section openstack for a load balancer on OpenStack")
    asked = request.cloud or OpenStack()
    group, said = nodes.security_group if nodes else None, where.floating_ip
    known = now(said)
    mine = asked.own.address if known and asked.own.address and asked.own.address.is_meant(known) else None
    subnet = now(where.subnet) or ""
    return OpenStackPlace(
        network=ref(where.network, asked.network_id),
        subnet=asked.subnet,
        subnet_id=asked.subnet.id if asked.subnet else subnet if is_id(subnet) else None,
        vip=where.vip,
        public=Choice(
            where.public,
            because="a floating IP is the address"
            if where.public
            else "openstack.public is false: the VIP is the address",
        ),
        external_network=mine.pool if mine else asked.external_network or name_only(where.external_network),
        adopts=said is not None and mine is None,
        adopted_address=str(asked.floating_ip.address) if asked.floating_ip else name_only(said),
        keeps_address=where.keep_address,
        node_security_group=ref(group, asked.node_security_group_id) if group else None,
    )
