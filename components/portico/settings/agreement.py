"""What must hold between the sections: node ports with listeners, the VIP with the nodes.

Pure: no Pulumi, no network, no clock. Read by parsing. Only what is right by itself is compared, so that one
mistake makes one message.
"""

from __future__ import annotations

from collections.abc import Mapping

from .model import DEFAULT_NODE_PORTS, Ingress, Nodes, Settings
from .reader import Reader, Step
from .sections import inside
from .values import nearest

PORTS = ("ingress", "nodePorts")
HEALTH = ("ingress", "healthPort")
LISTENERS = ("loadBalancer", "listeners")
READ = ("loadBalancer", "timeouts", "read")
VIP = ("loadBalancer", "openstack", "vip")


def check(read: Reader, settings: Settings) -> None:
    """Reports everything that disagrees."""
    _listeners_have_node_ports(read, settings)
    _node_ports_are_in_range(read, settings)
    _node_ports_are_distinct(read, settings)
    _something_takes_the_address(read, settings)
    _something_reads_requests(read, settings)
    _something_serves_the_apps(read, settings)
    if settings.nodes is not None:
        _vip_is_free(read, settings, settings.nodes)
        _excluded_are_in_cidr(read, settings.nodes)


def _listeners_have_node_ports(read: Reader, settings: Settings) -> None:
    if not _names_are_known(read):
        return
    names = [listener.name for listener in settings.load_balancer.listeners]
    said = read.found(*PORTS) or DEFAULT_NODE_PORTS
    if not isinstance(said, Mapping):
        return
    missing = [name for name in names if name not in said]
    for name in said if said is not DEFAULT_NODE_PORTS else ():
        if name in names:
            continue
        meant = nearest(name, missing)
        if read.sound(*PORTS, name):
            remedy = f"did you mean {meant!r}?" if meant else f"the listeners are {', '.join(names)}"
            read.wrong(*PORTS, name, rule="belongs to no listener", remedy=remedy)
        if meant:
            missing.remove(meant)
    low, high = settings.ingress.node_port_range
    for name in missing:
        remedy = f"choose a free one from {low} to {high}"
        read.wrong(*PORTS, name, rule=f"is required for the listener {name!r}", remedy=remedy)


def _names_are_known(read: Reader) -> bool:
    said = read.found(*LISTENERS)
    if isinstance(said, (list, tuple)) and said:
        # A listener that is refused for its protocol gets no node port, whatever it is called.
        keys = ("name", "protocol")
        return all(read.sound(*LISTENERS, index, key) for index in range(len(said)) for key in keys)
    return read.sound(*LISTENERS)


def _node_ports_are_in_range(read: Reader, settings: Settings) -> None:
    low, high = settings.ingress.node_port_range
    if not read.sound("ingress", "nodePortRange"):
        return
    for steps, port, given in _node_ports(read, settings):
        if low <= port <= high:
            continue
        rule = f"must be from {low} to {high}, the cluster's range of node ports"
        if given:
            read.wrong(
                *steps, rule=rule, remedy="choose another, or say the cluster's range in nodePortRange"
            )
        elif read.sound(*steps):
            read.wrong(*steps, rule=f"{rule}, and the default {port} is not", remedy="choose one")


def _node_ports_are_distinct(read: Reader, settings: Settings) -> None:
    seen: dict[int, tuple[tuple[Step, ...], bool]] = {}
    for steps, port, given in _node_ports(read, settings):
        if port in seen:
            (other, other_given) = seen[port]
            at, twin = (steps, other) if given or not other_given else (other, steps)
            read.wrong(*at, rule=f"must not be {port} like {read.at(*twin)}", remedy="choose another")
        seen.setdefault(port, (steps, given))


def _node_ports(read: Reader, settings: Settings) -> list[tuple[tuple[Step, ...], int, bool]]:
    """Each node port that is right so far: where, which, and whether it was given."""
    ingress: Ingress = settings.ingress
    given = bool(read.found(*PORTS))
    ports = ingress.node_ports or {}
    if not given:
        names = [listener.name for listener in settings.load_balancer.listeners]
        ports = {name: port for name, port in DEFAULT_NODE_PORTS.items() if name in names}
    found: list[tuple[tuple[Step, ...], int, bool]] = [
        ((*PORTS, name), port, given) for name, port in ports.items()
    ]
    found.append((HEALTH, ingress.health_port, read.given(*HEALTH)))
    return [(steps, port, given) for steps, port, given in found if read.sound(*steps)]


def _something_takes_the_address(read: Reader, settings: Settings) -> None:
    kind = settings.load_balancer.type
    if settings.ingress.controller == "none" and inside(kind):
        rule = f"may not be none with `type: {kind}`, which gives its address to the controller's Service"
        read.wrong("ingress", "controller", rule=rule, remedy="leave it out")


def _something_reads_requests(read: Reader, settings: Settings) -> None:
    if settings.ingress.controller == "none" and settings.load_balancer.timeouts.read:
        rule = "is not used with `controller: none`: only a controller sees whole requests"
        read.wrong(*READ, rule=rule, remedy="leave it out, and tell the controller that is there")


def _something_serves_the_apps(read: Reader, settings: Settings) -> None:
    direct = all(listener.protocol == "tcp" for listener in settings.load_balancer.listeners)
    if settings.apps and direct and read.sound(*LISTENERS):
        rule = "must hold one with `protocol: http` where there are apps"
        read.wrong(*LISTENERS, rule=rule, remedy="add one, or leave the apps out")


def _vip_is_free(read: Reader, settings: Settings, nodes: Nodes) -> None:
    where = settings.load_balancer.openstack
    if where is None or where.vip is None or not read.sound(*VIP):
        return
    if nodes.cidr and read.sound("nodes", "cidr"):
        outside = where.vip not in nodes.cidr
        if outside or where.vip in (nodes.cidr.network_address, nodes.cidr.broadcast_address):
            read.wrong(
                *VIP,
                rule=f"must be a host's address in nodes.cidr, {nodes.cidr}",
                remedy="choose a free one there",
            )
    for node in nodes.addresses:
        if node.address == where.vip:
            read.wrong(
                *VIP, rule=f"must not be a node's address, that of {node.name}", remedy="choose a free one"
            )


def _excluded_are_in_cidr(read: Reader, nodes: Nodes) -> None:
    if nodes.cidr is None or not read.sound("nodes", "exclude"):
        return
    for index, address in enumerate(nodes.exclude):
        if address not in nodes.cidr:
            read.wrong(
                "nodes", "exclude", index, rule=f"must be in nodes.cidr, {nodes.cidr}", remedy="remove it"
            )
    if all(address in nodes.exclude for address in nodes.cidr.hosts()):
        read.wrong(
            "nodes", "exclude", rule=f"must leave a node in nodes.cidr, {nodes.cidr}", remedy="remove some"
        )
