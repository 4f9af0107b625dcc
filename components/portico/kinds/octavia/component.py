"""`octavia`: an Octavia load balancer in front of the node ports.

May touch Pulumi. Every choice in it was made by this folder's plan; what each provider can do:
docs/octavia.md.
"""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network
from typing import TypeVar

import pulumi
import pulumi_openstack as openstack

from ...openstack.floating_ip import published
from ...openstack.place import OpenStackPlace, said_vip
from ...plan.make import Plan
from ...traffic import Listener
from ..face import LoadBalancer
from .plan import Metrics, NodeRule, OctaviaPlan

PATIENCE = pulumi.CustomTimeouts(create="20m", update="20m", delete="20m")
"""The provider keeps a listener or pool only once it is ACTIVE: giving up early leaves an orphan, and the
next `up` meets its 409. An amphora that boots on a busy cloud takes minutes."""

T = TypeVar("T")


class Octavia(LoadBalancer):
    """The load balancer, a listener with its pool, monitor and members for each port, and the floating IP."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, plan, opts)
        own = planned(plan)
        self._name, self._plan, self._own = name, plan, own
        self._child = pulumi.ResourceOptions(parent=self)
        self._subnet = self._place(lambda place: place.subnet_id)
        self._cidr = self._place(_cidr)
        self._checked_from = self._cidr.apply(lambda cidr: str(own.checked_from(IPv4Network(cidr))))

        for rule in own.node_rules:
            self._rule(rule)
        balancer = self._balancer()
        members: list[openstack.loadbalancer.Members] = []
        for listener in plan.listeners:
            members.append(self._listener(listener, balancer, after=members[-1:]))
        if own.metrics:
            self._metrics(own.metrics, balancer, after=members[-1:])

        self.address = published(
            name,
            own.place,
            plan.names,
            balancer.vip_port_id,
            balancer.vip_address,
            self._place,
            self._child,
        )
        self.source_addresses = (
            pulumi.Output.from_input([]) if own.keeps_source else self._cidr.apply(lambda cidr: [cidr])
        )
        self.ready = pulumi.Output.all(*[each.id for each in members]).apply(
            lambda pools: f"Octavia has applied the nodes to {len(pools)} pools"
        )
        self.details = {
            "id": balancer.id,
            "vip": balancer.vip_address,
            "provider": pulumi.Output.from_input(own.provider.value),
        }
        self.register_outputs(
            {"address": self.address, "sourceAddresses": self.source_addresses, **self.details}
        )

    def _place(self, of: Callable[[OpenStackPlace], T | None]) -> pulumi.Output[T]:
        return self.value(lambda plan: of(planned(plan).place))

    def _rule(self, rule: NodeRule) -> None:
        openstack.networking.SecGroupRule(
            f"{self._name}-{rule.name}",
            security_group_id=self._place(lambda place: place.node_group_id),
            direction="ingress",
            ethertype="IPv4",
            protocol="tcp",
            port_range_min=rule.port,
            port_range_max=rule.port,
            remote_ip_prefix=str(rule.source) if rule.source else self._checked_from,
            description=self._plan.names.description(rule.name),
            opts=self._child,
        )

    def _balancer(self) -> openstack.loadbalancer.LoadBalancer:
        names, own = self._plan.names, self._own
        return openstack.loadbalancer.LoadBalancer(
            f"{self._name}-octavia",
            name=names.of("lb"),
            description=names.description("load balancer"),
            loadbalancer_provider=own.provider.value,
            flavor_id=self.value(_flavor) if own.flavor else None,
            vip_subnet_id=self._subnet,
            vip_address=self._place(said_vip) if own.place.vip_is_said else None,
            # An address that the settings name is free again only once the old one is gone.
            opts=self._part([], delete_before_replace=own.place.vip_is_said),
        )

    def _listener(
        self,
        listener: Listener,
        balancer: openstack.loadbalancer.LoadBalancer,
        after: Sequence[pulumi.Resource],
    ) -> openstack.loadbalancer.Members:
        """A listener and what is behind it; returns the last part.

        While one part of a load balancer is PENDING, Octavia answers 409 to a change of any other, so each
        waits for the one before.
        """
        # Named after the port: a listener that is renamed stays what it is, and no two ever want one port.
        name, names, own = f"{self._name}-{listener.port}", self._plan.names, self._own
        front = openstack.loadbalancer.Listener(
            name,
            name=names.of("listener", listener.name),
            description=names.description(f"listener {listener.name}"),
            loadbalancer_id=balancer.id,
            protocol="TCP",
            protocol_port=listener.port,
            allowed_cidrs=None if own.allowed_cidrs is None else [str(cidr) for cidr in own.allowed_cidrs],
            timeout_member_connect=own.connect_milliseconds,
            timeout_client_data=own.idle_milliseconds,
            timeout_member_data=own.idle_milliseconds,
            opts=self._part(after),
        )
        pool = openstack.loadbalancer.Pool(
            name,
            name=names.of("pool", listener.name),
            description=names.description(f"nodes behind {listener.name}"),
            listener_id=front.id,
            protocol=own.pool_protocol_of(listener),
            lb_method=own.balance.value,
            opts=self._part([front]),
        )
        return self._members(name, listener, pool, self._monitor(name, listener, pool))

    def _metrics(
        self,
        metrics: Metrics,
        balancer: openstack.loadbalancer.LoadBalancer,
        after: Sequence[pulumi.Resource],
    ) -> None:
        """A listener without a pool: the amphora answers itself."""
        openstack.loadbalancer.Listener(
            f"{self._name}-metrics",
            name=self._plan.names.of("metrics"),
            description=self._plan.names.description("metrics"),
            loadbalancer_id=balancer.id,
            protocol="PROMETHEUS",
            protocol_port=metrics.port,
            allowed_cidrs=[str(cidr) for cidr in metrics.allowed_cidrs],
            opts=self._part(after),
        )

    def _monitor(
        self, name: str, listener: Listener, pool: openstack.loadbalancer.Pool
    ) -> openstack.loadbalancer.Monitor:
        monitor = self._own.monitor_of(listener)
        http = monitor.type == "HTTP"
        return openstack.loadbalancer.Monitor(
            name,
            name=self._plan.names.of("monitor", listener.name),
            pool_id=pool.id,
            type=monitor.type,
            http_method="GET" if http else None,
            url_path=monitor.path,
            expected_codes="200" if http else None,
            delay=monitor.checking.interval,
            timeout=monitor.checking.timeout,
            max_retries=monitor.checking.up,
            max_retries_down=monitor.checking.down,
            opts=self._part([pool]),
        )

    def _members(
        self,
        name: str,
        listener: Listener,
        pool: openstack.loadbalancer.Pool,
        monitor: openstack.loadbalancer.Monitor,
    ) -> openstack.loadbalancer.Members:
        def nodes(plan: Plan) -> list[openstack.loadbalancer.MembersMemberArgs] | None:
            # One unknown element would have the provider plan nonsense: the list is known or unknown as a
            # whole.
            if plan.backends.value is None or planned(plan).place.subnet is None:
                return None
            return [
                openstack.loadbalancer.MembersMemberArgs(
                    name=backend.name,
                    address=str(backend.address),
                    protocol_port=listener.node_port,
                    monitor_port=self._own.monitor_of(listener).port,
                    # Octavia plugs itself into a member's subnet; other nodes it reaches through the router.
                    subnet_id=planned(plan).subnet_of(backend),
                )
                for backend in plan.backends.value
            ]

        return openstack.loadbalancer.Members(
            name, pool_id=pool.id, members=self.value(nodes), opts=self._part([monitor])
        )

    def _part(
        self, after: Sequence[pulumi.Resource], delete_before_replace: bool = True
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=list(after),
            delete_before_replace=delete_before_replace,
            custom_timeouts=PATIENCE,
        )


def planned(plan: Plan) -> OctaviaPlan:
    """What is planned for this kind."""
    if not isinstance(plan.load_balancer, OctaviaPlan):
        raise TypeError(f"the plan is {type(plan.load_balancer).__name__}")
    return plan.load_balancer


def _flavor(plan: Plan) -> str | None:
    flavor = planned(plan).flavor
    return flavor.id if flavor else None


def _cidr(place: OpenStackPlace) -> str | None:
    return str(place.subnet.cidr) if place.subnet else None
