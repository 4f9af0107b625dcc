"""What must hold between values that are right by themselves: node ports with listeners, the VIP with the
nodes, what may not be there twice.

Pure: no Pulumi, no network, no clock. Read by parsing. What is known only while the program runs is compared
with nothing. What a kind asks of its own sections is in its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import TypeVar

from .. import values
from ..fields import Section, key
from ..ingress import table as controllers
from ..kinds.table import Check, ClientIp, Kind, Place, chosen
from ..later import Later
from . import limits
from .model import DEFAULT_NODE_PORTS, App, Listener, Nodes, Settings
from .reading import Reading, Steps

T = TypeVar("T")

INGRESS = ("ingress",)
PORTS = ("ingress", "nodePorts")
HEALTH_PORT = ("ingress", "healthPort")
LISTENERS = ("loadBalancer", "listeners")
TIMEOUTS = ("loadBalancer", "timeouts")
VIP = ("loadBalancer", "openstack", "vip")
WAIT = ("wait",)

THERE_ALREADY = ("default", "kube-system", "kube-public", "kube-node-lease")
"""The namespaces that every cluster begins with (Kubernetes, Namespaces, Initial namespaces)."""


def check(read: Reading, settings: Settings) -> None:
    """Reports everything that disagrees."""
    kind = chosen(settings.load_balancer)
    _nothing_is_there_twice(read, settings, ())
    _listeners_are_distinct(read, settings)
    _the_kind_carries_it(read, settings, kind)
    limits.check(read, settings)
    _listeners_have_node_ports(read, settings)
    _node_ports_are_in_range(read, settings)
    _node_ports_are_distinct(read, settings)
    _the_controller_serves(read, settings)
    _the_controller_can_be_watched(read, settings)
    _the_controller_s_pods_can_run(read, settings)
    _clients_can_be_redirected(read, settings)
    for index, app in enumerate(settings.apps):
        _an_app_is_asked_under_its_path(read, index, app)
    _apps_are_distinct(read, settings)
    _the_words_for_waiting_agree(read, settings)
    if settings.nodes is not None:
        _nodes_are_distinct(read, settings.nodes)
        _vip_is_free(read, settings, settings.nodes)
        _excluded_are_in_cidr(read, settings.nodes)
    for name in kind.sections:
        section: Section | None = getattr(settings.load_balancer, name)
        if section is not None:
            section.check(read, settings)


def _nothing_is_there_twice(read: Reading, section: Section, at: Steps) -> None:
    """No list of plain values may hold one twice."""
    for field in fields(section):
        value, steps = getattr(section, field.name), (*at, key(field.name))
        if isinstance(value, Section):
            _nothing_is_there_twice(read, value, steps)
        elif type(value) is not tuple or not isinstance(read.found(*steps), list):
            continue
        elif all(isinstance(one, Section) for one in value):
            for index, one in enumerate(value):
                _nothing_is_there_twice(read, one, (*steps, index))
        else:
            seen: dict[object, int] = {}
            for index, one in enumerate(value):
                if one in seen:
                    rule = f"must not be the same as {read.at(*steps, seen[one])}"
                    read.wrong(*steps, index, rule=rule, remedy="remove one")
                seen.setdefault(one, index)


def _distinct(
    read: Reading, items: Iterable[T], what: Callable[[T], object], list_: Steps, field: str
) -> None:
    """No two sections of a list may have the same `what`; what is not known yet is not compared."""
    seen: dict[object, int] = {}
    for index, item in enumerate(items):
        identity = what(item)
        if isinstance(identity, Later) or not read.sound(*list_, index):
            continue
        if identity in seen:
            rule = f"must not be the same as {read.at(*list_, seen[identity], field)}"
            read.wrong(*list_, index, field, rule=rule, remedy="change or remove one")
        seen.setdefault(identity, index)


def _listeners_are_distinct(read: Reading, settings: Settings) -> None:
    listeners = settings.load_balancer.listeners
    _distinct(read, listeners, lambda listener: listener.name, LISTENERS, "name")
    _distinct(read, listeners, lambda listener: listener.port, LISTENERS, "port")


def _apps_are_distinct(read: Reading, settings: Settings) -> None:
    _distinct(read, settings.apps, lambda app: (app.namespace, app.name), ("apps",), "name")
    _distinct(read, settings.apps, lambda app: (app.host, app.path.rstrip("/")), ("apps",), "host")


def _nodes_are_distinct(read: Reading, nodes: Nodes) -> None:
    listed = ("nodes", "addresses")
    _distinct(read, nodes.addresses, lambda node: node.address, listed, "address")
    _distinct(read, nodes.addresses, lambda node: node.name, listed, "name")


def _the_kind_carries_it(read: Reading, settings: Settings, kind: Kind) -> None:
    inside, controller = kind.place is Place.INSIDE, settings.ingress.controller
    for index, listener in enumerate(settings.load_balancer.listeners):
        at = (*LISTENERS, index)
        if listener.service and listener.protocol == "tcp":
            _the_controller_carries_bytes(read, at, listener, settings)
        elif listener.direct:
            _the_kind_carries_bytes(read, at, listener, kind)
            _a_check_asks_a_node_port(read, at, listener, settings)
        else:
            _only_bytes_have_these(read, at, listener)
        if listener.name == controllers.HEALTH:
            rule = "is the name of the controller's own port"
            read.wrong(*at, "name", rule=rule, remedy="choose another")
        if listener.port in kind.taken_ports:
            taken = f"{kind.taken_ports[listener.port]} is there"
            rule = f"must not be {listener.port} with `type: {kind.type}`: {taken}"
            read.wrong(*at, "port", rule=rule, remedy="choose another")
    longest = kind.longest_idle
    if longest is not None and settings.load_balancer.timeouts.idle > longest:
        rule = f"must be from 60 to {longest} with `type: {kind.type}`, whose listeners take no more"
        read.wrong(*TIMEOUTS, "idle", rule=rule, remedy=f"{longest} is the most")
    if controller == controllers.NONE and inside:
        rule = f"may not be none with `type: {kind.type}`"
        rule += ", which gives its address to the controller's Service"
        read.wrong(*INGRESS, "controller", rule=rule, remedy="leave it out")


def _tls_passes_through(read: Reading, at: Steps, listener: Listener) -> None:
    if listener.tls:
        rule = "is not used with `protocol: tcp`, which passes TLS through like any bytes"
        read.wrong(*at, "tls", rule=rule, remedy="leave it out")


def _the_controller_carries_bytes(read: Reading, at: Steps, listener: Listener, settings: Settings) -> None:
    controller = controllers.chosen(settings.ingress.controller)
    _tls_passes_through(read, at, listener)
    if controller is None or not controller.carries_tcp:
        rule = f"is not used with `controller: {settings.ingress.controller}`, which Portico tells nothing"
        remedy = "leave it out, and name a node port of that Service in ingress.nodePorts"
        read.wrong(*at, "service", rule=rule, remedy=remedy)
    if read.given(*at, "healthCheck"):
        rule = "is not used with `service`: the controller is asked, and the cluster knows the Service's pods"
        read.wrong(*at, "healthCheck", rule=rule, remedy="leave it out")


def _the_kind_carries_bytes(read: Reading, at: Steps, listener: Listener, kind: Kind) -> None:
    check = listener.health_check
    _tls_passes_through(read, at, listener)
    if kind.place is Place.INSIDE:
        rule = f"is required with `type: {kind.type}`: the controller's Service alone has the address"
        remedy = "name the Service, or give it the type LoadBalancer itself"
        read.wrong(*at, "service", rule=rule, remedy=remedy)
        return
    if listener.proxy_protocol and kind.client_ip is ClientIp.KEPT:
        rule = f"is not used with {kind.name}, where the Service sees the client itself: {kind.because}"
        read.wrong(*at, "proxyProtocol", rule=rule, remedy="leave it out")
    if kind.check is Check.TCP and (check.protocol == "http" or check.port):
        rule = f"is not used with {kind.name}, which can ask no more than whether the node port answers"
        read.wrong(*at, "healthCheck", rule=rule, remedy="leave it out")


def _a_check_asks_a_node_port(read: Reading, at: Steps, listener: Listener, settings: Settings) -> None:
    check, here = listener.health_check, (*at, "healthCheck")
    if check.protocol == "tcp" and read.given(*here, "path"):
        rule = "is not used with `protocol: tcp`, which asks for nothing"
        read.wrong(*here, "path", rule=rule, remedy="leave it out, or say `protocol: http`")
    low, high = settings.ingress.node_port_range
    if check.port is not None and not low <= check.port <= high:
        rule = f"must be from {low} to {high}, the cluster's range of node ports"
        read.wrong(*here, "port", rule=rule, remedy="name a node port of that Service")


def _only_bytes_have_these(read: Reading, at: Steps, listener: Listener) -> None:
    if listener.proxy_protocol:
        rule = "is not used with `protocol: http`, where the header comes wherever the type sends one"
        read.wrong(*at, "proxyProtocol", rule=rule, remedy="leave it out")
    if read.given(*at, "healthCheck"):
        rule = "is not used with `protocol: http`, where the controller is asked"
        read.wrong(*at, "healthCheck", rule=rule, remedy="leave it out, and see ingress.healthPath")
    if listener.service:
        rule = "is not used with `protocol: http`"
        read.wrong(*at, "service", rule=rule, remedy="say `protocol: tcp`, or name it under apps")


def _listeners_have_node_ports(read: Reading, settings: Settings) -> None:
    listeners = settings.load_balancer.listeners
    # A listener that is refused for its protocol gets no node port, whatever it is called.
    if not all(
        read.sound(*LISTENERS, index, field)
        for index in range(len(listeners))
        for field in ("name", "protocol")
    ):
        return
    names = [listener.name for listener in listeners]
    ports = settings.ingress.node_ports or DEFAULT_NODE_PORTS
    missing = [name for name in names if name not in ports]
    for name in ports if ports is not DEFAULT_NODE_PORTS else ():
        if name in names:
            continue
        meant = values.nearest(name, missing)
        remedy = f"did you mean {meant!r}?" if meant else f"the listeners are {', '.join(names)}"
        read.wrong(*PORTS, name, rule="belongs to no listener", remedy=remedy)
        if meant:
            missing.remove(meant)
    low, high = settings.ingress.node_port_range
    for name in missing:
        remedy = f"choose a free one from {low} to {high}"
        read.wrong(*PORTS, name, rule=f"is required for the listener {name!r}", remedy=remedy)


def _node_ports_are_in_range(read: Reading, settings: Settings) -> None:
    low, high = settings.ingress.node_port_range
    for steps, port, given in _node_ports(read, settings):
        rule = f"must be from {low} to {high}, the cluster's range of node ports"
        if given and not low <= port <= high:
            remedy = "choose another, or say the cluster's range in nodePortRange"
            read.wrong(*steps, rule=rule, remedy=remedy)
        elif not low <= port <= high:
            read.wrong(*steps, rule=f"{rule}, and the default {port} is not", remedy="choose one")


def _node_ports_are_distinct(read: Reading, settings: Settings) -> None:
    seen: dict[int, tuple[Steps, bool]] = {}
    for steps, port, given in _node_ports(read, settings):
        if port in seen:
            other, other_given = seen[port]
            at, twin = (steps, other) if given or not other_given else (other, steps)
            read.wrong(*at, rule=f"must not be {port} like {read.at(*twin)}", remedy="choose another")
        seen.setdefault(port, (steps, given))


def _node_ports(read: Reading, settings: Settings) -> list[tuple[Steps, int, bool]]:
    """Each node port that is right so far: where, which, and whether it was given."""
    ingress = settings.ingress
    ports = ingress.node_ports
    if not ports:
        names = [listener.name for listener in settings.load_balancer.listeners]
        ports = {name: port for name, port in DEFAULT_NODE_PORTS.items() if name in names}
    given = bool(ingress.node_ports)
    found: list[tuple[Steps, int, bool]] = [((*PORTS, name), port, given) for name, port in ports.items()]
    found.append((HEALTH_PORT, ingress.health_port, read.given(*HEALTH_PORT)))
    return [(steps, port, given) for steps, port, given in found if read.sound(*steps)]


def _the_controller_serves(read: Reading, settings: Settings) -> None:
    ingress, listeners = settings.ingress, settings.load_balancer.listeners
    if ingress.namespace in THERE_ALREADY and "namespace" not in ingress.existing:
        rule = "is made for the controller and is there already"
        read.wrong(*INGRESS, "namespace", rule=rule, remedy="leave it out, or say `existing: [namespace]`")
    if ingress.default_class and "ingressClass" in ingress.existing:
        rule = "is not used with `existing: [ingressClass]`: the class says itself whether it is the default"
        read.wrong(*INGRESS, "defaultClass", rule=rule, remedy="leave it out")
    if ingress.named_by == "annotation" and (ingress.default_class or "ingressClass" in ingress.existing):
        rule = "may not be annotation where a class is the default or used as it is"
        read.wrong(*INGRESS, "namedBy", rule=rule, remedy="leave it out")
    row = controllers.chosen(ingress.controller)
    for index, listener in enumerate(listeners):
        if row and not listener.direct and listener.name in row.reserved:
            rule = f"is a name that {row.name} keeps for itself"
            read.wrong(*LISTENERS, index, "name", rule=rule, remedy="choose another")
    if row and ingress.health_path != row.health_path:
        rule = f"must be {row.health_path!r} with {row.name}, which answers nowhere else"
        read.wrong(*INGRESS, "healthPath", rule=rule, remedy="leave it out")
    if row and (own := row.settings()):
        own.check(read, settings)
    if ingress.controller == controllers.NONE and settings.load_balancer.timeouts.read:
        rule = "is not used with `controller: none`: only a controller sees whole requests"
        read.wrong(*TIMEOUTS, "read", rule=rule, remedy="leave it out, and tell the controller that is there")
    if settings.apps and all(listener.protocol == "tcp" for listener in listeners):
        rule = "must hold one with `protocol: http` where there are apps"
        read.wrong(*LISTENERS, rule=rule, remedy="add one, or leave the apps out")


def _the_controller_s_pods_can_run(read: Reading, settings: Settings) -> None:
    ingress = settings.ingress
    for index, toleration in enumerate(ingress.tolerations):
        at = (*INGRESS, "tolerations", index)
        if toleration.value is not None and toleration.key is None:
            read.wrong(*at, "key", rule="is required with value", remedy="name the taint's key")
        if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
            rule = "is used with `effect: NoExecute` alone: only that effect ends pods"
            read.wrong(*at, "tolerationSeconds", rule=rule, remedy="leave it out, or say that effect")
    for name in ("cpu", "memory"):
        asked, most = getattr(ingress.resources, name), getattr(ingress.resources, f"{name}_limit")
        if most is not None and values.amount(most) < values.amount(asked):
            rule = f"must not be less than {name}, which is {asked}"
            read.wrong(
                *INGRESS, "resources", f"{name}Limit", rule=rule, remedy="raise it, or lower the other"
            )


def _clients_can_be_redirected(read: Reading, settings: Settings) -> None:
    listeners = [each for each in settings.load_balancer.listeners if each.protocol == "http"]
    if settings.ingress.redirect_to_https and not any(each.tls for each in listeners):
        rule = "needs a listener with `tls: true` to lead clients to"
        read.wrong(*INGRESS, "redirectToHttps", rule=rule, remedy="add one, or leave it out")


def _the_controller_can_be_watched(read: Reading, settings: Settings) -> None:
    row = controllers.chosen(settings.ingress.controller)
    for steps, port, _ in _node_ports(read, settings):
        # A node port is the port of the controller's pods as well.
        if row and settings.ingress.metrics and port == row.metrics_port:
            rule = f"must not be {port} with `metrics: true`: {row.name} tells its metrics there"
            read.wrong(*steps, rule=rule, remedy="choose another")
    if row:
        return
    for name, said in (("metrics", settings.ingress.metrics), ("accessLog", settings.ingress.access_log)):
        if said:
            rule = "is not used with `controller: none`: the controller is somebody else's"
            read.wrong(
                *INGRESS, name, rule=rule, remedy="leave it out, and tell the controller that is there"
            )


def _an_app_is_asked_under_its_path(read: Reading, index: int, app: App) -> None:
    if app.run is not None:
        # Services and Deployments are named after it, and a Service's name begins with a letter.
        try:
            values.service_name(app.name)
        except values.Wrong as wrong:
            read.wrong("apps", index, "name", rule=wrong.rule, remedy=wrong.remedy)
    above, path = app.path.rstrip("/"), app.probe.path if app.probe else None
    if path is not None and path != above and not path.startswith(f"{above}/"):
        rule = f"must be under the application's path {above}, or another one answers"
        read.wrong("apps", index, "probe", "path", rule=rule, remedy=f"did you mean '{above}{path}'?")


def _the_words_for_waiting_agree(read: Reading, settings: Settings) -> None:
    if settings.wait.until != "nothing":
        return
    for switch in ("hosts", "address"):
        if getattr(settings.wait, switch):
            remedy = "leave `until` out: `hosts` and `address` say the same, each for itself"
            read.wrong(*WAIT, switch, rule="may not be true with `until: nothing`", remedy=remedy)


def _vip_is_free(read: Reading, settings: Settings, nodes: Nodes) -> None:
    where = settings.load_balancer.openstack
    if where is None or where.vip is None or isinstance(where.vip, Later):
        return
    if nodes.cidr:
        outside = where.vip not in nodes.cidr
        if outside or where.vip in (nodes.cidr.network_address, nodes.cidr.broadcast_address):
            rule = f"must be a host's address in nodes.cidr, {nodes.cidr}"
            read.wrong(*VIP, rule=rule, remedy="choose a free one there")
    for node in nodes.addresses:
        if node.address == where.vip:
            rule = f"must not be a node's address, that of {node.name}"
            read.wrong(*VIP, rule=rule, remedy="choose a free one")


def _excluded_are_in_cidr(read: Reading, nodes: Nodes) -> None:
    if nodes.cidr is None:
        return
    for index, address in enumerate(nodes.exclude):
        if address not in nodes.cidr:
            rule = f"must be in nodes.cidr, {nodes.cidr}"
            read.wrong("nodes", "exclude", index, rule=rule, remedy="remove it")
    if all(address in nodes.exclude for address in nodes.cidr.hosts()):
        rule = f"must leave a node in nodes.cidr, {nodes.cidr}"
        read.wrong("nodes", "exclude", rule=rule, remedy="remove some")
