"""The plan of `openstack-haproxy`: the hosts, the VIP, the floating IP, and the security rules as data.

Pure: no Pulumi, no network, no clock. Read by the component. The technique:
docs/openstack.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network

from ...later import now
from ...lbhost import (
    MAX_HOSTS,
    STATUS_PORT,
    TIMERS,
    Fleet,
    Host,
    Logs,
    Syslog,
    Timers,
    payload,
    userdata,
)
from ...lbhost.fitting import fitting
from ...lbhost.tuning import Tuning, changes_that_fit
from ...names import Names
from ...openstack import ownership, quotas
from ...openstack import place as places
from ...openstack.answers import OpenStack
from ...openstack.place import OpenStackPlace, detached, narrowed, place
from ...openstack.settings import OpenStack as Where
from ...plan.choice import Choice, is_id
from ...plan.planner import Planner
from ...plan.request import Request, Traffic
from ...plan.way import End
from ...problems import Problem, Refused
from ...settings.model import LoadBalancer
from ...traffic import Backend, Checking, Health, Listener, node_ports
from ..table import Kind
from .rebuild import POLICIES, spared
from .settings import Hosts, Volume

ITEMS_LEFT = 8
"""Metadata items of a host that the payload leaves to others."""

UNLIMITED_ITEMS = 1000
"""What a payload may take where Nova sets no limit: 250 kB, which a metadata answer still carries."""


NEEDED_EXTENSIONS = ("allowed-address-pairs", "port-security", "security-group")
"""Without these in Neutron the technique cannot be used (docs/openstack.md)."""

DEFAULT_RULES = 2
"""Neutron gives a new security group an egress rule for IPv4 and one for IPv6."""


class Group(Enum):
    """The security groups between which rules admit traffic."""

    HOSTS = "hosts"
    NODES = "nodes"


@dataclass(frozen=True)
class Rule:
    """One ingress rule of a security group."""

    name: str
    """Says everything the rule says: a rule that changes is another rule, so the new one never meets the old
    one's 409."""
    group: Group
    """Whose rule it is."""
    protocol: str
    """`tcp` or `vrrp` (protocol 112; unicast VRRP is the same protocol: RFC 5798, 5.1.1.4)."""
    port: int | None
    """None for protocols without ports."""
    source: Group | IPv4Network


@dataclass(frozen=True)
class HostPlan:
    """One LB host."""

    name: str
    zone: str | None
    """Its availability zone; None leaves it to Nova."""
    booted: str | None = None
    """The id of the image that its volume was made from, while the settings say the image as they did then:
    so a newer image under the same name replaces no host."""
    user_data: str = ""
    """What it is booted with."""


@dataclass(frozen=True)
class OpenStackHAProxyPlan:
    """What will be built on OpenStack without Octavia."""

    place: OpenStackPlace
    hosts: Choice[tuple[HostPlan, ...]]
    reserved: tuple[str, ...]
    """The names of all hosts that there may ever be; each has its port and address whether it is made or not.

    So neither the hosts' files nor what the controller believes knows the count (docs/decisions/0005)."""
    image: str | None
    """An id or a name; None, as the flavor and the key pair, where it is known only while the program runs.
    A name stays a name, so that a newer image under it replaces no host."""
    flavor: str | None
    """An id or a name."""
    volume: Volume | None
    """What the hosts boot from; None: the flavor's own disk."""
    image_id: str | None
    """The image's id, for a volume is made from nothing else; None where it is not known, or not needed."""
    spares: frozenset[str]
    """Properties of a server that stands in which a refresh may have written that its image or flavor is
    gone. It stays, since no other could be made."""
    server_group_policy: Choice[str | None]
    """None: no server group."""
    timers: Choice[Timers]
    rules: tuple[Rule, ...]
    router_id: int
    max_connections: int
    max_connections_per_source: Choice[int]
    idle_seconds: int
    """How long a connection may be silent in both directions."""
    balance: Choice[str]
    checking: Checking
    connect_milliseconds: int | None
    """None: the hosts' own."""
    drain_seconds: int
    drain_changes: int | None
    """None: as many as the memory of a small host bears."""
    logs_in: bool
    """Whether there is a key pair."""
    key_pair: str | None
    ssh_port: int | None
    """Where the hosts' own SSH server listens; None: nowhere, since a listener has its port and nobody can
    log in."""
    settle_seconds: int
    metadata_items: int
    """How many metadata items the payload of a host may take."""
    metrics_from: tuple[IPv4Network, ...]
    """Who may read the hosts' figures."""
    logs: Logs

    def boots(self, name: str) -> str | None:
        """The image of a host's volume, by id."""
        booted = next((host.booted for host in self.hosts.value if host.name == name), None)
        return booted or self.image_id

    def fleet(
        self,
        listeners: tuple[Listener, ...],
        backends: tuple[Backend, ...],
        health: Health,
        vip: IPv4Address,
        gateway: IPv4Address,
        addresses: Sequence[IPv4Address],
    ) -> Fleet:
        """What the hosts are told, once the addresses are known: one for each of `reserved`."""
        return Fleet(
            listeners=listeners,
            backends=fitting(backends),
            health=health,
            timers=self.timers.value,
            vip=vip,
            gateway=gateway,
            router_id=self.router_id,
            hosts=tuple(Host(*host) for host in zip(self.reserved, addresses, strict=True)),
            max_connections=self.max_connections,
            max_connections_per_source=self.max_connections_per_source.value,
            idle_seconds=self.idle_seconds,
            tuning=self._tuning(len(backends), len(listeners)),
            metrics_from=self.metrics_from,
            logs=self.logs,
        )

    def _tuning(self, backends: int, listeners: int) -> Tuning:
        usual = Tuning()
        return Tuning(
            checking=self.checking,
            balance=self.balance.value,
            connect_milliseconds=self.connect_milliseconds or usual.connect_milliseconds,
            drain_seconds=self.drain_seconds,
            drain_changes=self.drain_changes or changes_that_fit(backends, listeners),
        )


def rules(
    listeners: tuple[Listener, ...],
    health: Health,
    allowed_clients: tuple[IPv4Network, ...],
    hosts: Hosts,
    admits_nodes: bool,
) -> tuple[Rule, ...]:
    """The least that must be admitted: clients to the listeners, VRRP and the generation between the hosts,
    the hosts to the node ports."""
    made = [
        Rule(f"clients-{listener.port}-{_label(clients)}", Group.HOSTS, "tcp", listener.port, clients)
        for listener in listeners
        for clients in allowed_clients
    ]
    made.append(Rule("vrrp", Group.HOSTS, "vrrp", None, Group.HOSTS))
    made.append(Rule("generation", Group.HOSTS, "tcp", STATUS_PORT, Group.HOSTS))
    made.extend(
        Rule(_ssh_rule(hosts.ssh_port, source), Group.HOSTS, "tcp", hosts.ssh_port, source)
        for source in hosts.ssh_from
    )
    made.extend(
        Rule(f"metrics-{_label(source)}", Group.HOSTS, "tcp", STATUS_PORT, source)
        for source in hosts.metrics_from
    )
    if admits_nodes:
        made.extend(
            Rule(f"node-{port}", Group.NODES, "tcp", port, Group.HOSTS)
            for port in node_ports(listeners, health)
        )
    return tuple(made)


def _ssh_rule(port: int, source: IPv4Network) -> str:
    """The port's name is in it where it is not the usual one."""
    return f"ssh-{_label(source)}" if port == userdata.SSH_PORT else f"ssh-{port}-{_label(source)}"


def _label(network: IPv4Network) -> str:
    return str(network).replace("/", "-")


def make(request: Request) -> OpenStackHAProxyPlan:
    """The plan."""
    settings, names, traffic = request.settings, request.names, request.traffic
    load_balancer, where = settings.load_balancer, place(request)
    hosts = load_balancer.hosts
    if hosts is None:
        raise ValueError("the reader guarantees the section hosts for openstack-haproxy")
    asked = request.cloud or OpenStack()
    return OpenStackHAProxyPlan(
        place=where,
        hosts=_hosts(hosts, names, asked.own.booted, traffic.listeners),
        reserved=tuple(names.of("host", index + 1) for index in range(MAX_HOSTS)),
        image=now(hosts.image),
        flavor=asked.flavor_name or now(hosts.flavor),
        volume=hosts.volume,
        image_id=_image_id(hosts, asked),
        spares=spared(asked.absent),
        server_group_policy=_server_group_policy(hosts),
        timers=_timers(hosts),
        rules=rules(
            traffic.listeners,
            traffic.health,
            load_balancer.allowed_clients,
            hosts,
            admits_nodes=where.node_security_group is not None,
        ),
        router_id=hosts.router_id,
        max_connections=hosts.max_connections,
        max_connections_per_source=_per_source(hosts),
        idle_seconds=load_balancer.timeouts.idle,
        balance=_balance(request.kind, load_balancer.balance),
        checking=request.kind.checking(load_balancer),
        connect_milliseconds=load_balancer.timeouts.connect_milliseconds,
        drain_seconds=hosts.drain_seconds,
        drain_changes=hosts.drain_changes,
        logs_in=hosts.key_pair is not None,
        key_pair=now(hosts.key_pair),
        ssh_port=hosts.ssh_listens(listener.port for listener in traffic.listeners),
        settle_seconds=hosts.settle_seconds,
        metadata_items=_metadata_items(asked.metadata_items),
        metrics_from=hosts.metrics_from,
        logs=_logs(hosts),
    )


def _metadata_items(quota: int | None) -> int:
    """The payload's share of the quota `metadata_items`: a few are left to the cloud's users."""
    if quota is None:
        return payload.LIMIT
    return UNLIMITED_ITEMS if quota < 0 else max(0, quota - ITEMS_LEFT)


def _image_id(hosts: Hosts, cloud: OpenStack) -> str | None:
    said = now(hosts.image)
    if hosts.volume is None:
        return None
    return cloud.image_id or (said if said and is_id(said) else None)


def _hosts(
    hosts: Hosts, names: Names, booted: Mapping[str, str], listeners: Sequence[Listener]
) -> Choice[tuple[HostPlan, ...]]:
    zones = hosts.availability_zones
    called = [names.of("host", index + 1) for index in range(hosts.count)]
    planned = tuple(
        HostPlan(
            name,
            zones[index % len(zones)] if zones else None,
            booted.get(name) if hosts.volume else None,
            hosts.user_data(index, (listener.port for listener in listeners)),
        )
        for index, name in enumerate(called)
    )
    if hosts.count == 1:
        return Choice(planned, because="hosts.count is 1: nothing takes over when the host dies")
    return Choice(
        planned,
        because=f"of {hosts.count} one serves; another takes over in {TIMERS[hosts.timers].takeover():.2f} s",
    )


def _server_group_policy(hosts: Hosts) -> Choice[str | None]:
    """The count has no say: a host that stays would be rebuilt for its group."""
    reasons = {
        "none": "hosts.antiAffinity is none",
        "hard": "hosts.antiAffinity is hard: no two hosts on one hypervisor, or an error",
        "soft": "different hypervisors where the cloud has them; the hard policy fails on small clouds",
    }
    return Choice(POLICIES[hosts.anti_affinity], because=reasons[hosts.anti_affinity])


def _timers(hosts: Hosts) -> Choice[Timers]:
    timers = TIMERS[hosts.timers]
    if hosts.timers == "fast":
        return Choice(timers, because="hosts.timers is fast: a live migration may move the VIP")
    return Choice(timers, because="steady: a pause of half a second, as in a live migration, moves nothing")


def _balance(kind: Kind, said: str | None) -> Choice[str]:
    if said is None:
        return Choice(Tuning().balance, because=kind.balances_by_itself)
    return Choice(kind.balances[said], because=f"loadBalancer.balance is {said}")


def _logs(hosts: Hosts) -> Logs:
    said = hosts.logs.syslog
    if said is None:
        return Logs(hosts.logs.access)
    address, _, port = said.rpartition(":")
    return Logs(hosts.logs.access, Syslog(IPv4Address(address), int(port)))


def _per_source(hosts: Hosts) -> Choice[int]:
    said = hosts.max_connections_per_source
    if said is None:
        return Choice(
            hosts.max_connections // 2,
            because="half of hosts.maxConnections: no single source can fill a host",
        )
    return Choice(said, because=f"hosts.maxConnectionsPerSource is {said}")


def obstacles(plan: OpenStackHAProxyPlan, request: Request) -> Iterator[Problem]:
    """Why the cloud cannot carry the plan."""
    cloud, where = request.cloud, request.settings.load_balancer.openstack
    yield from _payload(plan, request.traffic)
    own = cloud.own.vips - cloud.own.octavia_vips if cloud else frozenset()
    yield from places.obstacles(plan.place, request, own)
    if cloud and where:
        things = _things(plan, request.names)
        yield from _pairs(where, cloud)
        yield from _subnet(plan)
        yield from ownership.taken(things, cloud)
        needs = {**_needs(things, cloud), **_volumes(plan, cloud)}
        yield from places.crowded(plan.place, needs["ports"])
        yield from quotas.short(needs, cloud)


def _payload(plan: OpenStackHAProxyPlan, traffic: Traffic) -> Iterator[Problem]:
    """Whether the configuration fits the metadata of a host, tried with addresses of the right length."""
    if traffic.backends is None:
        return
    vip, gateway, *addresses = (IPv4Address("203.0.113.100") + at for at in range(len(plan.reserved) + 2))
    try:
        fleet = plan.fleet(traffic.listeners, traffic.backends, traffic.health, vip, gateway, addresses)
        payload.pack(fleet, fleet.hosts[-1], plan.metadata_items)
    except payload.PayloadTooLarge as error:
        yield Problem("portico:nodes", "", str(error))
    except Refused as refused:
        for problem in refused.problems:
            yield Problem("portico:nodes", "", f"the LB hosts cannot be told this: {problem}")


def _pairs(where: Where, cloud: OpenStack) -> Iterator[Problem]:
    for extension in NEEDED_EXTENSIONS:
        if cloud.extensions is not None and extension not in cloud.extensions:
            yield Problem(
                "portico:loadBalancer.type",
                "'openstack-haproxy'",
                f"needs Neutron's extension {extension}, which this region lacks",
                "use HAProxy on machines outside, or ask the cloud's operator for it",
            )
    if cloud.foreign_network and not where.address_pairs_allowed:
        yield Problem(
            "portico:loadBalancer.openstack.network",
            repr(where.network),
            "belongs to another project, and only its owner may set allowed address pairs on ports there",
            "use a network of your own, or have it allowed and set openstack.addressPairsAllowed: true",
        )


def _subnet(plan: OpenStackHAProxyPlan) -> Iterator[Problem]:
    """What the hosts get from their subnet: without a gateway they could not be told what to ask for the way
    out, without DHCP they have no address by which to ask for their metadata."""
    subnet = plan.place.subnet
    if subnet and subnet.gateway is None:
        yield Problem(
            "portico:loadBalancer.openstack.subnet",
            repr(subnet.id),
            "has no gateway, and the hosts tell by it whether the VIP's way outwards works",
            "set one with `openstack subnet set --gateway ADDRESS SUBNET`, or name another subnet",
        )
    if subnet and subnet.dhcp is False:
        yield Problem(
            "portico:loadBalancer.openstack.subnet",
            repr(subnet.id),
            "has DHCP switched off, and the hosts get their address and their metadata by it",
            "switch it on with `openstack subnet set --dhcp SUBNET`, or name another subnet",
        )


def _things(plan: OpenStackHAProxyPlan, names: Names) -> Mapping[str, tuple[str, ...]]:
    """What has a name in the cloud, by the quota that it counts in."""
    hosts = tuple(host.name for host in plan.hosts.value)
    return {
        "instances": hosts,
        "ports": (names.of("vip"), *(f"{host}-port" for host in plan.reserved)),
        "security_groups": (names.of("hosts"),),
        "security_group_rules": tuple(names.description(rule.name) for rule in plan.rules),
        "server_groups": (names.of("hosts"),) if plan.server_group_policy.value else (),
        **plan.place.things(names),
    }


def _needs(things: Mapping[str, tuple[str, ...]], cloud: OpenStack) -> Mapping[str, int]:
    needs = {quota: quotas.missing(cloud, quota, *wanted) for quota, wanted in things.items()}
    hosts = needs["instances"]
    return {
        **needs,
        "cores": hosts * cloud.flavor_cores,
        "ram": hosts * cloud.flavor_ram,
        "security_group_rules": needs["security_group_rules"] + needs["security_groups"] * DEFAULT_RULES,
    }


def _volumes(plan: OpenStackHAProxyPlan, cloud: OpenStack) -> Mapping[str, int]:
    """What the hosts' volumes need of Cinder. A host that is rebuilt gives its old volume back first."""
    if plan.volume is None:
        return {}
    servers = cloud.own.recorded.get("instances", {})
    old = [servers.get(host.name, {}).get("blockDevices") for host in plan.hosts.value]
    sizes = [blocks[0].get("volumeSize") or 0 for blocks in old if blocks]
    more = len(old) - len(sizes)
    return {"volumes": more, "gigabytes": max(0, len(old) * plan.volume.size - sum(sizes))}


def ends(load_balancer: LoadBalancer) -> Mapping[End, str]:
    """Which hop is broken. That the hosts serve is known before the address is asked, unless nobody wants to
    know (`wait.hosts: false`)."""
    return {
        End.SILENT: detached(load_balancer)
        + "no LB host holds the VIP, which their consoles tell (`openstack console log show`)",
        End.REFUSED: (
            "the LB host that holds the VIP does not serve this port, and its console tells why (`openstack "
            "console log show`)"
        ),
        End.CLOSED: (
            "the LB host finds no node that serves: see the controller's pods, and whether the nodes admit "
            "the LB hosts (portico:nodes.securityGroup)"
        ),
    }


PLANNER = Planner(make, obstacles, narrowed=narrowed, ends=ends)
