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
from ..problems import Problem
from ..settings.model import LoadBalancer
from .answers import OpenStack, Subnet

PATH = "portico:loadBalancer.openstack"

POINT_TO_POINT = 31
"""The prefix from which on a subnet has no network and broadcast address (RFC 3021)."""


@dataclass(frozen=True)
class OpenStackPlace:
    """What was looked up or said. None for an id, a name or an address means that only a look-up could tell
    and none was made: an unknown value in that preview."""

    network: Ref
    subnet: Subnet | None
    subnet_id: str | None
    """Known also where an id was said and nothing looked up."""
    vip: IPv4Address | None
    """None: Neutron chooses, or it is known only while the program runs."""
    vip_is_said: bool
    """Whether the settings choose it."""
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


def said_vip(place: OpenStackPlace) -> str | None:
    """The VIP that the settings choose, as far as it is known."""
    return str(place.vip) if place.vip else None


def place(request: Request) -> OpenStackPlace:
    """The place that the settings name."""
    where, nodes = request.settings.load_balancer.openstack, request.settings.nodes
    if where is None:
        raise ValueError("the reader guarantees the section openstack for a load balancer on OpenStack")
    asked = request.cloud or OpenStack()
    group, said = nodes.security_group if nodes else None, where.floating_ip
    known = now(said)
    mine = next((each for each in asked.own.addresses if known and each.is_meant(known)), None)
    subnet = now(where.subnet) or ""
    return OpenStackPlace(
        network=ref(where.network, asked.network_id),
        subnet=asked.subnet,
        subnet_id=asked.subnet.id if asked.subnet else subnet if is_id(subnet) else None,
        vip=now(where.vip),
        vip_is_said=where.vip is not None,
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


def obstacles(place: OpenStackPlace, request: Request, own: frozenset[str]) -> Iterator[Problem]:
    """Why the cloud cannot carry this place.

    Args:
        own: the ids of the ports that this kind of load balancer has for its VIP. The VIP of another kind
            that goes in the same `up` goes last of all, and has its address until then.
    """
    if place.vip and (rule := _misplaced(place.vip, place, request, own)):
        yield Problem(f"{PATH}.vip", repr(str(place.vip)), rule, "name a free address, or leave it out")
    if request.cloud and place.public.value:
        yield from _way_out(place, request)


def _misplaced(vip: IPv4Address, place: OpenStackPlace, request: Request, own: frozenset[str]) -> str | None:
    """Why a VIP cannot be there; None where nothing speaks against it."""
    for node in request.traffic.backends or ():
        if node.address == vip:
            return f"is the address of the node {node.name}"
    subnet, cloud = place.subnet, request.cloud
    if subnet is None:
        return None
    if vip not in subnet.cidr:
        return f"must be an address of the subnet {subnet.cidr}"
    if vip == subnet.gateway:
        return f"is the gateway of the subnet {subnet.cidr}"
    if subnet.cidr.prefixlen < POINT_TO_POINT:
        if vip == subnet.cidr.network_address:
            return f"is the network address of the subnet {subnet.cidr}"
        if vip == subnet.cidr.broadcast_address:
            return f"is the broadcast address of the subnet {subnet.cidr}"
    for holder in (cloud.vip_holders or ()) if cloud else ():
        if holder.id not in own:
            what = " ".join(word for word in (holder.name, f"({holder.id})", holder.owner) if word)
            return f"is taken: the port {what} has it"
    return None


def _way_out(place: OpenStackPlace, request: Request) -> Iterator[Problem]:
    """Whether a router joins the subnet and the network that the floating IP comes from: without one Neutron
    puts no floating IP there (404, ExternalGatewayForFloatingIPNotFound)."""
    cloud, where = request.cloud, request.settings.load_balancer.openstack
    if cloud is None or where is None:
        return
    if cloud.network_id is not None and cloud.network_id == cloud.external_network_id:
        yield Problem(
            f"{PATH}.network",
            repr(now(where.network)),
            "is the network that the floating IP comes from, and no router joins a network with itself",
            "name a tenant network, or say openstack.public: false and the VIP itself is the address",
        )
        return
    if cloud.routers is None or place.subnet is None:
        return
    outside, routers, subnet = cloud.external_network_id, cloud.routers, place.subnet
    leading = [router for router in routers if outside in router.outside or router.maybe_more]
    if outside is None or any(router.up for router in leading):
        return
    said = now(where.floating_ip) or now(where.external_network)
    path = f"{PATH}.{'floatingIp' if where.floating_ip is not None else 'externalNetwork'}"
    between = f"joins the subnet {subnet.id} ({subnet.cidr}) and the network {outside}"
    if leading:
        off = leading[0]
        yield Problem(
            path,
            repr(said),
            f"the router that {between} is switched off: {off.name} ({off.id})",
            f"`openstack router set --enable {off.id}`",
        )
        return
    router = routers[0].id if routers else "ROUTER"
    names = f"; the subnet's routers are {', '.join(each.name for each in routers)}" if routers else ""
    yield Problem(
        path,
        repr(said),
        f"no router {between}, and a floating IP needs one{names}",
        f"`openstack router set --external-gateway {outside} {router}`"
        + ("" if routers else f" and `openstack router add subnet ROUTER {subnet.id}`")
        + ", or say openstack.public: false",
    )


def crowded(place: OpenStackPlace, ports: int) -> Iterator[Problem]:
    """Whether the subnet has an address for each port that is still to be made (409,
    IpAddressGenerationFailure). A VIP that the settings name is not given out."""
    subnet, named = place.subnet, place.vip is not None
    if subnet is None or subnet.free is None:
        return
    more = max(0, ports - named)
    if more > subnet.free:
        yield Problem(
            f"{PATH}.subnet",
            repr(subnet.id),
            f"has at most {subnet.free} free addresses in its allocation pools; still to be made are {more} "
            "ports",
            "widen them with `openstack subnet set --allocation-pool`, or name another subnet",
        )
