"""What Neutron is asked about the place of a load balancer: network, subnet, who is there already, the way
out, and the floating IP.

Only reads. Read by openstack.ask; what is right there openstack.place decides, as far as it can wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ..later import Later, now
from ..plan.choice import is_id
from .answers import FloatingIp, Holder, OpenStack, Own, Quota, Router, Subnet
from .asker import Asker, quota, told
from .cloud import Cloud
from .settings import OpenStack as Where

ROUTER_PORTS = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)
"""Who owns a router's port in a subnet (neutron-lib, constants, ROUTER_INTERFACE_OWNERS)."""

OVN_PORTS = ("network:distributed", "network:dhcp")
"""Who owns the port from which OVN serves metadata; the latter until Neutron 17, and a DHCP agent's."""

OVN = "ovnmeta-"
"""How the device of OVN's own port begins (Neutron, OVN driver, metadata)."""

MORE_GATEWAYS = "external-gateway-multihoming"
"""With it a router may lead to more networks than `external_gateway_info` says."""


def ask(asker: Asker, where: Where, own: Own, ports: Iterable[Any]) -> OpenStack:
    """What is known of the place.

    Args:
        ports: the project's, as far as it may list them.
    """
    cloud = asker.cloud
    extensions = told(lambda: frozenset(extension.alias for extension in cloud.network.extensions()))
    network = asker.look("openstack.network", where.network, "network", cloud.network.find_network)
    answers = OpenStack(extensions=extensions, quotas=_quotas(cloud))
    if network is not None:
        if network.is_admin_state_up is False:
            asker.refuse(
                "openstack.network",
                now(where.network) or "",
                "is switched off: no port there carries packets",
                f"`openstack network set --enable {network.id}`, or name another one",
            )
        subnet = None if isinstance(where.subnet, Later) else _subnet(asker, where, network.id, ports)
        answers = replace(
            answers,
            network_id=network.id,
            network_name=network.name,
            subnet=subnet,
            foreign_network=network.project_id not in (None, cloud.current_project_id),
        )
    if where.public:
        answers = _outside(asker, where, own, answers)
    return answers if network is None else _neighbours(cloud, where, network, answers)


def _subnet(asker: Asker, where: Where, network_id: str, ports: Iterable[Any]) -> Subnet | None:
    candidates = list(asker.cloud.network.subnets(network_id=network_id, ip_version=4))
    if where.subnet:
        candidates = [subnet for subnet in candidates if where.subnet in (subnet.id, subnet.name)]
    if len(candidates) != 1:
        found = ", ".join(sorted(f"{subnet.name} ({subnet.id})" for subnet in candidates)) or "none"
        asker.refuse(
            "openstack.subnet" if where.subnet else "openstack.network",
            now(where.subnet) or now(where.network) or "",
            f"must mean exactly one IPv4 subnet, and means: {found}",
            "name the subnet in openstack.subnet",
        )
        return None
    (subnet,) = candidates
    return Subnet(
        subnet.id,
        IPv4Network(subnet.cidr),
        IPv4Address(subnet.gateway_ip) if subnet.gateway_ip else None,
        dhcp=subnet.is_dhcp_enabled,
        dns=None if subnet.dns_nameservers is None else tuple(subnet.dns_nameservers),
        free=_free(subnet, ports),
    )


def _free(subnet: Any, ports: Iterable[Any]) -> int | None:
    """How many addresses of the subnet's allocation pools none of these ports has."""
    if not subnet.allocation_pools:
        return None
    pools = [(IPv4Address(each["start"]), IPv4Address(each["end"])) for each in subnet.allocation_pools]
    given = {
        IPv4Address(fixed["ip_address"])
        for port in ports
        for fixed in port.fixed_ips
        if fixed["subnet_id"] == subnet.id
    }
    used = sum(any(start <= address <= end for start, end in pools) for address in given)
    return sum(int(end) - int(start) + 1 for start, end in pools) - used


def _neighbours(cloud: Cloud, where: Where, network: Any, answers: OpenStack) -> OpenStack:
    """Who is in the network already. Of a network that is another project's Neutron shows a project its own
    ports alone (policy get_port), so that what it does not show may be there."""
    subnet = answers.subnet
    if subnet is None:
        return answers
    if vip := now(where.vip):
        answers = replace(answers, vip_holders=_holders(cloud, network.id, vip))
    if network.project_id != cloud.current_project_id:
        return answers
    owners = [*ROUTER_PORTS, *OVN_PORTS]
    ports = told(lambda: list(cloud.network.ports(network_id=network.id, device_owner=owners)))
    if ports is None:
        return answers
    return replace(
        answers,
        routers=_routers(cloud, answers, [port for port in ports if _joins(port, subnet)]),
        ovn=any(str(port.device_id).startswith(OVN) for port in ports),
    )


def _holders(cloud: Cloud, network_id: str, address: IPv4Address) -> tuple[Holder, ...] | None:
    query = {"network_id": network_id, "fixed_ips": f"ip_address={address}"}
    ports = told(lambda: list(cloud.network.ports(**query)))
    if ports is None:
        return None
    return tuple(
        Holder(port.id, port.name or "", port.device_owner or "")
        for port in ports
        if any(fixed["ip_address"] == str(address) for fixed in port.fixed_ips)
    )


def _joins(port: Any, subnet: Subnet) -> bool:
    return port.device_owner in ROUTER_PORTS and any(
        fixed["subnet_id"] == subnet.id for fixed in port.fixed_ips
    )


def _routers(cloud: Cloud, answers: OpenStack, ports: Sequence[Any]) -> tuple[Router, ...]:
    ids = sorted({port.device_id for port in ports})
    shown = (told(lambda: list(cloud.network.routers(id=ids))) or ()) if ids else ()
    known = {router.id: router for router in shown}
    return tuple(_router(cloud, each, known.get(each), answers) for each in ids)


def _router(cloud: Cloud, router_id: str, shown: Any, answers: OpenStack) -> Router:
    """A router; of another project's only the port is shown."""
    if shown is None:
        return Router(router_id, router_id, frozenset(), maybe_more=True)
    first = (shown.external_gateway_info or {}).get("network_id")
    outside, name = frozenset({first} if first else ()), shown.name or router_id
    up = shown.is_admin_state_up is not False
    one = answers.extensions is not None and MORE_GATEWAYS not in answers.extensions
    if one or first in (None, answers.external_network_id):
        return Router(router_id, name, outside, maybe_more=False, up=up)
    # openstacksdk drops what this extension adds.
    every = told(lambda: cloud.network.get(f"/routers/{router_id}").json()["router"]["external_gateways"])
    networks = frozenset(str(gateway["network_id"]) for gateway in every or ())
    return Router(router_id, name, outside | networks, maybe_more=every is None, up=up)


def _outside(asker: Asker, where: Where, own: Own, answers: OpenStack) -> OpenStack:
    said, address = now(where.external_network), now(where.floating_ip)
    if where.floating_ip is not None and address is None:
        return answers
    makes = address is None
    pools = frozenset(each.pool for each in own.addresses)
    network = _external_network(asker, said, makes, pools) if said else None
    if address is None:
        return replace(
            answers,
            external_network=str(network.name) if network else None,
            external_network_id=network.id if network else None,
        )
    found = _floating_ip(asker, address, own)
    if found and network and found.network_id != network.id:
        asker.refuse(
            "openstack.floatingIp",
            address,
            f"comes from the network {found.network_id}, and openstack.externalNetwork is {network.id}",
            "leave externalNetwork out, or name an address from there",
        )
    return replace(answers, floating_ip=found, external_network_id=found.network_id if found else None)


def _external_network(asker: Asker, said: str, makes: bool, pools: frozenset[str]) -> Any:
    """The network of that name or id.

    Args:
        makes: whether an address is made. The provider asks for it by the network's name, and takes the first
            network that has it (terraform-provider-openstack, networkingNetworkV2ID).
        pools: the names of the networks from which the stack has its address already.
    """
    cloud, path = asker.cloud, "openstack.externalNetwork"
    otherwise = (
        "a floating IP is asked for by this name: rename a network, or make the address with "
        "`openstack floating ip create ID` and name it in openstack.floatingIp"
        if makes
        else "give the id instead"
    )
    network = asker.found(path, said, "network", cloud.network.find_network, otherwise)
    if network is None:
        return None
    if network.is_router_external is False:
        asker.refuse(
            path,
            said,
            "must be an external network: floating IPs come from it",
            "look with `openstack network list --external`",
        )
        return None
    if makes and said != network.name and network.name not in pools:
        ids = sorted(each.id for each in cloud.network.networks(name=network.name))
        if len(ids) > 1:
            asker.refuse(path, said, f"has a name that several networks have: {', '.join(ids)}", otherwise)
            return None
    return network


def _floating_ip(asker: Asker, said: str, own: Own) -> FloatingIp | None:
    query = {"id": said} if is_id(said) else {"floating_ip_address": said}
    mine = asker.cloud.current_project_id
    found = told(lambda: list(asker.cloud.network.ips(**query, project_id=mine)))
    if found is None and not is_id(said):
        return None
    if found is None or len(found) != 1:
        asker.refuse(
            "openstack.floatingIp",
            said,
            "there is no such floating IP in this project",
            "look with `openstack floating ip list`, or leave it out and a new one is made",
        )
        return None
    (floating_ip,) = found
    if floating_ip.port_id and floating_ip.port_id not in own.vips:
        asker.refuse(
            "openstack.floatingIp",
            said,
            f"is in use: it belongs to the port {floating_ip.port_id}",
            "detach it first, or name another one",
        )
    return FloatingIp(
        floating_ip.id, IPv4Address(floating_ip.floating_ip_address), floating_ip.floating_network_id
    )


def _quotas(cloud: Cloud) -> dict[str, Quota]:
    details = told(lambda: cloud.network.get_quota(cloud.current_project_id, details=True))
    return dict(_detailed(details))


def _detailed(details: Any) -> Iterator[tuple[str, Quota]]:
    for name in ("ports", "floating_ips", "security_groups", "security_group_rules"):
        value = getattr(details, name, None)
        if isinstance(value, dict) and (found := quota(value["limit"], value.get("used"))):
            yield name, replace(found, used=found.used + value.get("reserved", 0))
