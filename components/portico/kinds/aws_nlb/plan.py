"""The plan of `aws-nlb`: a network load balancer with one target group for each listener.

Pure: no Pulumi, no network, no clock. Read by kinds.aws_nlb.component. What AWS does with each choice:
docs/aws.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Network

from ...later import Later, now
from ...names import Names
from ...plan.choice import Choice, Ref, by_id
from ...plan.planner import Planner
from ...plan.request import Request
from ...plan.trust import believed_nodes
from ...plan.way import End
from ...problems import Problem
from ...settings.model import LoadBalancer
from ...traffic import Checking, Listener, node_ports
from ..table import Kind

NAME_LENGTH = 32
"""The most that the name of a load balancer or target group may have (Elastic Load Balancing API,
CreateLoadBalancer, CreateTargetGroup)."""


@dataclass(frozen=True)
class AwsNlbPlan:
    """What will be built on AWS."""

    vpc: Ref
    subnets: tuple[Ref, ...]
    subnet_cidrs: tuple[IPv4Network, ...] | None
    """Where the load balancer's own addresses come from, which are the source of what the nodes see; None
    where one is known only while the program runs."""
    internal: bool
    target_type: Choice[str]
    """`ip` or `instance` (Elastic Load Balancing API, CreateTargetGroup, TargetType)."""
    auto_scaling_group: Ref | None
    """By name."""
    allowed_clients: tuple[IPv4Network, ...]
    """Whom the load balancer's own security group admits to the listeners."""
    node_security_group: Ref | None
    """The nodes' security group, by id; it gets the rules that admit the load balancer's group to the node
    ports."""
    idle_seconds: int
    """How long a connection may be silent, 60..6000 (Elastic Load Balancing API, listener attribute
    tcp.idle_timeout.seconds)."""
    balance: Choice[str | None]
    """The target groups' stickiness; None: none."""
    checking: Checking
    rules_per_group: int
    """How many rules AWS lets a security group have in each direction."""
    node_ports: tuple[int, ...]
    """The listeners' and the health endpoint's: what the load balancer sends to, and the nodes admit it
    to."""

    def target_group_name(self, names: Names, listener: Listener) -> str | None:
        """Unique to all that AWS cannot change in a target group: the new one is made before the old one
        goes, while the listener still needs it. None where the VPC is not known yet."""
        if self.vpc.id is None:
            return None
        facts = (self.vpc.id, self.target_type.value, str(listener.node_port))
        return short(names.of(listener.port), *facts)


def short(name: str, *unique_to: str) -> str:
    """A name that is short enough for Elastic Load Balancing and, with `unique_to`, different for different
    values."""
    if len(name) <= NAME_LENGTH and not unique_to:
        return name
    digest = sha256(" ".join([name, *unique_to]).encode()).hexdigest()[:6]
    return f"{name[: NAME_LENGTH - 7].rstrip('-')}-{digest}"


def make(request: Request) -> AwsNlbPlan:
    """The plan."""
    settings = request.settings
    load_balancer = settings.load_balancer
    aws = load_balancer.aws
    if aws is None:
        raise ValueError("the reader guarantees the section aws for aws-nlb")
    group, cidrs = by_id(aws.auto_scaling_group), tuple(map(now, aws.subnet_cidrs))
    return AwsNlbPlan(
        vpc=_ref(aws.vpc),
        subnets=tuple(map(_ref, aws.subnets)),
        subnet_cidrs=None if None in cidrs else tuple(cidr for cidr in cidrs if cidr),
        internal=aws.scheme == "internal",
        target_type=Choice("instance", because="the auto scaling group registers its instances itself")
        if group
        else Choice("ip", because="the nodes are given by address"),
        auto_scaling_group=group,
        allowed_clients=load_balancer.allowed_clients,
        node_security_group=by_id(settings.nodes.security_group if settings.nodes else None),
        idle_seconds=load_balancer.timeouts.idle,
        balance=_balance(request.kind, load_balancer.balance),
        checking=request.kind.checking(load_balancer),
        rules_per_group=aws.rules_per_group,
        node_ports=node_ports(request.traffic.listeners, request.traffic.health),
    )


def _ref(said: str | Later) -> Ref:
    return by_id(said) or Ref("", None)


def _balance(kind: Kind, said: str | None) -> Choice[str | None]:
    if said is None:
        return Choice(None, because=kind.balances_by_itself)
    return Choice(kind.balances[said], because=f"loadBalancer.balance is {said}")


def obstacles(plan: AwsNlbPlan, request: Request) -> Iterator[Problem]:
    """Why AWS cannot carry the plan, as far as it is known without asking, and why nobody should be served by
    it."""
    clients, listeners = len(plan.allowed_clients), len(request.traffic.listeners)
    most, ports = plan.rules_per_group, len(plan.node_ports)
    remedy = "or have AWS raise the quota and say so in aws.rulesPerGroup"
    if clients * listeners > most:
        yield Problem(
            "portico:loadBalancer.allowedClients",
            f"{clients} networks",
            f"needs {clients * listeners} inbound rules in one security group, one for each of {listeners} "
            f"listeners, and AWS allows {most}",
            f"name fewer or wider networks, {remedy}",
        )
    if ports > most:
        yield Problem(
            "portico:loadBalancer.listeners",
            f"{listeners} listeners",
            f"needs {ports} outbound rules in one security group, one for each node port, and AWS allows "
            f"{most}",
            f"name fewer listeners, {remedy}",
        )
    aws = request.settings.load_balancer.aws
    if aws and not aws.trust_nodes and plan.subnet_cidrs is not None:
        yield from believed_nodes(
            request.traffic.backends,
            plan.subnet_cidrs,
            "portico:loadBalancer.aws.subnetCidrs",
            "loadBalancer.aws.trustNodes",
        )


def narrowed(load_balancer: LoadBalancer) -> Iterator[str]:
    """Why a machine outside of the VPC may get no answer."""
    if load_balancer.aws and load_balancer.aws.scheme == "internal":
        yield (
            "this machine has no way into the VPC, which portico:loadBalancer.aws.scheme: internal asks for"
        )


def ends(_load_balancer: LoadBalancer) -> Mapping[End, str]:
    """Which hop is broken."""
    targets = "see the health of the targets: `aws elbv2 describe-target-health`"
    return {
        End.NAMELESS: "AWS publishes a new name within minutes; else this machine asks another DNS",
        End.SILENT: f"the load balancer's security group drops it, or no target serves; {targets}",
        End.CLOSED: f"no target serves; {targets}",
    }


PLANNER = Planner(make, obstacles, narrowed=narrowed, ends=ends)
