"""What is particular to the kind aws-nlb, as it is written in the settings.

Pure: no Pulumi, no network, no clock. Read by settings and by this kind's plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Annotated, ClassVar

from ... import values
from ...fields import By, Flag, Input, Section, Some, Text, one_of, text, whole
from ...later import Later

if TYPE_CHECKING:
    from ...settings.model import Settings
    from ...settings.reading import Reading

AWS = ("loadBalancer", "aws")

SubnetCidr = Annotated[IPv4Network, By(values.aws_subnet, {"type": "string"})]


@dataclass(frozen=True)
class Aws(Section):
    """A network load balancer (type aws-nlb). Credentials and region come from the AWS provider."""

    vpc: Input[Annotated[str, text(values.aws_id("vpc"))]]
    """The VPC's id. Required."""
    subnets: Some[Input[Annotated[str, text(values.aws_id("subnet"))]]]
    """Ids of the subnets it stands in, one for each availability zone. Required."""
    scheme: Annotated[str, one_of("internet-facing", "internal")] = "internet-facing"
    """`internet-facing` or `internal`."""
    auto_scaling_group: Input[Text] | None = None
    """The nodes' auto scaling group: its instances become the targets. Default: the nodes' addresses are."""
    rules_per_group: Annotated[int, whole(1, 1000)] = 60
    """How many inbound, and how many outbound, rules AWS lets a security group have: 1..1000. Say more where
    AWS has raised the quota (Amazon VPC quotas, *Inbound or outbound rules per security group*)."""
    subnet_cidrs: Some[Input[SubnetCidr]] = field(kw_only=True)
    """The CIDR of each of these subnets: the load balancer's own addresses come from them, and the controller
    believes PROXY headers from there alone. Required."""
    trust_nodes: Flag = False
    """Whether nodes may stand in these subnets. Whoever runs a pod can then name any client's address.
    Default: such nodes are refused; those of an auto scaling group are not known."""

    remedies: ClassVar = {
        "vpc": "name the VPC's id",
        "subnets": "name a subnet's id for each availability zone",
        "subnetCidrs": "name each subnet's CIDR: PROXY headers are believed from there alone",
    }

    def check(self, read: Reading, settings: Settings) -> None:
        nodes = settings.nodes
        if len(self.subnet_cidrs) != len(self.subnets):
            rule = f"must hold one CIDR for each of subnets, which are {len(self.subnets)}"
            read.wrong(*AWS, "subnetCidrs", rule=rule)
        if nodes is not None and nodes.source == "openstack":
            read.wrong(
                "nodes",
                "from",
                rule="must be addresses or cidr with aws-nlb",
                remedy="or name aws.autoScalingGroup",
            )
        for index, node in enumerate(nodes.addresses if nodes else ()):
            try:
                values.plain(node.address)
            except values.Wrong as wrong:
                at = ("nodes", "addresses", index, "address")
                read.wrong(*at, rule=wrong.rule, remedy=wrong.remedy)
        if nodes is None or nodes.security_group is None or isinstance(nodes.security_group, Later):
            return
        try:
            values.aws_id("sg")(nodes.security_group)
        except values.Wrong as wrong:
            read.wrong("nodes", "securityGroup", rule=wrong.rule, remedy=wrong.remedy)


SECTIONS = {"aws": Aws}
"""The keys under `loadBalancer` that this kind takes."""

NODES = ("loadBalancer", "aws", "autoScalingGroup")
"""What may be given instead of the section `nodes`."""
