"""The one face of every load balancer component.

May touch Pulumi. Read by exposure and by the components of the kinds, which do not know each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

import pulumi
from pulumi.output import UNKNOWN

from ..plan.make import Plan

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
    details: Mapping[str, pulumi.Output[object]]
    """What this platform adds, for the `loadBalancer` output."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"portico:index:{type(self).__name__}", name, {"type": plan.kind.value.type}, opts)


def known(value: T | None) -> pulumi.Output[T]:
    """A value, or an unknown one where None: what only a look-up could tell, in a preview that makes none."""
    if value is not None:
        return pulumi.Output.from_input(value)
    return cast("pulumi.Output[T]", pulumi.Output.from_input(UNKNOWN))
