"""Arbitrary right settings, and how somebody would write them down."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from string import ascii_lowercase, digits

from hypothesis import strategies as st

from portico.fields import Section
from portico.kinds.aws_nlb.settings import Aws
from portico.kinds.metallb.settings import MetalLb
from portico.kinds.octavia.settings import Octavia
from portico.kinds.openstack_haproxy.settings import Hosts, Logs, Volume
from portico.kinds.table import TYPES
from portico.openstack.settings import OpenStack
from portico.settings import (
    App,
    AppImage,
    AppService,
    HealthCheck,
    Ingress,
    Kubernetes,
    Listener,
    ListenerCheck,
    ListenerService,
    LoadBalancer,
    NodeAddress,
    Nodes,
    Probe,
    Resources,
    Settings,
    Timeouts,
    Toleration,
    Wait,
)
from portico.settings.reading import keys_of
from portico.values import is_content

DEPENDS = {"tls", "source"}
"""Fields whose default depends on others, or is for a reader alone: they are always written."""


def written(value: object, number: type[int] | type[float] = int) -> object:
    """A value as JSON or YAML would hold it, without defaults; `number` is how numbers are held."""
    if is_dataclass(value):
        return {
            camel(field.name): written(here, number)
            for field in fields(value)
            if (here := getattr(value, field.name)) != field.default
            or field.default is MISSING
            or field.name in DEPENDS
        }
    if isinstance(value, Mapping):
        return {key: written(here, number) for key, here in value.items()}
    if isinstance(value, tuple):
        return [written(here, number) for here in value]
    if isinstance(value, IPv4Address | IPv4Network):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return number(value)
    return value


def camel(name: str) -> str:
    """The key of a field."""
    first, *others = name.split("_")
    return "from" if name == "source" else first + "".join(other.capitalize() for other in others)


def settings_classes() -> list[type[Section]]:
    """Every section that can be written."""
    return [Settings, *sections_of(Settings)]


def sections_of(kind: type[Section]) -> list[type[Section]]:
    below = [inner for inner in keys_of(kind).values() if inner]
    return [*below, *(deeper for inner in below for deeper in sections_of(inner))]


texts = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20
).filter(lambda text: text.isprintable() and text == text.strip())
kubeconfigs = texts.filter(lambda text: not is_content(text))
"""Paths: content is held to other rules."""
letters = st.text(ascii_lowercase, min_size=1, max_size=8)
labels = st.builds(lambda head, tail: head + tail, letters, st.text(ascii_lowercase + digits, max_size=7))
domains = st.lists(labels, min_size=1, max_size=3).map(".".join)
hosts_of_apps = st.builds(lambda star, name: star + name, st.sampled_from(("", "*.")), domains)
paths = st.lists(labels, max_size=3).map(lambda parts: "/" + "/".join(parts))
images = st.builds(
    lambda name, tag: f"{name}:{tag}", st.lists(labels, min_size=1, max_size=3).map("/".join), labels
)
ids = st.uuids().map(str)
ports = st.integers(1, 65535)
node_ports = st.integers(30000, 32767)
addresses = st.integers(int(IPv4Address("10.0.0.0")), int(IPv4Address("10.255.255.255"))).map(IPv4Address)
networks = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False), addresses, st.integers(0, 32)
)

syslogs = st.builds(lambda address, port: f"{address}:{port}", addresses, ports)


def some(element, least=0, most=3, by=None):
    """A tuple without repetitions."""
    return st.lists(element, min_size=least, max_size=most, unique_by=by, unique=by is None).map(tuple)


def maybe(element):
    return st.none() | element


def aws_ids(prefix):
    return st.text(digits + "abcdef", min_size=8, max_size=17).map(lambda tail: f"{prefix}-{tail}")


listed = st.builds(
    Nodes,
    source=st.just("addresses"),
    addresses=some(
        st.builds(NodeAddress, addresses, domains), least=1, by=(lambda n: n.address, lambda n: n.name)
    ),
)
found = st.builds(
    Nodes,
    source=st.just("openstack"),
    names=some(texts, least=1),
    tag=maybe(labels),
    metadata=maybe(st.dictionaries(texts, texts, min_size=1, max_size=2)),
    network=maybe(texts),
)
swept = st.builds(
    lambda address, prefix: Nodes(
        source="cidr", cidr=(net := IPv4Network((address, prefix), strict=False)), exclude=(net[1],)
    ),
    addresses,
    st.integers(22, 29),
)


@st.composite
def openstack(draw):
    public = draw(st.booleans())
    floating_ip = draw(maybe(ids | addresses.map(str))) if public else None
    return OpenStack(
        network=draw(texts),
        subnet=draw(maybe(texts)),
        external_network=draw(texts) if public else None,
        floating_ip=floating_ip,
        keep_address=public and draw(st.booleans()),
        public=public,
    )


@st.composite
def hosts(draw):
    key_pair = draw(maybe(texts))
    most = draw(st.integers(100, 200_000))
    return Hosts(
        image=draw(texts),
        flavor=draw(texts),
        apt_mirror=(mirror := draw(maybe(mirrors))),
        apt_security_mirror=draw(maybe(mirrors)) if mirror else None,
        http_proxy=draw(maybe(st.sampled_from(("http://10.0.0.9:3128", "https://proxy.example.org")))),
        volume=draw(maybe(st.builds(Volume, st.integers(1, 16_384), maybe(texts)))),
        count=draw(st.integers(1, 5)),
        timers=draw(st.sampled_from(("steady", "fast"))),
        anti_affinity=draw(st.sampled_from(("soft", "hard", "none"))),
        availability_zones=draw(some(texts)),
        router_id=draw(st.integers(1, 255)),
        max_connections=most,
        max_connections_per_source=draw(maybe(st.integers(1, most))),
        drain_seconds=draw(st.integers(60, 604_800)),
        drain_changes=draw(maybe(st.integers(1, 500))),
        key_pair=key_pair,
        ssh_from=draw(some(networks)) if key_pair else (),
        settle_seconds=draw(st.integers(10, 1800)),
        patching=draw(st.sampled_from(("image", "in-turn"))),
        metrics_from=draw(some(networks)),
        logs=draw(st.just(Logs()) | st.builds(Logs, st.just(True), maybe(syslogs))),
    )


@st.composite
def octavias(draw, taken):
    provider = draw(st.sampled_from(("amphora", "ovn")))
    return Octavia(
        provider,
        draw(maybe(ids)),
        metrics_from=draw(some(networks)) if provider == "amphora" else (),
        metrics_port=draw(ports.filter(lambda port: port not in taken)),
    )


mirrors = st.sampled_from(("http://mirror.example.org/debian", "https://10.0.0.8/ubuntu", "http://m:81"))


@st.composite
def aws(draw):
    count = draw(st.integers(1, 3))
    subnets = networks.filter(lambda network: 16 <= network.prefixlen <= 28)
    return Aws(
        vpc=draw(aws_ids("vpc")),
        subnets=draw(some(aws_ids("subnet"), count, count)),
        scheme=draw(st.sampled_from(("internet-facing", "internal"))),
        subnet_cidrs=draw(some(subnets, count, count)),
    )


@st.composite
def metallb(draw):
    third = draw(some(st.integers(0, 255), 1, 3))
    install = draw(st.booleans())
    return MetalLb(
        addresses=tuple(f"192.168.{octet}.10-192.168.{octet}.20" for octet in third),
        install=install,
        existing=("namespace",) if install and draw(st.booleans()) else (),
        load_balancer_class=draw(maybe(labels)),
        namespace=draw(labels),
        interfaces=draw(some(labels)),
        address=draw(maybe(st.just(IPv4Address(f"192.168.{third[0]}.15")))),
    )


@st.composite
def balancers(draw, listeners, types=TYPES):
    kind = draw(st.sampled_from(types))
    in_openstack = kind in ("openstack-haproxy", "octavia")
    octavia = draw(octavias([each.port for each in listeners])) if kind == "octavia" else None
    ovn = octavia is not None and octavia.provider == "ovn"
    return LoadBalancer(
        type=kind,
        listeners=listeners,
        allowed_clients=draw(some(networks, least=1)),
        timeouts=Timeouts(
            idle=draw(st.integers(60, 6000 if kind == "aws-nlb" else 86_400)),
            # With a controller of one's own there may be none.
            read=0,
            connect_milliseconds=draw(maybe(st.integers(50, 60_000))) if in_openstack and not ovn else None,
        ),
        health_check=HealthCheck()
        if kind == "metallb"
        else HealthCheck(
            interval=draw(maybe(st.integers(6, 300))),
            timeout=draw(maybe(st.just(2))) if kind == "aws-nlb" else None,
            down=draw(maybe(st.integers(2, 10))),
            up=draw(maybe(st.integers(2, 10))),
        ),
        balance=draw(maybe(st.just("source"))) if kind in ("openstack-haproxy", "aws-nlb") else None,
        openstack=draw(openstack()) if in_openstack else None,
        hosts=draw(hosts()) if kind == "openstack-haproxy" else None,
        octavia=octavia,
        aws=draw(aws()) if kind == "aws-nlb" else None,
        metallb=draw(metallb()) if kind == "metallb" else None,
    )


@st.composite
def ingresses(draw, names, inside):
    chosen = draw(some(node_ports, len(names) + 1, len(names) + 1))
    common = {
        "ingress_class": draw(domains),
        "node_ports": dict(zip(names, chosen, strict=False)),
        "health_port": chosen[-1],
    }
    if not inside and draw(st.booleans()):
        return Ingress(controller="none", health_path=draw(paths), **common)
    way = draw(st.sampled_from(("annotation", "default", "existing", "made")))
    existing = draw(some(st.sampled_from(("namespace", *(["ingressClass"] if way == "existing" else [])))))
    return Ingress(
        namespace=draw(labels.filter(lambda label: label != "default")),
        existing=existing,
        named_by="annotation" if way == "annotation" else "ingressClassName",
        default_class=way == "default",
        image=draw(images),
        replicas=draw(maybe(st.integers(1, 100))),
        metrics=draw(st.booleans()),
        access_log=draw(st.booleans()),
        tolerations=draw(
            some(st.builds(Toleration, labels, maybe(labels), st.just("NoExecute"), maybe(st.integers(0, 9))))
        ),
        priority_class=draw(maybe(domains)),
        resources=Resources("1", "64Mi", draw(maybe(st.just("2"))), draw(maybe(st.just("1.5Gi")))),
        default_certificate=draw(maybe(domains)),
        forwarded_headers_from=draw(some(networks.filter(lambda network: network.prefixlen))),
        extra_args=draw(some(labels.map(lambda name: f"--log.x{name}=1"))),
        node_selector=draw(maybe(st.dictionaries(labels, labels | st.just(""), max_size=2))),
        **common,
    )


@st.composite
def apps(draw):
    by_image = draw(st.booleans())
    run = st.builds(AppImage, images, ports, st.integers(1, 100), st.booleans())
    path = draw(paths)
    return App(
        name=draw(labels),
        host=draw(hosts_of_apps),
        path=path,
        namespace=draw(labels),
        service=None if by_image else draw(st.builds(AppService, labels, ports)),
        run=draw(run) if by_image else None,
        tls_secret=draw(maybe(domains)),
        probe=draw(maybe(probes(path))),
    )


def probes(path):
    under = labels.map(lambda tail: f"{path.rstrip('/')}/{tail}")
    return st.builds(Probe, maybe(st.just(path) | under), some(st.integers(200, 599)))


def leads():
    """What a listener says that leads to a Service."""
    keys = {
        "protocol": st.just("tcp"),
        "proxy_protocol": st.booleans(),
        "service": st.builds(ListenerService, labels, ports, labels),
    }
    return st.fixed_dictionaries(keys)


def asks(names_clients):
    """What a listener of a Service of one's own says, by a kind that names clients or keeps their source."""
    http = st.builds(ListenerCheck, st.just("http"), maybe(node_ports), paths)
    checks = st.just(ListenerCheck()) | http if names_clients else st.just(ListenerCheck())
    proxied = st.booleans() if names_clients else st.just(False)
    keys = {"protocol": st.just("tcp"), "proxy_protocol": proxied, "health_check": checks}
    return st.fixed_dictionaries(keys)


@st.composite
def right_settings(draw, types=TYPES):
    """Settings that hold together."""
    free = ports.filter(lambda port: port not in (22, 61404))
    listener = st.builds(Listener, labels, free, st.booleans())
    listeners = draw(some(listener, 1, 4, by=(lambda each: each.name, lambda each: each.port)))
    balancer = draw(balancers(listeners, types))
    inside = balancer.type == "metallb"
    if not inside and draw(st.booleans()):
        first, *others = listeners
        names_clients = balancer.octavia is None or balancer.octavia.provider != "ovn"
        direct = tuple(replace(each, tls=False, **draw(asks(names_clients))) for each in others)
        balancer = replace(balancer, listeners=(first, *direct))
    if inside and draw(st.booleans()):
        first, *others = listeners
        carried = tuple(replace(each, tls=False, **draw(leads())) for each in others)
        balancer = replace(balancer, listeners=(first, *carried))
    nodes = None if inside else draw(listed | swept if balancer.type == "aws-nlb" else listed | found | swept)
    return Settings(
        kubernetes=draw(st.builds(Kubernetes, maybe(kubeconfigs), maybe(texts))),
        nodes=nodes,
        ingress=draw(ingresses([each.name for each in listeners], inside)),
        load_balancer=balancer,
        apps=draw(
            some(
                apps(),
                by=(lambda app: (app.namespace, app.name), lambda app: (app.host, app.path.rstrip("/"))),
            )
        ),
        wait=draw(st.builds(Wait, st.booleans(), st.booleans(), st.booleans(), st.integers(1, 60))),
    )
