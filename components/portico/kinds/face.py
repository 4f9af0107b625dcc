"""The one face of every load balancer component.

May touch Pulumi. Read by planning, exposure and the components of the kinds, which do not know each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

import pulumi
from pulumi.output import UNKNOWN

from ..plan.make import Plan

if TYPE_CHECKING:
    from ..openstack.cloud import Cloud

T = TypeVar("T")


@dataclass(frozen=True)
class ServiceShape:
    """What the ingress controller's Service has to be for this kind of load balancer."""

    type: str = "NodePort"
    """`NodePort` for a load balancer outside the cluster, `LoadBalancer` for one inside."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    load_balancer_class: str | None = None
    source_ranges: tuple[str, ...] = ()
    """`loadBalancerSourceRanges`: CIDRs, only for the type LoadBalancer."""


@dataclass(frozen=True)
class Late:
    """What is known only while the program runs."""

    plan: pulumi.Output[Plan]
    """The plan, made of arguments that are all known."""
    cloud: "pulumi.Output[Cloud | None] | None" = None
    """The cloud of a provider that the program gave; None where the configuration tells it."""


class LoadBalancer(pulumi.ComponentResource):
    """What forwards clients' connections to the node ports. A subclass is built as `(name, plan, opts)`."""

    address: pulumi.Output[str] | None = None
    """The published address (an IP address or a host name); None where the controller's Service will have it,
    which is so inside the cluster."""
    source_addresses: pulumi.Output[list[str]]
    """The CIDRs from which the nodes see connections come, and whose PROXY header the controller may believe;
    empty where the client's own address is kept."""
    service: ServiceShape = ServiceShape()
    ready: pulumi.Output[str]
    """A sentence, once what was planned really serves: at once where the platform itself tells, and never
    waited for in previews."""
    late: Late | None
    """What only the running program tells; None where everything was known from the start."""
    details: Mapping[str, pulumi.Output[object]]
    """What this platform adds, for the `loadBalancer` output."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"portico:index:{type(self).__name__}", name, {"type": plan.kind.value.type}, opts)
        self._plan, self.late = plan, late(plan)

    def value(self, of: Callable[[Plan], T | None]) -> pulumi.Output[T]:
        """A value of the plan: at once where it is known, else of the plan that is made when it is; unknown
        in a preview that makes no look-up."""
        if (early := of(self._plan)) is not None or self.late is None:
            return known(early)
        return self.late.plan.apply(lambda plan: known(of(plan)))


def late(plan: Plan) -> Late | None:
    """What the plan carries, and does not read."""
    return cast("Late", plan.late.output) if plan.late else None


def known(value: T | None) -> pulumi.Output[T]:
    """A value, or an unknown one where None: what only a look-up could tell, in a preview that makes none.

    Raises:
        pulumi.RunError: it is no preview. The engine would drop an unknown value without a word.
    """
    if value is not None:
        return pulumi.Output.from_input(value)
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(
            "an `up` needs what only a look-up can tell, and the cloud did not tell it; use credentials that "
            "may look up the network, its subnet, the floating IP and the security group"
        )
    return cast("pulumi.Output[T]", pulumi.Output.from_input(UNKNOWN))
