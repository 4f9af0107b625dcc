"""What may be said in a stack file, declared once: as frozen values that need no further check.

Pure: no Pulumi, no network, no clock. Made by parse, read by plan. The docstrings and types here are also
docs/settings.md, the JSON schema and the types of ExposureArgs. What belongs to one kind alone is in its own
folder. Keys in a stack file are the camelCase of the names here; `source` is written `from`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, TypeVar

from pydantic import Field

from .. import values
from ..fields import (
    Address,
    By,
    Flag,
    Image,
    Input,
    Label,
    Network,
    Port,
    Section,
    Some,
    Subdomain,
    Text,
    one_of,
    text,
    whole,
)
from ..ingress import table as controllers
from ..kinds import table
from ..later import Later

T = TypeVar("T")

TCP_ONLY = "must be http or tcp: every listener is TCP, and UDP (HTTP/3) is not passed on"
NO_UDP = "leave out a listener that is for UDP: HTTP/2 works over the TLS listener"


def _protocol(value: object) -> str:
    if value not in ("http", "tcp"):
        raise values.Wrong(TCP_ONLY, NO_UDP)
    return str(value)


def _controller(value: object) -> str:
    return values.choice(controllers.names())(value)


class Range(NamedTuple):
    """The first and the last of a range of node ports."""

    low: int
    high: int


def _port_range(value: object) -> Range:
    try:
        low, high = map(values.whole_number(1, 65535), value if isinstance(value, (list, tuple)) else ())
    except ValueError:
        raise values.Wrong(
            "must be a list of the first and the last port", "such as [30000, 32767]"
        ) from None
    if low > high:
        raise values.Wrong("must not end before it begins", f"did you mean [{high}, {low}]?")
    return Range(low, high)


USUAL = Range(30000, 32767)
"""kube-apiserver, --service-node-port-range."""

PortRange = Annotated[
    Range,
    By(
        _port_range,
        {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
    ),
]
ServerTag = Annotated[str, text(values.server_tag)]
UrlPath = Annotated[str, text(values.url_path)]
PortName = Annotated[str, text(values.port_name)]
Quantity = Annotated[str, By(values.quantity, {"type": ["string", "number"]})]
Proxies = Annotated[IPv4Network, By(values.not_everybody, {"type": "string"})]


@dataclass(frozen=True)
class Kubernetes(Section):
    """The cluster to expose."""

    # Content holds credentials, so no message and no trace shows it.
    kubeconfig: Input[Annotated[str, text(values.kubeconfig)]] | None = field(default=None, repr=False)
    """Path of the kubeconfig file, which may begin with `~`, or of several, or the content of one, as text or
    as a mapping. Default: `kubernetes:kubeconfig` of the stack, then what `kubectl` would use (KUBECONFIG,
    then ~/.kube/config)."""
    context: Input[Text] | None = None
    """The kubeconfig's context. Default: `kubernetes:context` of the stack, then its current one."""

    @property
    def later(self) -> bool:
        """Whether which cluster is meant is known only while the program runs."""
        return isinstance(self.kubeconfig, Later) or isinstance(self.context, Later)


@dataclass(frozen=True)
class NodeAddress(Section):
    """A node."""

    short: ClassVar[str] = "address"
    remedies: ClassVar = {"address": "write the address that its node ports answer on"}

    address: Input[Address]
    """The address that node ports answer on. Required."""
    name: Annotated[str, text(values.node_name)] = ""
    """Shown in statistics and logs, unique. Default: `node-` and the address with dashes, or its number where
    the address is known only while the program runs."""

    @classmethod
    def completed(cls, written: dict[str, object]) -> dict[str, object]:
        try:
            return {"name": f"node-{values.address(written.get('address'))}".replace(".", "-"), **written}
        except values.Wrong:
            return written


@dataclass(frozen=True)
class Nodes(Section):
    """Who the backends are: the nodes whose node ports the load balancer forwards to.

    A load balancer inside the cluster knows the nodes itself and takes no such section. With
    `aws.autoScalingGroup` only `securityGroup` may be given."""

    source: Annotated[str, one_of("addresses", "openstack", "cidr")] = "addresses"
    """`addresses`, `openstack` (servers, looked up at each `up`) or `cidr` (every address of a subnet, kept
    by health checks: nodes come and go with no `up` at all). Required."""
    addresses: Some[NodeAddress] = ()
    """With `from: addresses`: the nodes, each `{name, address}` or an address alone."""
    names: Some[Text] = ()
    """With `from: openstack`: server names. One of names, tag and metadata is needed."""
    tag: ServerTag | None = None
    """With `from: openstack`: the servers that carry this tag."""
    metadata: Annotated[Mapping[Text, Text], Field(min_length=1)] | None = None
    """With `from: openstack`: the servers whose metadata holds all of these."""
    network: Input[Text] | None = None
    """With `from: openstack`: the network whose address is taken, by name or id. Default: the load balancer's
    network."""
    cidr: Annotated[IPv4Network, By(values.node_network, {"type": "string"})] | None = None
    """With `from: cidr`: the nodes' subnet, /22 or smaller; network and broadcast address are left out."""
    exclude: tuple[Address, ...] = ()
    """With `from: cidr`: addresses that are no nodes, for instance the gateway."""
    security_group: Input[Text] | None = None
    """The nodes' security group, by id or name (with aws-nlb by id). It gets the rules that admit the load
    balancer to the node ports, and nothing else. Default: no rule is made, and the nodes have to admit the
    load balancer by other means."""

    @classmethod
    def completed(cls, written: dict[str, object]) -> dict[str, object]:
        nodes = written.get("addresses")
        for number, node in enumerate(nodes if isinstance(nodes, list) else (), start=1):
            if isinstance(node, dict) and isinstance(node.get("address"), Later):
                node.setdefault("name", f"node-{number}")
        return written


@dataclass(frozen=True)
class Toleration(Section):
    """A taint of nodes that the controller's pods do not mind (Kubernetes, Taints and Tolerations)."""

    key: Annotated[str, text(values.label_key)] | None = None
    """The taint's key. Default: all taints."""
    value: Annotated[str, text(values.label_value)] | None = None
    """The taint's value. Default: any."""
    effect: Annotated[str, one_of("NoSchedule", "PreferNoSchedule", "NoExecute")] | None = None
    """The taint's effect. Default: any."""
    toleration_seconds: Annotated[int, whole(0, 86_400)] | None = None
    """With the effect NoExecute: how long a pod stays, 0..86400. Default: for ever."""


@dataclass(frozen=True)
class Resources(Section):
    """What each pod of the controller asks of its node, and the most that it gets (Kubernetes, Quantity)."""

    cpu: Quantity = "100m"
    """What it asks for: `500m` is half a core."""
    memory: Quantity = "128Mi"
    """What it asks for."""
    cpu_limit: Quantity | None = None
    """The most it gets; it is slowed down then. Default: no limit."""
    memory_limit: Quantity | None = None
    """The most it gets; it is killed then. Default: no limit."""


@dataclass(frozen=True)
class Ingress(Section):
    """The ingress controller on its node ports."""

    controller: Annotated[str, By(_controller, {"enum": list(controllers.names())})] = "traefik"
    """`traefik`, or `none` where a controller of your own already listens on the node ports."""
    namespace: Label = "portico-ingress"
    """The controller's namespace. It is made, and may not be there already, unless `existing` names it."""
    ingress_class: Subdomain = "portico"
    """The ingress class that applications name and the controller serves. It is made, and may not be there
    already, unless `existing` names it."""
    existing: tuple[Annotated[str, one_of("namespace", "ingressClass")], ...] = ()
    """Which of `namespace` and `ingressClass` are there already: they are used as they are, and neither made,
    changed nor deleted."""
    named_by: Annotated[str, one_of("ingressClassName", "annotation")] = "ingressClassName"
    """How applications name the class: in `spec.ingressClassName`, or in the annotation
    `kubernetes.io/ingress.class`. With `annotation` no ingress class is made, and a Traefik beside this one
    that filters no class leaves them alone."""
    default_class: Flag = False
    """Whether an Ingress that names no class is served too."""
    node_ports: Mapping[PortName, Port] | None = None
    """The node port of each listener, by the listener's name. Default: 30080 for `http`, 30443 for
    `https`."""
    health_port: Port = 30082
    """The node port of the controller's health endpoint."""
    health_path: Annotated[str, text(values.health_path)] = "/ping"
    """The path that answers 200 there. Another controller than Traefik may have another one."""
    image: Image = "docker.io/library/traefik:v3.7.13"
    """The controller's image. With a digest (`...:v3.7.13@sha256:...`) it is the very same whatever happens
    to the tag."""
    replicas: Annotated[int, whole(1, 100)] | None = None
    """How many pods, 1..100, spread over the nodes. Default: one on every node, so that every node serves."""
    node_selector: (
        Mapping[Annotated[str, text(values.label_key)], Annotated[str, text(values.label_value)]] | None
    ) = None
    """The labels of the nodes that carry the controller. Default: all nodes."""
    tolerations: tuple[Toleration, ...] = ()
    """The taints of nodes that its pods do not mind."""
    priority_class: Subdomain | None = None
    """The PriorityClass of its pods, which has to be there. Default: the cluster's own."""
    resources: Resources = Resources()
    """What its pods ask of their nodes."""
    redirect_to_https: Flag = False
    """Whether the listeners without TLS answer with a redirect (301, 308 where it is no GET) to the listener
    with TLS, on the lowest port of these."""
    default_certificate: Subdomain | None = None
    """A Secret of type kubernetes.io/tls in the controller's namespace, which has to be there. Its
    certificate is shown where no Ingress brings one for the name. A renewed one is taken up within about a
    minute. Default: a self-signed one of the controller's own."""
    forwarded_headers_from: tuple[Proxies, ...] = ()
    """The networks of a CDN or a proxy in front, whose X-Forwarded-* headers are believed. Whoever speaks
    from there may name any client. Default: nobody's."""
    extra_args: tuple[Text, ...] = ()
    """More arguments of Traefik's command line, such as `--log.level=DEBUG`. What contradicts Portico's own
    is refused. Everybody who may read pods reads them: they are no place for secrets."""
    node_port_range: PortRange = USUAL
    """The cluster's range of node ports, if it is not the usual one (kube-apiserver,
    --service-node-port-range)."""
    metrics: Flag = False
    """Whether each pod of the controller tells a Prometheus its figures, on its port 9100 and no node port.
    Everybody in the cluster can read them."""
    access_log: Flag = False
    """Whether the controller writes a line for each request, as JSON and with the client's address, to its
    pods' logs."""

    @property
    def makes_class(self) -> bool:
        """Whether the ingress class is made."""
        return self.named_by == "ingressClassName" and "ingressClass" not in self.existing


@dataclass(frozen=True)
class ListenerCheck(Section):
    """How the nodes behind a listener with `protocol: tcp` are asked whether they serve."""

    protocol: Annotated[str, one_of("tcp", "http")] = "tcp"
    """`tcp` (a connection comes about) or `http` (GET, 200 is a yes; not with the provider ovn)."""
    port: Port | None = None
    """The node port that is asked, 1..65535, where it is another one; the question then comes without a PROXY
    header, with aws-nlb with one. Default: the listener's own."""
    path: UrlPath = "/"
    """With `protocol: http`: what is asked for."""


@dataclass(frozen=True)
class ListenerService(Section):
    """The Service that a listener with `protocol: tcp` leads to."""

    name: Label
    """An existing Service of any type. Required."""
    port: Port
    """The Service's port, 1..65535. Required."""
    namespace: Label = "default"
    """An existing namespace; an `up` refuses one that is missing."""


@dataclass(frozen=True)
class Listener(Section):
    """A port of the published address."""

    name: PortName
    """A port name (RFC 6335, 5.1: at most 15 of a-z, 0-9 and `-`), unique; the key into `ingress.nodePorts`.
    Required."""
    port: Port
    """1..65535, unique. With type openstack-haproxy not 61404, where the hosts say what they serve, and 22
    only as `hosts.sshPort` says. Required."""
    tls: Flag = False
    """Whether the ingress controller ends TLS here. Default: true for port 443 with `protocol: http`."""
    protocol: Annotated[str, By(_protocol, {"enum": ["http", "tcp"]})] = "http"
    """`http` (to the ingress controller, which serves the applications) or `tcp` (byte for byte to a Service
    of your own)."""
    service: ListenerService | None = None
    """With `protocol: tcp`: the Service that the controller carries the connections to. With metallb it
    has to be said. Default: none; then the node port is one that a NodePort Service of your own has, and the
    controller has no part in it."""
    proxy_protocol: Flag = False
    """With `protocol: tcp`: whether a PROXY protocol v2 header with the client's address precedes the bytes.
    The Service must expect it, and believe it from those who send it alone: the load balancer's addresses, or
    with `service` the controller's pods. Without `service` not where the packets keep the client's own source
    (octavia with the provider ovn)."""
    health_check: ListenerCheck = ListenerCheck()
    """With `protocol: tcp` and no `service`: how the nodes are asked."""

    @classmethod
    def completed(cls, written: dict[str, object]) -> dict[str, object]:
        return {"tls": written.get("port") == 443 and written.get("protocol") != "tcp", **written}

    @property
    def direct(self) -> bool:
        """Whether its node port is that of somebody's own Service."""
        return self.protocol == "tcp" and self.service is None


@dataclass(frozen=True)
class Timeouts(Section):
    """How long connections and requests may last, in whole seconds where the name says nothing else: the same
    words for every type.

    Where the load balancer looks at no timeout (`metallb`, and `octavia` with the provider ovn) the
    controller alone keeps them."""

    idle: Annotated[int, whole(60, 86_400)] = 3600
    """How long a connection may be silent in both directions before it is cut, 60..86400, with aws-nlb
    60..6000. Between two requests of one connection the controller waits no longer than 180."""
    read: Annotated[int, whole(0, 86_400)] = 0
    """How long a whole request with its body may take to arrive at the controller, 0..86400. 0 is no
    limit: an upload takes as long as it takes."""
    connect_milliseconds: Annotated[int, whole(50, 60_000)] | None = None
    """How long a node may take to accept a connection, 50..60000: more over a slow link. Only with
    openstack-haproxy, where a dead node costs a client up to twice this, and octavia's amphora. Default: 200
    on LB hosts, Octavia's own with octavia."""


@dataclass(frozen=True)
class HealthCheck(Section):
    """How the load balancer asks each node whether it can serve: the same words for every type that asks.

    Not with `metallb`: there the cluster itself knows. A controller that is told to stop goes on accepting
    until the load balancer has noticed."""

    interval: Annotated[int, whole(1, 300)] | None = None
    """Seconds between two questions, 1..300, with octavia 2..300, with aws-nlb 5..300. Default: 1 on LB
    hosts, 2 with octavia, 5 with aws-nlb."""
    timeout: Annotated[int, whole(1, 120)] | None = None
    """Seconds that an answer may take, 1..120, with aws-nlb 2..120. With octavia and aws-nlb less than the
    interval. Default: 1, with aws-nlb 3."""
    down: Annotated[int, whole(1, 10)] | None = None
    """How many bad answers in a row take a node out, 1..10, with aws-nlb 2..10. Default: 2."""
    up: Annotated[int, whole(1, 10)] | None = None
    """How many good answers in a row bring it back, 1..10, with aws-nlb 2..10. Default: 1, with aws-nlb 2."""


def _with_kinds(section: type[T]) -> type[T]:
    """Adds a field for each section that a kind takes, as the kinds' own folders declare them."""
    for name, declared in kinds_sections().items():
        takes = [row for row in table.KINDS if name in row.sections]
        needs = dict.fromkeys(row.type for row in takes if name in row.required)
        words = f"Required with {' and '.join(needs)}." if needs else f"With {takes[0].type}."
        section.__annotations__[name] = Annotated[declared | None, Field(description=words)]
        setattr(section, name, None)
    return section


def kinds_sections() -> dict[str, type[Section]]:
    """The sections under `loadBalancer` that belong to some kinds only, by key."""
    modules = (row.settings() for row in table.KINDS)
    return {name: declared for module in modules if module for name, declared in module.SECTIONS.items()}


@dataclass(frozen=True)
@_with_kinds
class LoadBalancer(Section):
    """What stands in front of the node ports. The sections that belong to other types may not be given."""

    type: Annotated[str, By(values.choice(table.TYPES), {"enum": list(table.TYPES)})]
    """`openstack-haproxy`, `octavia`, `aws-nlb` or `metallb`. Required."""
    listeners: Some[Listener] = (Listener("http", 80), Listener("https", 443, tls=True))
    """The ports of the address."""
    allowed_clients: Some[Network] = (IPv4Network("0.0.0.0/0"),)
    """Who may connect to the listeners."""
    timeouts: Timeouts = Timeouts()
    """How long connections and requests may last."""
    health_check: HealthCheck = HealthCheck()
    """How the nodes are asked whether they can serve."""
    balance: Annotated[str, one_of("roundrobin", "leastconn", "source")] | None = None
    """Which node a new connection goes to: the next in turn (`roundrobin`), the one with the fewest
    (`leastconn`), or always the same for one client's address (`source`). With aws-nlb only `source`; with
    metallb, and with octavia's provider ovn, nothing can be chosen. Default: in turn, with aws-nlb AWS' own
    choice by addresses and ports."""

    remedies: ClassVar = {"type": f"say one of {', '.join(table.TYPES)}"}

    if TYPE_CHECKING:

        def __getattr__(self, section: str) -> Any: ...


@dataclass(frozen=True)
class AppService(Section):
    """An existing Service."""

    name: Input[Label]
    """In the application's namespace. Required."""
    port: Port
    """The Service's port, 1..65535. Required."""


@dataclass(frozen=True)
class AppImage(Section):
    """A Deployment and a Service made from an image."""

    image: Image
    """The image to run. Required."""
    port: Port = 80
    """The port it listens on, 1..65535."""
    replicas: Annotated[int, whole(1, 100)] = 2
    """1..100."""
    headless: Flag = False
    """Whether its Service has no cluster address (Kubernetes, Service, headless)."""


@dataclass(frozen=True)
class Probe(Section):
    """What `up` asks of the application in the end, and which codes are an answer. Without it the
    application's path is asked, and whatever the application itself says is an answer."""

    path: UrlPath | None = None
    """The path that is asked; under the application's path. Default: that path itself."""
    expect: Some[Annotated[int, whole(200, 599)]] = ()
    """The status codes that are an answer, each 200..599; no other is then. Default: every code that the
    application says, and none that the controller says by itself."""


@dataclass(frozen=True)
class App(Section):
    """An application behind the controller: exactly one of `service` and `run`."""

    name: Label
    """A DNS label, unique in its namespace; with `run` it begins with a letter. Required."""
    host: Annotated[str, text(values.host_name)]
    """The host name it answers to; may begin with `*.`. Required."""
    path: UrlPath = "/"
    """The path prefix. Host and path together are unique."""
    namespace: Label = "default"
    """An existing namespace; an `up` refuses one that is missing."""
    service: AppService | None = None
    """An existing Service that is exposed."""
    run: AppImage | None = None
    """An image that is run and exposed."""
    tls_secret: Input[Subdomain] | None = None
    """A Secret with the certificate, in the application's namespace. Default: the controller's own
    certificate."""
    probe: Probe | None = None
    """What `up` asks of the application in the end."""

    remedies: ClassVar = {"host": "write the host name it answers to"}


@dataclass(frozen=True)
class Wait(Section):
    """What `up` waits for. Previews never wait."""

    rolling: Flag = True
    """Whether an LB host is made, changed or rebuilt only while another serves, and others leave only after
    those that stay were heard. With `false` all of them may be away at once."""
    hosts: Flag = True
    """Whether in the end every LB host has to serve what was planned and to complain of nothing."""
    address: Flag = True
    """Whether in the end the published address has to answer: for every application, and on every
    listener."""
    minutes: Annotated[int, whole(1, 60)] = 10
    """How long `hosts` and `address` are waited for, 1..60."""
    until: Annotated[str, one_of("serving", "nothing")] = "serving"
    """`nothing` is the older word for `hosts: false` and `address: false`."""

    @classmethod
    def completed(cls, written: dict[str, object]) -> dict[str, object]:
        if written.get("until") == "nothing":
            return {"hosts": False, "address": False, **written}
        return written


@dataclass(frozen=True, kw_only=True)
class Settings(Section):
    """A whole stack file."""

    kubernetes: Kubernetes = Kubernetes()
    """The cluster to expose. Default is what kubectl would use."""
    nodes: Nodes | None = None
    """Who the backends are. Required for a load balancer outside the cluster."""
    ingress: Ingress = Ingress()
    """The ingress controller on its node ports."""
    load_balancer: LoadBalancer
    """What stands in front of the node ports. Required."""
    apps: tuple[App, ...] = ()
    """Applications behind the controller."""
    wait: Wait = Wait()
    """What up waits for in the end."""

    remedies: ClassVar = {"loadBalancer": "say at least its `type`"}

    def node_port(self, listener: Listener) -> int:
        """The node port behind a listener; the reader has made sure that there is one."""
        return (self.ingress.node_ports or DEFAULT_NODE_PORTS)[listener.name]


DEFAULT_NODE_PORTS: Mapping[str, int] = {"http": 30080, "https": 30443}

SECTIONS = ("kubernetes", "nodes", "ingress", "loadBalancer", "apps", "wait")
"""The sections of a stack file, in the order in which they are read about and complained about."""
