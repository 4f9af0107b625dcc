"""What the stack's state tells of the cloud: what is its own there, and what earlier look-ups found.

Reads the state that it is given. Read by planning, preflight and exposure. What was found is kept together
with what was looked up, so that a preview without credentials takes it for a setting that has not changed and
for no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from .later import now
from .names import Names, for_component, for_stack
from .openstack.answers import Address, FloatingIp, OpenStack, Own, Subnet
from .settings import Settings
from .state import EXPOSURE, Resource, State

FLOATING_IP = "openstack:networking/floatingIp:FloatingIp"
LISTENER = "openstack:loadbalancer/listener:Listener"
LOAD_BALANCER = "openstack:loadbalancer/loadBalancer:LoadBalancer"
MEMBERS = "openstack:loadbalancer/members:Members"
POOL = "openstack:loadbalancer/pool:Pool"
PORT = "openstack:networking/port:Port"

SERVER = "openstack:compute/instance:Instance"
SERVER_GROUP = "openstack:compute/serverGroup:ServerGroup"

QUOTAS = {
    SERVER: ("instances", "name"),
    SERVER_GROUP: ("server_groups", "name"),
    FLOATING_IP: ("floating_ips", "description"),
    LOAD_BALANCER: ("load_balancers", "name"),
    PORT: ("ports", "name"),
    "openstack:networking/secGroup:SecGroup": ("security_groups", "name"),
    "openstack:networking/secGroupRule:SecGroupRule": ("security_group_rules", "description"),
}
"""By type: what it counts in, and the output that names it."""

INSTANCE = "app.kubernetes.io/instance"
"""The label that every Kubernetes object of a component has: the prefix of its names (pods.labels)."""

KEPT = "lookedUp"
"""The output of the component that holds what was found."""

Facts = Mapping[str, Mapping[str, str]]
"""By what was looked up: what was found, and under `said` what it was looked up by."""


def names(state: State, project: str, stack: str, component: str) -> Names:
    """The names of a component: what stands keeps the names that it has.

    Until a component's own name counted, names came of the stack alone. Where the state holds things of this
    component under such names, they stay, and so do the address and the hosts.
    """
    before = for_stack(stack)
    parts = (f"{component}-lb", f"{component}-ingress-")
    known = {before.of("vip"), before.of("lb"), before.prefix}
    for resource in state.resources:
        labels = (resource.outputs.get("metadata") or {}).get("labels") or {}
        given = {resource.outputs.get("name"), labels.get(INSTANCE)}
        if f"{EXPOSURE}$" in resource.urn and resource.name.startswith(parts) and given & known:
            return before
    return for_component(project, stack, component)


def own(state: State, names: Names) -> Own:
    """What of the cloud is the stack's own."""
    ours = [each for each in state.resources if each.type.startswith("openstack:") and "id" in each.outputs]
    made: dict[str, set[str]] = {}
    recorded: dict[str, dict[str, Mapping[str, Any]]] = {}
    for each in ours:
        if each.type in QUOTAS:
            quota, output = QUOTAS[each.type]
            name = str(each.outputs.get(output))
            made.setdefault(quota, set()).add(name)
            if each.type in (LOAD_BALANCER, PORT, SERVER, SERVER_GROUP):
                recorded.setdefault(quota, {})[name] = each.outputs
    addresses = [
        Address(each.outputs["id"], IPv4Address(each.outputs["address"]), each.outputs["pool"])
        for each in ours
        if each.type == FLOATING_IP and each.outputs.get("description") == names.description("address")
    ]
    listeners = _listeners(ours)
    balancer = recorded.get("load_balancers", {}).get(names.of("lb"), {})
    return Own(
        ids=frozenset(each.outputs["id"] for each in ours),
        vips=frozenset(_vips(ours, names)),
        octavia_vips=_octavia_vips(ours, names),
        recorded=recorded,
        made={quota: frozenset(things) for quota, things in made.items()},
        addresses=tuple(addresses),
        listeners=frozenset(listeners.values()),
        pools=_pools(ours, listeners),
        octavia_provider=balancer.get("loadbalancerProvider"),
    )


def booted(said: Settings, cloud: str | None, state: State, own: Own, names: Names) -> Mapping[str, str]:
    """By host: which image its volume was made from, where that is what the name in the settings has meant
    since it was said. A host of another image was to be made anew, by an `up` that did not get so far."""
    by = _said(said, cloud)["image"]
    facts = [(exposure.outputs.get(KEPT) or {}).get("image") or {} for exposure in state.of(EXPOSURE)]
    meant = {
        image
        for found in facts
        if (found.get("said"), found.get("of")) == (by, names.prefix)
        for image in found.get("ids", "").split()
    }
    volumes = {
        name: server["blockDevices"][0]["uuid"]
        for name, server in own.recorded.get("instances", {}).items()
        if server.get("blockDevices")
    }
    return {name: image for name, image in volumes.items() if image in meant}


def _octavia_vips(ours: list[Resource], names: Names) -> frozenset[str]:
    return frozenset(
        each.outputs["vipPortId"]
        for each in ours
        if each.type == LOAD_BALANCER
        and each.outputs.get("name") == names.of("lb")
        and each.outputs.get("vipPortId")
    )


def _vips(ours: list[Resource], names: Names) -> Iterator[str]:
    for each in ours:
        if each.type == PORT and each.outputs.get("name") == names.of("vip"):
            yield each.outputs["id"]
    yield from _octavia_vips(ours, names)


def _listeners(ours: list[Resource]) -> dict[str, tuple[str, int]]:
    """By id: the name of the load balancer, and the port."""
    balancers = {
        each.outputs["id"]: str(each.outputs.get("name")) for each in ours if each.type == LOAD_BALANCER
    }
    return {
        each.outputs["id"]: (balancers[balancer], int(each.outputs["protocolPort"]))
        for each in ours
        if each.type == LISTENER and (balancer := each.outputs.get("loadbalancerId")) in balancers
    }


def _pools(ours: list[Resource], listeners: Mapping[str, tuple[str, int]]) -> dict[tuple[str, int], int]:
    """By listener: how many members the pool behind it has."""
    pools = {
        each.outputs["id"]: listeners[listener]
        for each in ours
        if each.type == POOL and (listener := str(each.outputs.get("listenerId"))) in listeners
    }
    members = {
        pools[pool]: len(each.outputs.get("members") or ())
        for each in ours
        if each.type == MEMBERS and (pool := each.outputs.get("poolId")) in pools
    }
    return {at: members.get(at, 0) for at in pools.values()}


def kept(said: Settings, cloud: str | None, answers: OpenStack, names: Names) -> Facts:
    """What is worth remembering of the answers, for the state.

    Args:
        cloud: the name of the cloud that was asked, as the configuration says it.
    """
    found: dict[str, Mapping[str, str | int | None]] = {
        "network": {"id": answers.network_id},
        "externalNetwork": {"name": answers.external_network},
        "flavor": {"name": answers.flavor_name, "metadataItems": answers.metadata_items},
        "image": _image(answers, names),
        "nodeSecurityGroup": {"id": answers.node_security_group_id},
    }
    if answers.subnet:
        subnet = answers.subnet
        gateway = str(subnet.gateway) if subnet.gateway else None
        found["subnet"] = {"id": subnet.id, "cidr": str(subnet.cidr), "gateway": gateway}
    if answers.floating_ip:
        found["floatingIp"] = {"id": answers.floating_ip.id, "address": str(answers.floating_ip.address)}
    by = _said(said, cloud)
    return {
        what: {"said": by[what], **{key: str(value) for key, value in facts.items() if value is not None}}
        for what, facts in found.items()
        if any(value is not None for value in facts.values())
    }


def _image(answers: OpenStack, names: Names) -> Mapping[str, str | None]:
    """The image of a host that is made now, and those of the hosts that stand."""
    ids = {*answers.own.booted.values(), *([answers.image_id] if answers.image_id else [])}
    return {"id": answers.image_id, "ids": " ".join(sorted(ids)), "of": names.prefix} if ids else {}


def recalled(said: Settings, cloud: str | None, state: State) -> OpenStack:
    """The answers to what was looked up before and is said as it was then; everything else is unknown."""
    by = _said(said, cloud)
    known: dict[str, Mapping[str, str]] = {}
    for each in state.of(EXPOSURE):
        facts: Facts = each.outputs.get(KEPT) or {}
        known |= {what: found for what, found in facts.items() if found["said"] == by[what]}
    subnet, floating_ip = known.get("subnet"), known.get("floatingIp")
    flavor = known.get("flavor", {})
    items = flavor.get("metadataItems")
    return OpenStack(
        network_id=known.get("network", {}).get("id"),
        subnet=_subnet(subnet) if subnet else None,
        external_network=known.get("externalNetwork", {}).get("name"),
        floating_ip=FloatingIp(floating_ip["id"], IPv4Address(floating_ip["address"]), None)
        if floating_ip
        else None,
        flavor_name=flavor.get("name"),
        image_id=known.get("image", {}).get("id"),
        metadata_items=int(items) if items else None,
        node_security_group_id=known.get("nodeSecurityGroup", {}).get("id"),
    )


def _subnet(found: Mapping[str, str]) -> Subnet:
    gateway = found.get("gateway")
    return Subnet(found["id"], IPv4Network(found["cidr"]), IPv4Address(gateway) if gateway else None)


def _said(said: Settings, cloud: str | None) -> dict[str, str]:
    """What each thing is looked up by."""
    where, hosts, nodes = said.load_balancer.openstack, said.load_balancer.hosts, said.nodes
    by: dict[str, list[str | None]] = {
        "network": [now(where.network) if where else None],
        "subnet": [now(where.network) if where else None, now(where.subnet) if where else None],
        "externalNetwork": [now(where.external_network) if where else None],
        "floatingIp": [now(where.floating_ip) if where else None],
        "flavor": [now(hosts.flavor) if hosts else None],
        "image": [now(hosts.image) if hosts else None],
        "nodeSecurityGroup": [now(nodes.security_group) if nodes else None],
    }
    return {what: json.dumps([cloud, *words]) for what, words in by.items()}
