"""`aws-nlb`: a network load balancer on AWS in front of the node ports.

May touch Pulumi. Every choice in it was made by this folder's plan; what AWS does with it: docs/aws.md. Needs
the extra `aws`.
"""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ...plan.make import Plan
from ...traffic import Check, Listener
from ..face import LoadBalancer
from .plan import AwsNlbPlan, short


class AwsNlb(LoadBalancer):
    """The load balancer with a security group of its own, and a listener with its target group for each
    port."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, plan, opts)
        own = planned(plan)
        self._name, self._plan, self._own = name, plan, own
        self._child = pulumi.ResourceOptions(parent=self)

        group = self._group()
        balancer = aws.lb.LoadBalancer(
            f"{name}-nlb",
            name=short(plan.names.of("lb")),
            load_balancer_type="network",
            internal=own.internal,
            subnets=self.value(_subnets),
            security_groups=[group.id],
            enable_cross_zone_load_balancing=True,
            tags=self._tags("lb"),
            # Its name is taken until it is gone.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        listeners = [self._listener(listener, balancer) for listener in plan.listeners]

        self.address = balancer.dns_name
        self.source_addresses = self.value(_subnet_cidrs)
        self.ready = pulumi.Output.all(*[listener.arn for listener in listeners]).apply(
            lambda arns: f"AWS has made {len(arns)} listeners"
        )
        self.details = {"arn": balancer.arn, "zoneId": balancer.zone_id, "securityGroup": group.id}
        self.register_outputs(
            {"address": self.address, "sourceAddresses": self.source_addresses, **self.details}
        )

    def _tags(self, part: str) -> Mapping[str, str]:
        return {"Name": self._plan.names.of(part), "portico": self._plan.names.prefix}

    def _group(self) -> aws.ec2.SecurityGroup:
        """The load balancer's security group: in from the clients to the listeners, out to the node ports."""
        names, own = self._plan.names, self._own
        group = aws.ec2.SecurityGroup(
            f"{self._name}-nlb",
            name=names.of("lb"),
            description=names.description("network load balancer"),
            vpc_id=self.value(_vpc),
            tags=self._tags("lb"),
            opts=self._child,
        )
        for listener in self._plan.listeners:
            for clients in own.allowed_clients:
                part = f"clients-{listener.port}-{str(clients).replace('/', '-')}"
                self._ingress(part, group.id, listener.port, cidr=str(clients))
        for port in own.node_ports:
            self._egress(f"to-node-{port}", group.id, port)
            if own.node_security_group:
                self._ingress(f"node-{port}", self.value(_node_group), port, group=group.id)
        return group

    def _ingress(
        self,
        part: str,
        of: pulumi.Input[str],
        port: int,
        cidr: str | None = None,
        group: pulumi.Input[str] | None = None,
    ) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{part}",
            security_group_id=of,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            cidr_ipv4=cidr,
            referenced_security_group_id=group,
            description=self._plan.names.description(part),
            tags=self._tags(part),
            opts=self._child,
        )

    def _egress(self, part: str, of: pulumi.Input[str], port: int) -> None:
        """To the nodes' group, or, where none is named, to whatever the targets are."""
        nodes = self.value(_node_group) if self._own.node_security_group else None
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{part}",
            security_group_id=of,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            cidr_ipv4="0.0.0.0/0" if nodes is None else None,
            referenced_security_group_id=nodes,
            description=self._plan.names.description(part),
            tags=self._tags(part),
            opts=self._child,
        )

    def _listener(self, listener: Listener, balancer: aws.lb.LoadBalancer) -> aws.lb.Listener:
        # Named after the port: a listener that is renamed stays what it is, and no two ever want one port.
        name = f"{self._name}-{listener.port}"
        targets = self._target_group(name, listener)
        return aws.lb.Listener(
            name,
            load_balancer_arn=balancer.arn,
            port=listener.port,
            protocol="TCP",
            tcp_idle_timeout_seconds=self._own.idle_seconds,
            default_actions=[aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=targets.arn)],
            tags=self._tags(f"listener-{listener.name}"),
            opts=self._child,
        )

    def _target_group(self, name: str, listener: Listener) -> aws.lb.TargetGroup:
        own = self._own
        group = aws.lb.TargetGroup(
            name,
            name=self.value(lambda plan: planned(plan).target_group_name(plan.names, listener)),
            vpc_id=self.value(_vpc),
            target_type=own.target_type.value,
            protocol="TCP",
            port=listener.node_port,
            proxy_protocol_v2=listener.proxied,
            # Kept addresses would pass by the load balancer's group and need the clients admitted to the
            # nodes.
            preserve_client_ip="false",
            health_check=self._check(listener),
            stickiness=aws.lb.TargetGroupStickinessArgs(type=own.balance.value)
            if own.balance.value
            else None,
            tags=self._tags(f"targets-{listener.name}"),
            opts=self._child,
        )
        self._targets(name, listener, group)
        return group

    def _check(self, listener: Listener) -> aws.lb.TargetGroupHealthCheckArgs:
        health, asked = self._plan.health, self._own.checking
        check = listener.check if listener.direct else Check(health.node_port, health.path)
        http = check.path is not None
        return aws.lb.TargetGroupHealthCheckArgs(
            protocol="HTTP" if http else "TCP",
            port=str(check.port) if check.port else "traffic-port",
            path=check.path,
            matcher="200" if http else None,
            interval=asked.interval,
            timeout=asked.timeout,
            healthy_threshold=asked.up,
            unhealthy_threshold=asked.down,
        )

    def _targets(self, name: str, listener: Listener, group: aws.lb.TargetGroup) -> None:
        own = self._own
        if own.auto_scaling_group:
            aws.autoscaling.Attachment(
                name,
                autoscaling_group_name=self.value(_scaling_group),
                lb_target_group_arn=group.arn,
                opts=self._child,
            )
            return
        for backend in self._plan.backends.value or ():
            aws.lb.TargetGroupAttachment(
                f"{name}-{backend.address}",
                target_group_arn=group.arn,
                target_id=str(backend.address),
                port=listener.node_port,
                opts=self._child,
            )


def planned(plan: Plan) -> AwsNlbPlan:
    """What is planned for this kind."""
    if not isinstance(plan.load_balancer, AwsNlbPlan):
        raise TypeError(f"the plan is {type(plan.load_balancer).__name__}")
    return plan.load_balancer


def _node_group(plan: Plan) -> str | None:
    group = planned(plan).node_security_group
    return group.id if group else None


def _vpc(plan: Plan) -> str | None:
    return planned(plan).vpc.id


def _subnets(plan: Plan) -> list[str] | None:
    """Known or unknown as a whole."""
    known = [subnet.id for subnet in planned(plan).subnets if subnet.id is not None]
    return known if len(known) == len(planned(plan).subnets) else None


def _subnet_cidrs(plan: Plan) -> list[str] | None:
    cidrs = planned(plan).subnet_cidrs
    return None if cidrs is None else [str(cidr) for cidr in cidrs]


def _scaling_group(plan: Plan) -> str | None:
    group = planned(plan).auto_scaling_group
    return group.id if group else None
