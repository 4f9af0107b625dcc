"""The plan of `octavia`: provider, pools, monitors, and whom the nodes must admit.

Pure: no Pulumi, no network, no clock. Read by kinds.octavia.component. Providers differ: docs/octavia.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ...names import Names
from ...openstack import ownership, quotas
from ...openstack import place as places
from ...openstack.answers import OpenStack, Subnet
from ...openstack.place import OpenStackPlace, detached, narrowed, place
from ...plan.choice import Choice, Ref, by_id
from ...plan.planner import Planner
from ...plan.request import Request
from ...plan.trust import believed_nodes
from ...plan.way import End
from ...problems import Problem
from ...settings.model import LoadBalancer, Settings
from ...traffic import Backend, Checking, Listener, node_ports
from ..table import ClientIp, Kind
from .settings import Octavia as OctaviaSettings

ALIASES: Mapping[str, tuple[str, ...]] = {"amphora": ("amphora", "amphorav2", "octavia"), "ovn": ("ovn",)}
"""By `octavia.provider`: the names under which a region may have enabled the same driver (Octavia, setup.cfg,
octavia.api.drivers)."""

EVERYONE = (IPv4Network("0.0.0.0/0"),)

SHOWN = 5
"""How many nodes of many are named."""


@dataclass(frozen=True)
class NodeRule:
    """One ingress rule for TCP of the nodes' security group."""

    port: int
    source: IPv4Network | None
    """None: the load balancer's subnet."""

    @property
    def name(self) -> str:
        """Says everything the rule says: a rule that changes is another rule, so it never meets the old one's
        409."""
        source = "subnet" if self.source is None else str(self.source).replace("/", "-")
        return f"node-{self.port}-{source}"


@dataclass(frozen=True)
class Monitor:
    """How Octavia asks whether a node can serve (Octavia API, health monitors)."""

    type: str
    """HTTP or TCP."""
    port: int | None
    """The node port that is asked; None where the provider can ask the member's own only."""
    path: str | None
    """None for TCP."""
    checking: Checking
    """Octavia's delay, timeout, max_retries_down and max_retries."""


@dataclass(frozen=True)
class Metrics:
    """A listener that tells a Prometheus how the load balancer is (Octavia API, protocol PROMETHEUS)."""

    port: int
    allowed_cidrs: tuple[IPv4Network, ...]


@dataclass(frozen=True)
class OctaviaPlan:
    """What will be built in front of the node ports with Octavia."""

    provider: Choice[str]
    flavor: Ref | None
    """An Octavia flavor, by id; None: the cloud's."""
    place: OpenStackPlace
    pool_protocol: str
    """TCP or PROXYV2 (Octavia API, pools)."""
    balance: Choice[str]
    """The pool's `lb_method`."""
    monitor: Choice[Monitor]
    allowed_cidrs: tuple[IPv4Network, ...] | None
    """None where the provider has no such thing."""
    connect_milliseconds: int | None
    """How long a node may take to accept; None: Octavia's own 5 s."""
    idle_milliseconds: int | None
    """How long a connection may be silent; None where the provider does not look. Octavia's own 50 s would
    cut WebSockets."""
    node_sources: Choice[tuple[IPv4Network, ...] | None]
    """Whom the nodes admit to the node ports; None: the load balancer's subnet, when it is known."""
    node_rules: tuple[NodeRule, ...]
    """Empty where the settings name no group."""
    metrics: Metrics | None
    """None where nobody may read them."""

    @property
    def keeps_source(self) -> bool:
        """Whether the nodes see the clients' own addresses."""
        return self.node_sources.value is not None

    def checked_from(self, subnet: IPv4Network) -> IPv4Network:
        """What the rule for the load balancer's own subnet admits. Where a client's rule says the subnet
        already, which a plan that is made before the subnet is known cannot tell, it is one address there:
        Neutron takes no rule twice (409, SecurityGroupRuleExists)."""
        clients = {rule.source for rule in self.node_rules}
        if subnet not in clients:
            return subnet
        return next(each for each in map(IPv4Network, subnet) if each not in clients)

    def pool_protocol_of(self, listener: Listener) -> str:
        """TCP or PROXYV2: somebody's own Service gets no PROXY header that it did not ask for."""
        return self.pool_protocol if listener.proxied else "TCP"

    def monitor_of(self, listener: Listener) -> Monitor:
        """How the nodes behind a listener are asked: somebody's own Service by itself."""
        if not listener.direct:
            return self.monitor.value
        check = listener.check
        asks = "TCP" if check.path is None else "HTTP"
        return Monitor(asks, check.port, check.path, self.monitor.value.checking)

    def subnet_of(self, backend: Backend) -> str | None:
        """The subnet that a member is given; None for a node outside of the load balancer's."""
        subnet = self.place.subnet
        return subnet.id if subnet and backend.address in subnet.cidr else None


def make(request: Request) -> OctaviaPlan:
    """The plan."""
    settings, kind = request.settings, request.kind
    load_balancer = settings.load_balancer
    where, octavia = place(request), load_balancer.octavia or OctaviaSettings()
    ovn = kind.client_ip is ClientIp.KEPT
    node_group = where.node_security_group
    return OctaviaPlan(
        provider=_driver(octavia.provider, request.cloud or OpenStack()),
        flavor=by_id(octavia.flavor),
        place=where,
        pool_protocol="TCP" if ovn else "PROXYV2",
        balance=_balance(kind, load_balancer.balance),
        monitor=_monitor(settings, ovn, kind.checking(load_balancer)),
        allowed_cidrs=None if ovn else load_balancer.allowed_clients,
        connect_milliseconds=load_balancer.timeouts.connect_milliseconds,
        idle_milliseconds=None if ovn else 1000 * load_balancer.timeouts.idle,
        node_sources=Choice(load_balancer.allowed_clients, because="the nodes see the clients' own addresses")
        if ovn
        else Choice(None, because="the nodes see the amphorae, which have addresses of the subnet"),
        node_rules=tuple(_node_rules(request, ovn, where.subnet)) if node_group else (),
        metrics=Metrics(octavia.metrics_port, octavia.metrics_from) if octavia.metrics_from else None,
    )


def _balance(kind: Kind, said: str | None) -> Choice[str]:
    if kind.balances:
        because = f"loadBalancer.balance is {said}" if said else kind.balances_by_itself
        return Choice(kind.balances[said or "roundrobin"], because=because)
    return Choice("SOURCE_IP_PORT", because=kind.balances_by_itself)


def _driver(said: str, cloud: OpenStack) -> Choice[str]:
    """What the region calls the provider. A load balancer that stands keeps what it has: another name, even
    of the same driver, would be another load balancer."""
    because = f"octavia.provider is {said}"
    names = ALIASES[said]
    if cloud.own.octavia_provider in names:
        return Choice(cloud.own.octavia_provider, because)
    listed = cloud.octavia_providers or ()
    found = next((name for name in names if name in listed), said)
    return Choice(found, because if found == said else f"{because}, which this region calls {found}")


def _monitor(settings: Settings, ovn: bool, checking: Checking) -> Choice[Monitor]:
    if ovn:
        return Choice(
            Monitor("TCP", port=None, path=None, checking=checking),
            because="OVN can ask no more than whether the node port answers",
        )
    return Choice(
        Monitor("HTTP", settings.ingress.health_port, settings.ingress.health_path, checking),
        because="only the health endpoint's own answer tells that a controller serves",
    )


def _node_rules(request: Request, ovn: bool, subnet: Subnet | None) -> Iterator[NodeRule]:
    traffic, clients = request.traffic, request.settings.load_balancer.allowed_clients
    if ovn:
        # OVN's health checks come from an address of the subnet, which Neutron admits once only.
        others = (network for network in clients if not subnet or network != subnet.cidr)
        sources: tuple[IPv4Network | None, ...] = (*others, None)
        ports = tuple(sorted({listener.node_port for listener in traffic.listeners}))
    else:
        sources, ports = (None,), node_ports(traffic.listeners, traffic.health)
    for port in ports:
        for source in sources:
            yield NodeRule(port, source)


def _nobody_would_refuse(plan: OctaviaPlan) -> Iterator[Problem]:
    clients = plan.node_sources.value
    if clients and clients != EVERYONE and plan.place.node_security_group is None:
        yield Problem(
            "portico:loadBalancer.allowedClients",
            ", ".join(map(str, clients)),
            "cannot be held by an OVN load balancer, which lets everyone pass: the nodes' security group has "
            "to",
            "name it in nodes.securityGroup",
        )


def obstacles(plan: OctaviaPlan, request: Request) -> Iterator[Problem]:
    """Why the cloud cannot carry the plan."""
    cloud = request.cloud
    yield from places.obstacles(plan.place, request, cloud.own.octavia_vips if cloud else frozenset())
    yield from _members(plan, request.traffic.backends or ())
    yield from _trust(plan, request)
    yield from _nobody_would_refuse(plan)
    if cloud:
        things = _things(plan, request.names)
        yield from _provider(plan, cloud)
        yield from ownership.taken(things, cloud)
        yield from ownership.admitted(_admissions(plan, request.names, cloud), cloud)
        needs = _needs(plan, things, request, cloud)
        yield from places.crowded(plan.place, needs["ports"])
        yield from quotas.short(needs, cloud)


def _trust(plan: OctaviaPlan, request: Request) -> Iterator[Problem]:
    """An amphora's own address is told to the cloud's operator alone (Octavia API, amphorae)."""
    octavia = request.settings.load_balancer.octavia
    if plan.keeps_source or plan.place.subnet is None or (octavia and octavia.trust_nodes):
        return
    yield from believed_nodes(
        request.traffic.backends,
        [plan.place.subnet.cidr],
        "portico:loadBalancer.openstack.subnet",
        "loadBalancer.octavia.trustNodes",
    )


def _things(plan: OctaviaPlan, names: Names) -> Mapping[str, tuple[str, ...]]:
    """What has a name in the cloud, by the quota that it counts in. Listeners, pools and monitors stand and
    fall with their load balancer."""
    return {
        "load_balancers": (names.of("lb"),),
        "security_group_rules": tuple(names.description(rule.name) for rule in plan.node_rules),
        **plan.place.things(names),
    }


def _needs(
    plan: OctaviaPlan, things: Mapping[str, tuple[str, ...]], request: Request, cloud: OpenStack
) -> Mapping[str, int]:
    """How much more of each quota. A listener is known by its port, as in the component; one that moves to
    another port is made anew with all that is behind it, before the old one goes."""
    needs = {quota: quotas.missing(cloud, quota, *wanted) for quota, wanted in things.items()}
    wanted = [(request.names.of("lb"), listener.port) for listener in request.traffic.listeners]
    fronts = [*wanted, *([(request.names.of("lb"), plan.metrics.port)] if plan.metrics else [])]
    nodes, pools = len(request.traffic.backends or ()), cloud.own.pools
    balancers = needs["load_balancers"] + _stands_beside(plan, request.names, cloud)
    new = sum(listener not in pools for listener in wanted)
    return {
        **needs,
        "load_balancers": balancers,
        # Octavia makes the VIP's port in the same project.
        "ports": balancers,
        "listeners": sum(listener not in cloud.own.listeners for listener in fronts),
        "pools": new,
        "health_monitors": new,
        "members": sum(max(0, nodes - pools.get(listener, 0)) for listener in wanted),
    }


def _stands_beside(plan: OctaviaPlan, names: Names, cloud: OpenStack) -> bool:
    """Whether the load balancer that stands will be replaced, and goes only after its successor is made. What
    hangs on it goes first."""
    stands = cloud.own.recorded.get("load_balancers", {}).get(names.of("lb"))
    if stands is None or plan.place.vip is not None:
        return False
    planned = {
        "loadbalancerProvider": plan.provider.value,
        "flavorId": plan.flavor,
        "vipSubnetId": plan.place.subnet_id,
    }
    return any(value is not None and stands.get(key) != value for key, value in planned.items())


def _members(plan: OctaviaPlan, nodes: Sequence[Backend]) -> Iterator[Problem]:
    """Nodes that Octavia takes in no pool: a second one of an address (409), and behind OVN one outside of
    the subnet."""
    first: dict[IPv4Address, Backend] = {}
    for node in nodes:
        if (other := first.setdefault(node.address, node)) is not node:
            yield Problem(
                "portico:nodes",
                f"{other.name}, {node.name}",
                f"have the same address {node.address}, and Octavia takes it once",
                "name the node once",
            )
    subnet = plan.place.subnet
    if subnet and plan.keeps_source:
        outside = [node for node in nodes if node.address not in subnet.cidr]
        if outside:
            yield Problem(
                "portico:nodes",
                ", ".join(f"{node.name} ({node.address})" for node in outside[:SHOWN])
                + (f" and {len(outside) - SHOWN} more" if len(outside) > SHOWN else ""),
                f"must be in the load balancer's subnet {subnet.cidr}: OVN reaches no other",
                "set octavia.provider: amphora, or name the nodes' subnet in openstack.subnet",
            )


def _admissions(plan: OctaviaPlan, names: Names, cloud: OpenStack) -> Iterator[tuple[int, IPv4Network]]:
    """What the rules that are still to be made would admit."""
    for rule in plan.node_rules:
        source = rule.source or (plan.place.subnet.cidr if plan.place.subnet else None)
        if source and quotas.missing(cloud, "security_group_rules", names.description(rule.name)):
            yield rule.port, source


def _provider(plan: OctaviaPlan, cloud: OpenStack) -> Iterator[Problem]:
    providers = cloud.octavia_providers
    if providers is None:
        return
    if not providers:
        yield Problem(
            "portico:loadBalancer.type",
            "'octavia'",
            "this region has no Octavia",
            "set loadBalancer.type: openstack-haproxy",
        )
    elif plan.provider.value not in (*providers, cloud.own.octavia_provider):
        usable = [said for said, names in ALIASES.items() if set(names) & set(providers)]
        yield Problem(
            "portico:loadBalancer.octavia.provider",
            repr(plan.provider.value),
            f"this region's Octavia has the providers {', '.join(providers)}",
            f"set it to {' or '.join(usable)}" if usable else "set loadBalancer.type: openstack-haproxy",
        )


def ends(load_balancer: LoadBalancer) -> Mapping[End, str]:
    """Which hop is broken."""
    members = (
        "no member of the pool serves (`openstack loadbalancer member list`): see the controller's pods, and "
        "whether the nodes admit the load balancer (portico:nodes.securityGroup)"
    )
    return {
        End.SILENT: detached(load_balancer)
        + "the load balancer is not ONLINE (`openstack loadbalancer show`)",
        End.REFUSED: members,
        End.CLOSED: members,
    }


PLANNER = Planner(make, obstacles, narrowed=narrowed, ends=ends)
