"""One function for each section of a stack file: which keys it has, what their values must be and which
belong together.

Pure: no Pulumi, no network, no clock. Read by parsing. What must hold between sections is in agreement.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address

from ..ingress import table as controllers
from ..ingress.table import HEALTH
from ..kinds.table import KINDS, TYPES, Kind, Place, Platform
from ..later import Later
from . import values
from .model import (
    App,
    AppImage,
    AppService,
    Aws,
    Hosts,
    Ingress,
    Kubernetes,
    Listener,
    LoadBalancer,
    MetalLb,
    NodeAddress,
    Nodes,
    Octavia,
    OpenStack,
    Probe,
    Timeouts,
    Wait,
)
from .reader import Reader
from .values import Wrong

NOWHERE = IPv4Address("0.0.0.0")
"""Stands for an address that is missing or wrong, until that is reported."""

SOURCES = {
    "addresses": ("addresses",),
    "openstack": ("names", "tag", "metadata", "network"),
    "cidr": ("cidr", "exclude"),
}
"""The values of `nodes.from`, each with the keys that belong to it alone."""

ROWS: Mapping[str, Kind] = {row.type: row for row in reversed(KINDS)}
"""The row of each type; what is said here is the same for all variants of one."""

MOST_CONNECTIONS = 200_000
"""What an LB host can be given: HAProxy needs 2.5 descriptors for each, and systemd's hard limit is
524288."""

PROTOCOLS = ("http", "tcp")
"""The values of a listener's `protocol`."""

TCP_ONLY = "must be http or tcp: every listener is TCP, and UDP (HTTP/3) is not passed on"
NO_UDP = "leave out a listener that is for UDP: HTTP/2 works over the TLS listener"

THERE_ALREADY = ("default", "kube-system", "kube-public", "kube-node-lease")
"""The namespaces that every cluster begins with (Kubernetes, Namespaces, Initial namespaces)."""

SUBSECTIONS: tuple[str, ...] = tuple(dict.fromkeys(key for row in KINDS for key in row.sections))
"""All of them."""


def inside(kind: str) -> bool:
    """Whether a load balancer of this type stands inside the cluster."""
    return kind in ROWS and ROWS[kind].place is Place.INSIDE


def kubernetes(read: Reader) -> Kubernetes:
    """`portico:kubernetes`"""
    return Kubernetes(
        kubeconfig=read.later("kubeconfig", values.kubeconfig, default=None),
        context=read.text("context", default=None),
    )


def nodes(read: Reader, type: str, listed: bool, by_group: bool) -> Nodes:
    """`portico:nodes`

    Args:
        type: The load balancer's; empty where it is wrong.
        listed: Whether the nodes have to be told here.
        by_group: Whether they are an auto scaling group's instances.
    """
    if by_group:
        others = [key for keys in SOURCES.values() for key in keys]
        rule = "may not be given with aws.autoScalingGroup"
        read.refuse("from", *others, rule=rule, remedy="leave it out: the group's instances are the nodes")
    elif listed:
        read.require("from", remedy=f"say one of {', '.join(SOURCES)}")
    source = read.choice("from", default="addresses", allowed=tuple(SOURCES))
    on_aws = type in ROWS and Platform.AWS in ROWS[type].platforms
    if source == "openstack" and on_aws:
        remedy = "or name aws.autoScalingGroup"
        read.wrong("from", rule=f"must be addresses or cidr with {type}", remedy=remedy)
    elif not by_group and read.right("from"):
        _source_keys(read, source)
    group_id = values.aws_id("sg") if on_aws else values.text
    return Nodes(
        source=source,
        addresses=tuple(_addresses(read, plain=on_aws)),
        names=read.several("names", values.text, least=1),
        tag=read.text("tag", default=None, rule=values.server_tag),
        metadata=read.mapping("metadata", values.text, values.text, default=None, least=1),
        network=read.later("network", values.text, default=None),
        cidr=read.value("cidr", values.node_network, default=None),
        exclude=read.several("exclude", values.address),
        security_group=read.later("securityGroup", group_id, default=None),
    )


def _source_keys(read: Reader, source: str) -> None:
    for other, keys in SOURCES.items():
        if other != source:
            remedy = f"leave it out, or say `from: {other}`"
            read.refuse(*keys, rule=f"belongs to `from: {other}`", remedy=remedy)
    if source == "openstack":
        rule = "`from: openstack` needs one of names, tag and metadata"
        read.require("names", "tag", "metadata", rule=rule)
    else:
        read.require(source, rule=f"is required with `from: {source}`")


def _addresses(read: Reader, plain: bool) -> list[NodeAddress]:
    made = {
        index: node
        if node.name or not isinstance(node.address, Later)
        else replace(node, name=f"node-{index + 1}")
        for index, node in read.sections(
            "addresses", partial(_address, plain=plain), least=1, short="address"
        ).items()
    }
    read.distinct(
        "addresses", made, lambda node: node.address if node.address != NOWHERE else None, "address"
    )
    read.distinct("addresses", made, lambda node: node.name or None, "name")
    return list(made.values())


def _address(read: Reader, plain: bool) -> NodeAddress:
    read.require("address", remedy="write the address that its node ports answer on")
    look = read.value if plain else read.later
    address: IPv4Address | Later = look("address", values.address, NOWHERE)
    known = address != NOWHERE and not isinstance(address, Later)
    unnamed = f"node-{str(address).replace('.', '-')}" if known else ""
    return NodeAddress(address, name=read.text("name", default=unnamed, rule=values.node_name))


def ingress(read: Reader) -> Ingress:
    """`portico:ingress`"""
    controller = read.choice("controller", default=Ingress.controller, allowed=controllers.names())
    if controller == controllers.NONE:
        unused = ("namespace", "defaultClass", "image", "replicas", "nodeSelector")
        read.refuse(*unused, rule="is not used with `controller: none`")
    made = Ingress(
        controller=controller,
        namespace=read.text("namespace", Ingress.namespace, values.label),
        ingress_class=read.text("ingressClass", Ingress.ingress_class, values.subdomain),
        default_class=read.flag("defaultClass", Ingress.default_class),
        node_ports=read.mapping("nodePorts", values.port_name, values.whole_number(1, 65535), default=None)
        or None,
        health_port=read.number("healthPort", Ingress.health_port, low=1, high=65535),
        health_path=read.text("healthPath", Ingress.health_path, values.health_path),
        image=read.text("image", Ingress.image, values.image),
        replicas=read.number("replicas", default=None, low=1, high=100),
        node_selector=read.mapping("nodeSelector", values.label_key, values.label_value, default=None),
        node_port_range=read.value("nodePortRange", _port_range, Ingress.node_port_range),
    )
    if made.namespace in THERE_ALREADY:
        read.wrong("namespace", rule="is made for the controller and is there already", remedy="leave it out")
    row = controllers.chosen(controller)
    if row and made.health_path != row.health_path and read.sound("controller"):
        read.wrong(
            "healthPath",
            rule=f"must be {row.health_path!r} with {controller}, which answers nowhere else",
            remedy="leave it out",
        )
    return made


def _port_range(value: object) -> tuple[int, int]:
    try:
        low, high = map(values.whole_number(1, 65535), value if isinstance(value, (list, tuple)) else ())
    except ValueError:
        raise Wrong("must be a list of the first and the last port", "such as [30000, 32767]") from None
    if low > high:
        raise Wrong("must not end before it begins", f"did you mean [{high}, {low}]?")
    return low, high


def load_balancer(read: Reader) -> LoadBalancer:
    """`portico:loadBalancer`"""
    read.require("type", remedy=f"say one of {', '.join(TYPES)}")
    kind = read.choice("type", default="", allowed=TYPES)
    row = ROWS.get(kind)
    if row:
        for section in row.required:
            read.require(section, rule=f"is required with `type: {kind}`")
        read.refuse(
            *(key for key in SUBSECTIONS if key not in row.sections),
            rule=f"does not belong to `type: {kind}`",
        )
    listeners = read.sections("listeners", partial(_listener, type=kind), least=1)
    read.distinct("listeners", listeners, lambda listener: listener.name or None, "name")
    read.distinct("listeners", listeners, lambda listener: listener.port or None, "port")
    for index, listener in listeners.items():
        if row and (holder := row.taken_ports.get(listener.port)):
            rule = f"must not be {listener.port} with `type: {kind}`: {holder} is there"
            read.wrong("listeners", index, "port", rule=rule, remedy="choose another")
    return LoadBalancer(
        type=kind,
        listeners=tuple(listeners.values()) or LoadBalancer.listeners,
        allowed_clients=read.several("allowedClients", values.network, LoadBalancer.allowed_clients, least=1),
        timeouts=read.section("timeouts", partial(timeouts, type=kind), LoadBalancer.timeouts),
        openstack=read.section("openstack", partial(openstack, type=kind), default=None),
        hosts=read.section("hosts", hosts, default=None),
        octavia=read.section("octavia", octavia, default=None),
        aws=read.section("aws", aws, default=None),
        metallb=read.section("metallb", metallb, default=None),
    )


def _listener(read: Reader, type: str) -> Listener:
    read.require("name")
    read.require("port")
    protocol = read.text("protocol", default=Listener.protocol, rule=_protocol)
    direct = protocol == "tcp"
    if direct and inside(type):
        remedy = "give that Service the type LoadBalancer itself"
        read.wrong("protocol", rule=f"may not be tcp with `type: {type}`", remedy=remedy)
    name = read.text("name", default="", rule=values.port_name)
    if name == HEALTH:
        read.wrong("name", rule="is the name of the controller's own port", remedy="choose another")
    port = read.number("port", default=0, low=1, high=65535)
    tls = read.flag("tls", default=port == 443 and not direct)
    if direct and tls:
        rule = "is not used with `protocol: tcp`, which passes TLS through like any bytes"
        read.wrong("tls", rule=rule, remedy="leave it out")
    return Listener(name, port, tls, protocol)


def _protocol(value: object) -> str:
    if value not in PROTOCOLS:
        raise Wrong(TCP_ONLY, NO_UDP)
    return str(value)


def timeouts(read: Reader, type: str) -> Timeouts:
    """`portico:loadBalancer.timeouts`"""
    made = Timeouts(
        idle=read.number("idle", Timeouts.idle, low=60, high=86_400),
        read=read.number("read", Timeouts.read, low=0, high=86_400),
    )
    longest = ROWS[type].longest_idle if type in ROWS else None
    if longest is not None and made.idle > longest:
        rule = f"must be from 60 to {longest} with `type: {type}`, whose listeners take no more"
        read.wrong("idle", rule=rule, remedy=f"{longest} is the most")
    return made


def openstack(read: Reader, type: str) -> OpenStack:
    """`portico:loadBalancer.openstack`"""
    read.require("network", remedy="name the tenant network that the nodes are on")
    public = read.flag("public", OpenStack.public)
    if not public:
        read.refuse("floatingIp", "externalNetwork", "keepAddress", rule="is not used with `public: false`")
    if type in ROWS and not ROWS[type].address_pairs:
        read.refuse("addressPairsAllowed", rule=f"is not used with `type: {type}`")
    floating_ip = read.later("floatingIp", values.floating_ip, default=None)
    if public and floating_ip is None and read.sound("public") and read.sound("floatingIp"):
        read.require(
            "externalNetwork",
            rule="is required",
            remedy="name where floating IPs come from, give floatingIp, or say `public: false`",
        )
    return OpenStack(
        network=read.later("network", values.text, default=""),
        subnet=read.later("subnet", values.text, default=None),
        external_network=read.later("externalNetwork", values.text, default=None),
        floating_ip=floating_ip,
        keep_address=read.flag("keepAddress", OpenStack.keep_address),
        vip=read.address("vip", default=None),
        public=public,
        address_pairs_allowed=read.flag("addressPairsAllowed", OpenStack.address_pairs_allowed),
    )


def hosts(read: Reader) -> Hosts:
    """`portico:loadBalancer.hosts`"""
    read.require("image", remedy="name a Debian or Ubuntu cloud image")
    read.require("flavor", remedy="name one with a core and 512 MiB or more")
    made = Hosts(
        image=read.later("image", values.text, default=""),
        flavor=read.later("flavor", values.text, default=""),
        count=read.number("count", Hosts.count, low=1, high=5),
        timers=read.choice("timers", Hosts.timers, allowed=("steady", "fast")),
        anti_affinity=read.choice("antiAffinity", Hosts.anti_affinity, allowed=("soft", "hard", "none")),
        availability_zones=read.several("availabilityZones", values.text),
        router_id=read.number("routerId", Hosts.router_id, low=1, high=255),
        max_connections=read.number("maxConnections", Hosts.max_connections, low=100, high=MOST_CONNECTIONS),
        max_connections_per_source=read.number(
            "maxConnectionsPerSource", default=None, low=1, high=MOST_CONNECTIONS
        ),
        key_pair=read.later("keyPair", values.text, default=None),
        ssh_from=read.several("sshFrom", values.network),
        settle_seconds=read.number("settleSeconds", Hosts.settle_seconds, low=10, high=1800),
    )
    most, share = made.max_connections, made.max_connections_per_source
    if share is not None and share > most and read.sound("maxConnections"):
        read.wrong(
            "maxConnectionsPerSource",
            rule=f"must not be more than maxConnections, which is {most}",
            remedy="lower it, or raise maxConnections",
        )
    if read.right("sshFrom"):
        read.require(
            "keyPair", rule="is required with sshFrom", remedy="without a key pair nobody can log in"
        )
    return made


def octavia(read: Reader) -> Octavia:
    """`portico:loadBalancer.octavia`"""
    return Octavia(
        provider=read.choice("provider", Octavia.provider, allowed=("amphora", "ovn")),
        flavor=read.text("flavor", default=None, rule=values.openstack_id),
    )


def aws(read: Reader) -> Aws:
    """`portico:loadBalancer.aws`"""
    read.require("vpc", remedy="name the VPC's id")
    read.require("subnets", remedy="name a subnet's id for each availability zone")
    read.require("subnetCidrs", remedy="name each subnet's CIDR: PROXY headers are believed from there alone")
    made = Aws(
        vpc=read.text("vpc", default="", rule=values.aws_id("vpc")),
        subnets=read.several("subnets", values.aws_id("subnet"), least=1),
        scheme=read.choice("scheme", Aws.scheme, allowed=("internet-facing", "internal")),
        auto_scaling_group=read.text("autoScalingGroup", default=None),
        subnet_cidrs=read.several("subnetCidrs", values.aws_subnet, least=1),
    )
    if read.right("subnets") and read.right("subnetCidrs") and len(made.subnet_cidrs) != len(made.subnets):
        read.wrong(
            "subnetCidrs", rule=f"must hold one CIDR for each of subnets, which are {len(made.subnets)}"
        )
    return made


def metallb(read: Reader) -> MetalLb:
    """`portico:loadBalancer.metallb`"""
    read.require("addresses", remedy="name ranges that are free in the nodes' network")
    made = MetalLb(
        addresses=read.several("addresses", values.address_range, least=1),
        install=read.flag("install", MetalLb.install),
        namespace=read.text("namespace", MetalLb.namespace, values.label),
        interfaces=read.several("interfaces", values.interface),
        address=read.address("address", default=None),
    )
    if read.sound("addresses"):
        _pool(read, made)
    return made


def _pool(read: Reader, metallb: MetalLb) -> None:
    spans = [values.span(said) for said in metallb.addresses]
    for index, (first, last) in enumerate(spans):
        for earlier, (low, high) in enumerate(spans[:index]):
            if first <= high and low <= last:
                other = read.at("addresses", earlier)
                read.wrong(
                    "addresses", index, rule=f"must not overlap {other}", remedy="shorten or remove one"
                )
                break
    if metallb.address and spans and not any(low <= metallb.address <= high for low, high in spans):
        read.wrong(
            "address",
            rule="must be in one of the ranges of addresses",
            remedy="extend them, or choose another",
        )


def app(read: Reader) -> App:
    """One element of `portico:apps`"""
    read.require("name")
    read.require("host", remedy="write the host name it answers to")
    read.require(
        "service",
        "run",
        rule="needs one of service and run",
        remedy="say `service` for an existing Service, `run` for an image",
    )
    if read.given("service") and read.given("run"):
        read.refuse("run", rule="may not be given beside service", remedy="keep one of them")
    path = read.text("path", App.path, values.url_path)
    return App(
        # Services and Deployments are named after it, and a Service's name begins with a letter.
        name=read.text("name", default="", rule=values.service_name if read.given("run") else values.label),
        host=read.text("host", default="", rule=values.host_name),
        path=path,
        namespace=read.text("namespace", App.namespace, values.label),
        service=read.section("service", _service, default=None),
        run=read.section("run", _run, default=None),
        tls_secret=read.text("tlsSecret", default=None, rule=values.subdomain),
        probe=read.section("probe", partial(_probe, above=path.rstrip("/")), default=None),
    )


def _probe(read: Reader, above: str) -> Probe:
    path = read.text("path", Probe.path, values.url_path)
    if path is not None and path != above and not path.startswith(f"{above}/"):
        read.wrong(
            "path",
            rule=f"must be under the application's path {above}, or another one answers",
            remedy=f"did you mean '{above}{path}'?",
        )
    return Probe(path, read.several("expect", values.whole_number(200, 599), least=1))


def _service(read: Reader) -> AppService:
    read.require("name")
    read.require("port")
    return AppService(
        name=read.text("name", default="", rule=values.label),
        port=read.number("port", default=0, low=1, high=65535),
    )


def _run(read: Reader) -> AppImage:
    read.require("image")
    return AppImage(
        image=read.text("image", default="", rule=values.image),
        port=read.number("port", AppImage.port, low=1, high=65535),
        replicas=read.number("replicas", AppImage.replicas, low=1, high=100),
        headless=read.flag("headless", AppImage.headless),
    )


def apps(read: Reader, key: str) -> tuple[App, ...]:
    """`portico:apps`"""
    made = read.sections(key, app)
    read.distinct(key, made, lambda app: (app.namespace, app.name) if app.name else None, "name")
    read.distinct(key, made, lambda app: (app.host, app.path.rstrip("/")) if app.host else None, "host")
    return tuple(made.values())


def wait(read: Reader) -> Wait:
    """`portico:wait`"""
    return Wait(
        until=read.choice("until", Wait.until, allowed=("serving", "nothing")),
        minutes=read.number("minutes", Wait.minutes, low=1, high=60),
    )
