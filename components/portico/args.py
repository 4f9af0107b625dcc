"""What a program may say to an Exposure: the settings of a stack file, with keys in snake_case.

Written by `make docs` from the settings. An Input may be an Output of the same program.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

__all__ = [
    "App",
    "AppImage",
    "AppService",
    "Aws",
    "ExposureArgs",
    "HealthCheck",
    "Hosts",
    "Ingress",
    "Kubernetes",
    "Listener",
    "ListenerCheck",
    "ListenerService",
    "LoadBalancer",
    "Logs",
    "MetalLb",
    "Nodes",
    "Octavia",
    "OpenStack",
    "Probe",
    "Resources",
    "Timeouts",
    "Toleration",
    "Volume",
    "Wait",
]


class Kubernetes(TypedDict):
    """The cluster to expose."""

    kubeconfig: NotRequired[pulumi.Input[str]]
    """Path of the kubeconfig file, which may begin with `~`, or of several, or the content of one, as
    text or as a mapping. Default: `kubernetes:kubeconfig` of the stack, then what `kubectl` would use
    (KUBECONFIG, then ~/.kube/config)."""
    context: NotRequired[pulumi.Input[str]]
    """The kubeconfig's context. Default: `kubernetes:context` of the stack, then its current one."""


_Nodes = TypedDict("_Nodes", {"from": NotRequired[str]})


class Nodes(_Nodes):
    """Who the backends are: the nodes whose node ports the load balancer forwards to. A load balancer
    inside the cluster knows the nodes itself and takes no such section. With `aws.autoScalingGroup` only
    `securityGroup` may be given."""

    addresses: NotRequired[Sequence[Any]]
    """With `from: addresses`: the nodes, each `{name, address}` or an address alone."""
    names: NotRequired[Sequence[str]]
    """With `from: openstack`: server names. One of names, tag and metadata is needed."""
    tag: NotRequired[str]
    """With `from: openstack`: the servers that carry this tag."""
    metadata: NotRequired[Mapping[str, str]]
    """With `from: openstack`: the servers whose metadata holds all of these."""
    network: NotRequired[pulumi.Input[str]]
    """With `from: openstack`: the network whose address is taken, by name or id. Default: the load
    balancer's network."""
    cidr: NotRequired[str]
    """With `from: cidr`: the nodes' subnet, /22 or smaller; network and broadcast address are left
    out."""
    exclude: NotRequired[Sequence[str]]
    """With `from: cidr`: addresses that are no nodes, for instance the gateway."""
    security_group: NotRequired[pulumi.Input[str]]
    """The nodes' security group, by id or name (with aws-nlb by id). It gets the rules that admit the
    load balancer to the node ports, and nothing else. Default: no rule is made, and the nodes have to
    admit the load balancer by other means."""


class Toleration(TypedDict):
    """A taint of nodes that the controller's pods do not mind (Kubernetes, Taints and Tolerations)."""

    key: NotRequired[str]
    """The taint's key. Default: all taints."""
    value: NotRequired[str]
    """The taint's value. Default: any."""
    effect: NotRequired[str]
    """The taint's effect. Default: any."""
    toleration_seconds: NotRequired[int]
    """With the effect NoExecute: how long a pod stays, 0..86400. Default: for ever."""


class Resources(TypedDict):
    """What each pod of the controller asks of its node, and the most that it gets (Kubernetes,
    Quantity)."""

    cpu: NotRequired[str]
    """What it asks for: `500m` is half a core."""
    memory: NotRequired[str]
    """What it asks for."""
    cpu_limit: NotRequired[str]
    """The most it gets; it is slowed down then. Default: no limit."""
    memory_limit: NotRequired[str]
    """The most it gets; it is killed then. Default: no limit."""


class Ingress(TypedDict):
    """The ingress controller on its node ports."""

    controller: NotRequired[str]
    """`traefik`, or `none` where a controller of your own already listens on the node ports."""
    namespace: NotRequired[str]
    """The controller's namespace. It is made, and may not be there already, unless `existing` names
    it."""
    ingress_class: NotRequired[str]
    """The ingress class that applications name and the controller serves. It is made, and may not be
    there already, unless `existing` names it."""
    existing: NotRequired[Sequence[str]]
    """Which of `namespace` and `ingressClass` are there already: they are used as they are, and neither
    made, changed nor deleted."""
    named_by: NotRequired[str]
    """How applications name the class: in `spec.ingressClassName`, or in the annotation
    `kubernetes.io/ingress.class`. With `annotation` no ingress class is made, and a Traefik beside this
    one that filters no class leaves them alone."""
    default_class: NotRequired[bool]
    """Whether an Ingress that names no class is served too."""
    node_ports: NotRequired[Mapping[str, int]]
    """The node port of each listener, by the listener's name. Default: 30080 for `http`, 30443 for
    `https`."""
    health_port: NotRequired[int]
    """The node port of the controller's health endpoint."""
    health_path: NotRequired[str]
    """The path that answers 200 there. Another controller than Traefik may have another one."""
    image: NotRequired[str]
    """The controller's image. With a digest (`...:v3.7.13@sha256:...`) it is the very same whatever
    happens to the tag."""
    replicas: NotRequired[int]
    """How many pods, 1..100, spread over the nodes. Default: one on every node, so that every node
    serves."""
    node_selector: NotRequired[Mapping[str, str]]
    """The labels of the nodes that carry the controller. Default: all nodes."""
    tolerations: NotRequired[Sequence[Toleration]]
    """The taints of nodes that its pods do not mind."""
    priority_class: NotRequired[str]
    """The PriorityClass of its pods, which has to be there. Default: the cluster's own."""
    resources: NotRequired[Resources]
    """What its pods ask of their nodes."""
    redirect_to_https: NotRequired[bool]
    """Whether the listeners without TLS answer with a redirect (301, 308 where it is no GET) to the
    listener with TLS, on the lowest port of these."""
    default_certificate: NotRequired[str]
    """A Secret of type kubernetes.io/tls in the controller's namespace, which has to be there. Its
    certificate is shown where no Ingress brings one for the name. A renewed one is taken up within about
    a minute. Default: a self-signed one of the controller's own."""
    forwarded_headers_from: NotRequired[Sequence[str]]
    """The networks of a CDN or a proxy in front, whose X-Forwarded-* headers are believed. Whoever speaks
    from there may name any client. Default: nobody's."""
    extra_args: NotRequired[Sequence[str]]
    """More arguments of Traefik's command line, such as `--log.level=DEBUG`. What contradicts Portico's
    own is refused. Everybody who may read pods reads them: they are no place for secrets."""
    node_port_range: NotRequired[Sequence[int]]
    """The cluster's range of node ports, if it is not the usual one (kube-apiserver,
    --service-node-port-range)."""
    metrics: NotRequired[bool]
    """Whether each pod of the controller tells a Prometheus its figures, on its port 9100 and no node
    port. Everybody in the cluster can read them."""
    access_log: NotRequired[bool]
    """Whether the controller writes a line for each request, as JSON and with the client's address, to
    its pods' logs."""


class ListenerService(TypedDict):
    """The Service that a listener with `protocol: tcp` leads to."""

    name: str
    """An existing Service of any type."""
    port: int
    """The Service's port, 1..65535."""
    namespace: NotRequired[str]
    """An existing namespace; an `up` refuses one that is missing."""


class ListenerCheck(TypedDict):
    """How the nodes behind a listener with `protocol: tcp` are asked whether they serve."""

    protocol: NotRequired[str]
    """`tcp` (a connection comes about) or `http` (GET, 200 is a yes; not with the provider ovn)."""
    port: NotRequired[int]
    """The node port that is asked, 1..65535, where it is another one; the question then comes without a
    PROXY header, with aws-nlb with one. Default: the listener's own."""
    path: NotRequired[str]
    """With `protocol: http`: what is asked for."""


class Listener(TypedDict):
    """A port of the published address."""

    name: str
    """A port name (RFC 6335, 5.1: at most 15 of a-z, 0-9 and `-`), unique; the key into
    `ingress.nodePorts`."""
    port: int
    """1..65535, unique. With type openstack-haproxy not 61404, where the hosts say what they serve, and
    22 only as `hosts.sshPort` says."""
    tls: NotRequired[bool]
    """Whether the ingress controller ends TLS here. Default: true for port 443 with `protocol: http`."""
    protocol: NotRequired[str]
    """`http` (to the ingress controller, which serves the applications) or `tcp` (byte for byte to a
    Service of your own)."""
    service: NotRequired[ListenerService]
    """With `protocol: tcp`: the Service that the controller carries the connections to. With metallb it
    has to be said. Default: none; then the node port is one that a NodePort Service of your own has, and
    the controller has no part in it."""
    proxy_protocol: NotRequired[bool]
    """With `protocol: tcp`: whether a PROXY protocol v2 header with the client's address precedes the
    bytes. The Service must expect it, and believe it from those who send it alone: the load balancer's
    addresses, or with `service` the controller's pods. Without `service` not where the packets keep the
    client's own source (octavia with the provider ovn)."""
    health_check: NotRequired[ListenerCheck]
    """With `protocol: tcp` and no `service`: how the nodes are asked."""


class Timeouts(TypedDict):
    """How long connections and requests may last, in whole seconds where the name says nothing else: the
    same words for every type. Where the load balancer looks at no timeout (`metallb`, and `octavia` with
    the provider ovn) the controller alone keeps them."""

    idle: NotRequired[int]
    """How long a connection may be silent in both directions before it is cut, 60..86400, with aws-nlb
    60..6000. Between two requests of one connection the controller waits no longer than 180."""
    read: NotRequired[int]
    """How long a whole request with its body may take to arrive at the controller, 0..86400. 0 is no
    limit: an upload takes as long as it takes."""
    connect_milliseconds: NotRequired[int]
    """How long a node may take to accept a connection, 50..60000: more over a slow link. Only with
    openstack-haproxy, where a dead node costs a client up to twice this, and octavia's amphora. Default:
    200 on LB hosts, Octavia's own with octavia."""


class HealthCheck(TypedDict):
    """How the load balancer asks each node whether it can serve: the same words for every type that asks.
    Not with `metallb`: there the cluster itself knows. A controller that is told to stop goes on
    accepting until the load balancer has noticed."""

    interval: NotRequired[int]
    """Seconds between two questions, 1..300, with octavia 2..300, with aws-nlb 5..300. Default: 1 on LB
    hosts, 2 with octavia, 5 with aws-nlb."""
    timeout: NotRequired[int]
    """Seconds that an answer may take, 1..120, with aws-nlb 2..120. With octavia and aws-nlb less than
    the interval. Default: 1, with aws-nlb 3."""
    down: NotRequired[int]
    """How many bad answers in a row take a node out, 1..10, with aws-nlb 2..10. Default: 2."""
    up: NotRequired[int]
    """How many good answers in a row bring it back, 1..10, with aws-nlb 2..10. Default: 1, with aws-nlb
    2."""


class OpenStack(TypedDict):
    """Where on OpenStack the address lives (types openstack-haproxy and octavia). Credentials come from
    clouds.yaml or OS_*."""

    network: pulumi.Input[str]
    """The tenant network that the load balancer and the nodes share, by id or name."""
    subnet: NotRequired[pulumi.Input[str]]
    """The subnet in it, by id or name. Default: the network's only IPv4 subnet."""
    external_network: NotRequired[pulumi.Input[str]]
    """The network that floating IPs come from, by name or id. Required unless `floatingIp` is given or
    `public` is false."""
    floating_ip: NotRequired[pulumi.Input[str]]
    """An existing floating IP to use, by address or id; it is left alone at the end. The one that this
    stack made itself may be named too: it stays what it is, the stack's own. Default: a new one is
    made."""
    keep_address: NotRequired[bool]
    """Whether the floating IP that this stack made stays in the project when the stack is destroyed, or
    no longer needs it. It holds from the next `up` on. A later stack takes the address with
    `floatingIp`."""
    vip: NotRequired[pulumi.Input[str]]
    """The address inside the subnet. Default: Neutron chooses."""
    public: NotRequired[bool]
    """Whether there is a floating IP at all. Without one the VIP itself is the address."""
    address_pairs_allowed: NotRequired[bool]
    """Say true when the network belongs to another project whose owner, or the cloud's policy, lets this
    project set allowed address pairs on its ports there (type openstack-haproxy). Neutron's default
    policy does not."""


class Volume(TypedDict):
    """The volume that a host boots from. It is made with the host and deleted with it. A change replaces
    the hosts."""

    size: int
    """In GiB. The image's min_disk at least."""
    type: NotRequired[str]
    """A volume type of the cloud, by name. Default: the cloud's."""


class Logs(TypedDict):
    """What the hosts write down of the connections of clients."""

    access: NotRequired[bool]
    """Whether a line is written for each connection when it ends, with the client's address: into the
    host's journal (`journalctl -u haproxy`), which journald keeps short. Default: no address is written
    down."""
    syslog: NotRequired[str]
    """A server that gets these lines as well, as `ADDRESS:PORT`, by default port 514: syslog over UDP
    (RFC 5424), in clear."""


class Hosts(TypedDict):
    """The LB hosts (type openstack-haproxy)."""

    image: pulumi.Input[str]
    """A Debian or Ubuntu cloud image, by id or name."""
    flavor: pulumi.Input[str]
    """By id or name. One core and 512 MiB suffice."""
    volume: NotRequired[Volume]
    """Boots the hosts from a volume, as a flavor without a disk needs it. Default: the flavor's own
    disk."""
    count: NotRequired[int]
    """1..5. One has no failover."""
    timers: NotRequired[str]
    """`steady` (failover in 0.6-0.75 s, a pause of half a second moves nothing) or `fast` (0.3-0.4 s)."""
    anti_affinity: NotRequired[str]
    """`soft`: on different hypervisors where possible, and said when not; `hard`: or fail; `none`."""
    availability_zones: NotRequired[Sequence[str]]
    """The hosts are spread over these in turn. Default: Nova's choice."""
    router_id: NotRequired[int]
    """The VRRP router id, 1..255. Several pairs on one network may have the same: docs/lb-host.md."""
    max_connections: NotRequired[int]
    """Concurrent connections per host, 100..200000. HAProxy needs about two file descriptors for each."""
    max_connections_per_source: NotRequired[int]
    """The most of these that one client address may have, 1..maxConnections; more are refused at once.
    Clients behind one NAT, proxy or CDN share an address, and so share this. Default: half of
    maxConnections."""
    drain_seconds: NotRequired[int]
    """How long connections from before a change of the load balancer last at most, 60..604800: then they
    are cut, in use or not."""
    drain_changes: NotRequired[int]
    """Until how many changes later they last at most, 1..500. Each keeps a HAProxy of its own, of 4 MiB
    with 3 nodes and 22 MiB with 1000. Default: as many as fit into 210 MiB and at most 50, so that a host
    of 512 MiB bears them: 50 with up to 10 nodes, 36 with 100, 9 with 1000."""
    key_pair: NotRequired[pulumi.Input[str]]
    """A Nova key pair for logging in. Default: none."""
    ssh_from: NotRequired[Sequence[str]]
    """Who may reach the hosts' own SSH server. Default: nobody."""
    ssh_port: NotRequired[int]
    """Where that listens, 1..65535. A listener may have port 22 where this is another one. Without
    `keyPair` nobody can log in: then a listener on port 22 switches the hosts' SSH server off. A change
    replaces the hosts, one at a time."""
    apt_mirror: NotRequired[str]
    """The URL of the mirror that the hosts' packages come from, where they have no way to the image's
    own: `http://mirror.example.org/debian`, `http://mirror.example.org/ubuntu`. A change replaces the
    hosts, as it does with the next two. Default: the image's own."""
    apt_security_mirror: NotRequired[str]
    """The mirror of the security updates. Default: aptMirror with `-security` behind it, as Debian has
    it, or aptMirror itself where the last part of its path begins with `ubuntu`."""
    http_proxy: NotRequired[str]
    """The URL of the HTTP proxy that apt uses on the hosts, and nothing else there:
    `http://proxy.example.org:3128`. Default: none."""
    patching: NotRequired[str]
    """When the image's own unattended-upgrades patches a host. `image`: as the image says, which is the
    same hour for all hosts; `in-turn`: host 1 after 2:00, host 2 after 3:00 and so on, by the image's
    clock. A change replaces the hosts, one at a time."""
    metrics_from: NotRequired[Sequence[str]]
    """Who may read `http://<host>:61404/metrics`, for Prometheus. Default: nobody."""
    logs: NotRequired[Logs]
    """What the hosts write down."""
    settle_seconds: NotRequired[int]
    """How long a host that was made or replaced may take to serve before the next one is touched is given
    up, 10..1800. Where the cloud shows no consoles, such a host is given this time instead."""


class Octavia(TypedDict):
    """An Octavia load balancer (type octavia)."""

    provider: NotRequired[str]
    """`amphora` or `ovn`."""
    flavor: NotRequired[pulumi.Input[str]]
    """An Octavia flavor id, for instance one with the topology ACTIVE_STANDBY. Default: the cloud's."""
    trust_nodes: NotRequired[bool]
    """With amphora: whether nodes may stand in the load balancer's subnet, from all of which the
    controller believes PROXY headers. Whoever runs a pod can then name any client's address. Default:
    such nodes are refused."""
    metrics_from: NotRequired[Sequence[str]]
    """With amphora: who may read `http://<address>:<metricsPort>/metrics` of the load balancer, for
    Prometheus. Default: nobody, and there is no such listener."""
    metrics_port: NotRequired[int]
    """The port of that listener, 1..65535, none of `listeners`."""


class Aws(TypedDict):
    """A network load balancer (type aws-nlb). Credentials and region come from the AWS provider."""

    vpc: pulumi.Input[str]
    """The VPC's id."""
    subnets: Sequence[pulumi.Input[str]]
    """Ids of the subnets it stands in, one for each availability zone."""
    scheme: NotRequired[str]
    """`internet-facing` or `internal`."""
    auto_scaling_group: NotRequired[pulumi.Input[str]]
    """The nodes' auto scaling group: its instances become the targets. Default: the nodes' addresses
    are."""
    rules_per_group: NotRequired[int]
    """How many inbound, and how many outbound, rules AWS lets a security group have: 1..1000. Say more
    where AWS has raised the quota (Amazon VPC quotas, *Inbound or outbound rules per security group*)."""
    subnet_cidrs: Sequence[pulumi.Input[str]]
    """The CIDR of each of these subnets: the load balancer's own addresses come from them, and the
    controller believes PROXY headers from there alone."""
    trust_nodes: NotRequired[bool]
    """Whether nodes may stand in these subnets. Whoever runs a pod can then name any client's address.
    Default: such nodes are refused; those of an auto scaling group are not known."""


class MetalLb(TypedDict):
    """MetalLB (type metallb)."""

    addresses: Sequence[str]
    """Ranges (`192.0.2.10-192.0.2.20`) or CIDRs it may hand out, none overlapping another."""
    install: NotRequired[bool]
    """Whether MetalLB itself is installed; otherwise it has to be in the cluster."""
    namespace: NotRequired[str]
    """Where it is, or is installed."""
    existing: NotRequired[Sequence[str]]
    """With `install: true`: `[namespace]` where the namespace is there already. It is used as it is, and
    neither made, changed nor deleted."""
    load_balancer_class: NotRequired[str]
    """The `loadBalancerClass` of the controller's Service: no other controller of the cluster gives it an
    address then. A MetalLB that is installed here serves this class alone. A change replaces the Service.
    Default: none."""
    interfaces: NotRequired[Sequence[str]]
    """The interfaces it announces on. Default: all."""
    address: NotRequired[str]
    """The address to use out of the ranges. Default: the first free one."""


class LoadBalancer(TypedDict):
    """What stands in front of the node ports. The sections that belong to other types may not be
    given."""

    type: str
    """`openstack-haproxy`, `octavia`, `aws-nlb` or `metallb`."""
    listeners: NotRequired[Sequence[Listener]]
    """The ports of the address."""
    allowed_clients: NotRequired[Sequence[str]]
    """Who may connect to the listeners."""
    timeouts: NotRequired[Timeouts]
    """How long connections and requests may last."""
    health_check: NotRequired[HealthCheck]
    """How the nodes are asked whether they can serve."""
    balance: NotRequired[str]
    """Which node a new connection goes to: the next in turn (`roundrobin`), the one with the fewest
    (`leastconn`), or always the same for one client's address (`source`). With aws-nlb only `source`;
    with metallb, and with octavia's provider ovn, nothing can be chosen. Default: in turn, with aws-nlb
    AWS' own choice by addresses and ports."""
    openstack: NotRequired[OpenStack]
    """Required with openstack-haproxy and octavia."""
    hosts: NotRequired[Hosts]
    """Required with openstack-haproxy."""
    octavia: NotRequired[Octavia]
    """With octavia."""
    aws: NotRequired[Aws]
    """Required with aws-nlb."""
    metallb: NotRequired[MetalLb]
    """Required with metallb."""


class AppService(TypedDict):
    """An existing Service."""

    name: pulumi.Input[str]
    """In the application's namespace."""
    port: int
    """The Service's port, 1..65535."""


class AppImage(TypedDict):
    """A Deployment and a Service made from an image."""

    image: str
    """The image to run."""
    port: NotRequired[int]
    """The port it listens on, 1..65535."""
    replicas: NotRequired[int]
    """1..100."""
    headless: NotRequired[bool]
    """Whether its Service has no cluster address (Kubernetes, Service, headless)."""


class Probe(TypedDict):
    """What `up` asks of the application in the end, and which codes are an answer. Without it the
    application's path is asked, and whatever the application itself says is an answer."""

    path: NotRequired[str]
    """The path that is asked; under the application's path. Default: that path itself."""
    expect: NotRequired[Sequence[int]]
    """The status codes that are an answer, each 200..599; no other is then. Default: every code that the
    application says, and none that the controller says by itself."""


class App(TypedDict):
    """An application behind the controller: exactly one of `service` and `run`."""

    name: str
    """A DNS label, unique in its namespace; with `run` it begins with a letter."""
    host: str
    """The host name it answers to; may begin with `*.`."""
    path: NotRequired[str]
    """The path prefix. Host and path together are unique."""
    namespace: NotRequired[str]
    """An existing namespace; an `up` refuses one that is missing."""
    service: NotRequired[AppService]
    """An existing Service that is exposed."""
    run: NotRequired[AppImage]
    """An image that is run and exposed."""
    tls_secret: NotRequired[pulumi.Input[str]]
    """A Secret with the certificate, in the application's namespace. Default: the controller's own
    certificate."""
    probe: NotRequired[Probe]
    """What `up` asks of the application in the end."""


class Wait(TypedDict):
    """What `up` waits for. Previews never wait."""

    rolling: NotRequired[bool]
    """Whether an LB host is made, changed or rebuilt only while another serves, and others leave only
    after those that stay were heard. With `false` all of them may be away at once."""
    hosts: NotRequired[bool]
    """Whether in the end every LB host has to serve what was planned and to complain of nothing."""
    address: NotRequired[bool]
    """Whether in the end the published address has to answer: for every application, and on every
    listener."""
    minutes: NotRequired[int]
    """How long `hosts` and `address` are waited for, 1..60."""
    until: NotRequired[str]
    """`nothing` is the older word for `hosts: false` and `address: false`."""


class ExposureArgs(TypedDict):
    """The settings of an Exposure."""

    kubernetes: NotRequired[Kubernetes]
    """The cluster to expose. Default is what kubectl would use."""
    nodes: NotRequired[Nodes]
    """Who the backends are. Required for a load balancer outside the cluster."""
    ingress: NotRequired[Ingress]
    """The ingress controller on its node ports."""
    load_balancer: LoadBalancer
    """What stands in front of the node ports."""
    apps: NotRequired[Sequence[App]]
    """Applications behind the controller."""
    wait: NotRequired[Wait]
    """What up waits for in the end."""
