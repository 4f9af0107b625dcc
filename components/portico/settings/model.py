"""What may be said in a stack file, as frozen values that need no further check.

Pure: no Pulumi, no network, no clock. Made by parse, read by plan. The docstrings here are also the reference
docs/settings.md. Keys in a stack file are the camelCase of the names here; `source` is written `from`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ..later import Later


@dataclass(frozen=True)
class Kubernetes:
    """The cluster to expose."""

    kubeconfig: str | Later | None = None
    """Path of the kubeconfig file, which may begin with `~`, or of several, or the content of one, as text or
    as a mapping. Default: `kubernetes:kubeconfig` of the stack, then what `kubectl` would use (KUBECONFIG,
    then ~/.kube/config)."""
    context: str | None = None
    """The kubeconfig's context. Default: `kubernetes:context` of the stack, then its current one."""


@dataclass(frozen=True)
class NodeAddress:
    """A node."""

    address: IPv4Address | Later
    """The address that node ports answer on. Required."""
    name: str
    """Shown in statistics and logs, unique. Default: `node-` and the address with dashes, or
    its number where the address is known only while the program runs."""


@dataclass(frozen=True)
class Nodes:
    """Who the backends are: the nodes whose node ports the load balancer forwards to.

    A load balancer inside the cluster knows the nodes itself and takes no such section. With
    `aws.autoScalingGroup` only `securityGroup` may be given."""

    source: str
    """`addresses`, `openstack` (servers, looked up at each `up`) or `cidr` (every address of a subnet, kept
    by health checks: nodes come and go with no `up` at all). Required."""
    addresses: tuple[NodeAddress, ...] = ()
    """With `from: addresses`: the nodes, each `{name, address}` or an address alone."""
    names: tuple[str, ...] = ()
    """With `from: openstack`: server names. One of names, tag and metadata is needed."""
    tag: str | None = None
    """With `from: openstack`: the servers that carry this tag."""
    metadata: Mapping[str, str] | None = None
    """With `from: openstack`: the servers whose metadata holds all of these."""
    network: str | Later | None = None
    """With `from: openstack`: the network whose address is taken, by name or id. Default: the load balancer's
    network."""
    cidr: IPv4Network | None = None
    """With `from: cidr`: the nodes' subnet, /22 or smaller; network and broadcast address are left out."""
    exclude: tuple[IPv4Address, ...] = ()
    """With `from: cidr`: addresses that are no nodes, for instance the gateway."""
    security_group: str | Later | None = None
    """The nodes' security group, by id or name (with aws-nlb by id). It gets the rules that admit the load
    balancer to the node ports, and nothing else. Default: no rule is made, and the nodes have to admit the
    load balancer by other means."""


@dataclass(frozen=True)
class Ingress:
    """The ingress controller on its node ports."""

    controller: str = "traefik"
    """`traefik`, or `none` where a controller of your own already listens on the node ports."""
    namespace: str = "portico-ingress"
    """The namespace made for the controller; it may not be there already."""
    ingress_class: str = "portico"
    """The ingress class made for the controller, which applications name; it may not be there already."""
    default_class: bool = False
    """Whether an Ingress that names no class is served too."""
    node_ports: Mapping[str, int] | None = None
    """The node port of each listener, by the listener's name. Default: 30080 for `http`, 30443 for
    `https`."""
    health_port: int = 30082
    """The node port of the controller's health endpoint."""
    health_path: str = "/ping"
    """The path that answers 200 there. Another controller than Traefik may have another one."""
    image: str = "docker.io/library/traefik:v3.7.9"
    """The controller's image."""
    replicas: int | None = None
    """How many pods, 1..100, spread over the nodes. Default: one on every node, so that every node serves."""
    node_selector: Mapping[str, str] | None = None
    """The labels of the nodes that carry the controller. Default: all nodes."""
    node_port_range: tuple[int, int] = (30000, 32767)
    """The cluster's range of node ports, if it is not the usual one (kube-apiserver,
    --service-node-port-range)."""


@dataclass(frozen=True)
class Listener:
    """A port of the published address."""

    name: str
    """A port name (RFC 6335, 5.1: at most 15 of a-z, 0-9 and `-`), unique; the key into `ingress.nodePorts`.
    Required."""
    port: int
    """1..65535, unique. With type openstack-haproxy neither 22 nor 61404, where the hosts' own services
    listen. Required."""
    tls: bool = False
    """Whether the ingress controller ends TLS here. Default: true for port 443 with `protocol: http`."""
    protocol: str = "http"
    """`http` (to the ingress controller, which serves the applications) or `tcp` (byte for byte to a node
    port that a NodePort Service of your own has, with no PROXY header; not with metallb)."""


@dataclass(frozen=True)
class OpenStack:
    """Where on OpenStack the address lives (types openstack-haproxy and octavia). Credentials come from
    clouds.yaml or OS_*."""

    network: str | Later
    """The tenant network that the load balancer and the nodes share, by id or name. Required."""
    subnet: str | Later | None = None
    """The subnet in it, by id or name. Default: the network's only IPv4 subnet."""
    external_network: str | Later | None = None
    """The network that floating IPs come from, by name or id. Required unless `floatingIp` is given or
    `public` is false."""
    floating_ip: str | Later | None = None
    """An existing floating IP to use, by address or id; it is left alone at the end. The one that this stack
    made itself may be named too: it stays what it is, the stack's own. Default: a new one is made."""
    keep_address: bool = False
    """Whether the floating IP that this stack made stays in the project when the stack is destroyed, or no
    longer needs it. It holds from the next `up` on. A later stack takes the address with `floatingIp`."""
    vip: IPv4Address | None = None
    """The address inside the subnet. Default: Neutron chooses."""
    public: bool = True
    """Whether there is a floating IP at all. Without one the VIP itself is the address."""
    address_pairs_allowed: bool = False
    """Say true when the network belongs to another project whose owner, or the cloud's policy, lets this
    project set allowed address pairs on its ports there (type openstack-haproxy). Neutron's default policy
    does not."""


@dataclass(frozen=True)
class Hosts:
    """The LB hosts (type openstack-haproxy)."""

    image: str | Later
    """A Debian or Ubuntu cloud image, by id or name. Required."""
    flavor: str | Later
    """By id or name. One core and 512 MiB suffice. Required."""
    count: int = 2
    """1..5. One has no failover."""
    timers: str = "steady"
    """`steady` (failover in 0.6-0.75 s, a pause of half a second moves nothing) or `fast` (0.3-0.4 s)."""
    anti_affinity: str = "soft"
    """`soft`: on different hypervisors where possible, and said when not; `hard`: or fail; `none`."""
    availability_zones: tuple[str, ...] = ()
    """The hosts are spread over these in turn. Default: Nova's choice."""
    router_id: int = 51
    """The VRRP router id, 1..255: different for each pair on one network (RFC 5798, 5.2.3)."""
    max_connections: int = 4000
    """Concurrent connections per host, 100..200000. HAProxy needs about two file descriptors for each."""
    max_connections_per_source: int | None = None
    """The most of these that one client address may have, 1..maxConnections; more are refused at once.
    Clients behind one NAT, proxy or CDN share an address, and so share this. Default: half of
    maxConnections."""
    key_pair: str | Later | None = None
    """A Nova key pair for logging in. Default: none."""
    ssh_from: tuple[IPv4Network, ...] = ()
    """Who may reach port 22 of the hosts. Default: nobody."""
    settle_seconds: int = 90
    """How long a host that was made or replaced may take to serve before the next one is touched is given up,
    10..1800. Where the cloud shows no consoles, such a host is given this time instead."""


@dataclass(frozen=True)
class Octavia:
    """An Octavia load balancer (type octavia)."""

    provider: str = "amphora"
    """`amphora` or `ovn`."""
    flavor: str | None = None
    """An Octavia flavor id, for instance one with the topology ACTIVE_STANDBY. Default: the cloud's."""


@dataclass(frozen=True)
class Aws:
    """A network load balancer (type aws-nlb). Credentials and region come from the AWS provider."""

    vpc: str
    """The VPC's id. Required."""
    subnets: tuple[str, ...]
    """Ids of the subnets it stands in, one for each availability zone. Required."""
    scheme: str = "internet-facing"
    """`internet-facing` or `internal`."""
    auto_scaling_group: str | None = None
    """The nodes' auto scaling group: its instances become the targets. Default: the nodes' addresses are."""
    subnet_cidrs: tuple[IPv4Network, ...] = ()
    """The CIDR of each of these subnets: the load balancer's own addresses come from them, and the controller
    believes PROXY headers from there alone. Required."""


@dataclass(frozen=True)
class MetalLb:
    """MetalLB (type metallb)."""

    addresses: tuple[str, ...]
    """Ranges (`192.0.2.10-192.0.2.20`) or CIDRs it may hand out, none overlapping another. Required."""
    install: bool = True
    """Whether MetalLB itself is installed; otherwise it has to be in the cluster."""
    namespace: str = "metallb-system"
    """Where it is, or is installed."""
    interfaces: tuple[str, ...] = ()
    """The interfaces it announces on. Default: all."""
    address: IPv4Address | None = None
    """The address to use out of the ranges. Default: the first free one."""


@dataclass(frozen=True)
class Timeouts:
    """How long connections and requests may last, in whole seconds: the same words for every type.

    Where the load balancer looks at no timeout (`metallb`, and `octavia` with the provider ovn) the
    controller alone keeps them."""

    idle: int = 3600
    """How long a connection may be silent in both directions before it is cut, 60..86400, with aws-nlb
    60..6000. Between two requests of one connection the controller waits no longer than 180."""
    read: int = 0
    """How long a whole request with its body may take to arrive at the controller, 0..86400. 0 is no
    limit: an upload takes as long as it takes."""


@dataclass(frozen=True)
class LoadBalancer:
    """What stands in front of the node ports. The sections that belong to other types may not be given."""

    type: str
    """`openstack-haproxy`, `octavia`, `aws-nlb` or `metallb`. Required."""
    listeners: tuple[Listener, ...] = (Listener("http", 80), Listener("https", 443, tls=True))
    """The ports of the address."""
    allowed_clients: tuple[IPv4Network, ...] = (IPv4Network("0.0.0.0/0"),)
    """Who may connect to the listeners."""
    timeouts: Timeouts = Timeouts()
    """How long connections and requests may last."""
    openstack: OpenStack | None = None
    """Required with openstack-haproxy and octavia."""
    hosts: Hosts | None = None
    """Required with openstack-haproxy."""
    octavia: Octavia | None = None
    """With octavia."""
    aws: Aws | None = None
    """Required with aws-nlb."""
    metallb: MetalLb | None = None
    """Required with metallb."""


@dataclass(frozen=True)
class AppService:
    """An existing Service."""

    name: str
    """In the application's namespace. Required."""
    port: int
    """The Service's port, 1..65535. Required."""


@dataclass(frozen=True)
class AppImage:
    """A Deployment and a Service made from an image."""

    image: str
    """The image to run. Required."""
    port: int = 80
    """The port it listens on, 1..65535."""
    replicas: int = 2
    """1..100."""
    headless: bool = False
    """Whether its Service has no cluster address (Kubernetes, Service, headless)."""


@dataclass(frozen=True)
class Probe:
    """What `up` asks of the application in the end, and which codes are an answer. Without it the
    application's path is asked, and whatever the application itself says is an answer."""

    path: str | None = None
    """The path that is asked; under the application's path. Default: that path itself."""
    expect: tuple[int, ...] = ()
    """The status codes that are an answer, each 200..599; no other is then. Default: every code that the
    application says, and none that the controller says by itself."""


@dataclass(frozen=True)
class App:
    """An application behind the controller: exactly one of `service` and `run`."""

    name: str
    """A DNS label, unique in its namespace; with `run` it begins with a letter. Required."""
    host: str
    """The host name it answers to; may begin with `*.`. Required."""
    path: str = "/"
    """The path prefix. Host and path together are unique."""
    namespace: str = "default"
    """An existing namespace; an `up` refuses one that is missing."""
    service: AppService | None = None
    """An existing Service that is exposed."""
    run: AppImage | None = None
    """An image that is run and exposed."""
    tls_secret: str | None = None
    """A Secret with the certificate, in the application's namespace. Default: the controller's own
    certificate."""
    probe: Probe | None = None
    """What `up` asks of the application in the end."""


@dataclass(frozen=True)
class Wait:
    """What `up` waits for in the end."""

    until: str = "serving"
    """`serving`: every host serves what was planned and complains of nothing, and the address answers;
    `nothing`: hosts are even rebuilt without asking whether another serves. Previews never wait."""
    minutes: int = 10
    """How long, 1..60."""


@dataclass(frozen=True, kw_only=True)
class Settings:
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

    def node_port(self, listener: Listener) -> int:
        """The node port behind a listener; the reader has made sure that there is one."""
        return (self.ingress.node_ports or DEFAULT_NODE_PORTS)[listener.name]


DEFAULT_NODE_PORTS: Mapping[str, int] = {"http": 30080, "https": 30443}
