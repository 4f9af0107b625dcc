"""The plan of `aws-nlb`: a network load balancer with one target group for each listener.

Pure: no Pulumi, no network, no clock. Read by loadbalancers.aws_nlb.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from ..settings.model import Settings
from .choice import Choice


@dataclass(frozen=True)
class AwsNlbPlan:
    """What will be built on AWS."""

    vpc: str
    subnets: tuple[str, ...]
    internal: bool
    target_type: Choice[str]
    """`ip` or `instance` (Elastic Load Balancing API, CreateTargetGroup, TargetType)."""
    auto_scaling_group: str | None
    allowed_clients: tuple[IPv4Network, ...]
    """Whom the load balancer's own security group admits to the listeners."""
    node_security_group: str | None
    """The nodes' security group, by id; it gets the rules that admit the load balancer's group to the node ports."""


def make(settings: Settings) -> AwsNlbPlan:
    """The plan."""
    aws = settings.load_balancer.aws
    if aws is None:
        raise ValueError("the reader guarantees the section aws for aws-nlb")
    group = aws.auto_scaling_group
    return AwsNlbPlan(
        vpc=aws.vpc,
        subnets=aws.subnets,
        internal=aws.scheme == "internal",
        target_type=Choice("instance", because="the auto scaling group registers its instances itself")
        if group
        else Choice("ip", because="the nodes are given by address"),
        auto_scaling_group=group,
        allowed_clients=settings.load_balancer.allowed_clients,
        node_security_group=settings.nodes.security_group if settings.nodes else None,
    )
