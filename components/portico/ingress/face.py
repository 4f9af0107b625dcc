"""The one face of every ingress controller component.

May touch Pulumi. Read by exposure and by the components of the controllers, which do not know each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi

from ..kinds.face import ServiceShape
from ..names import Names
from ..plan.make import ControllerPlan
from ..traffic import Health, Listener


@dataclass(frozen=True)
class ControllerArgs:
    """What an ingress controller is told."""

    names: Names
    plan: ControllerPlan
    listeners: tuple[Listener, ...]
    health: Health
    traffic_policy: str
    """`externalTrafficPolicy`: Local or Cluster."""
    trusted: pulumi.Input[Sequence[str]] = ()
    """CIDRs whose PROXY header is believed: the load balancer's. Empty: nobody's, PROXY protocol is off."""
    published: pulumi.Input[str] | None = None
    """The address or host name in `Ingress.status`. None: that of a Service of type LoadBalancer."""
    service: ServiceShape = field(default_factory=ServiceShape)
    after: Sequence[pulumi.Resource] = ()
    """What has to be there before the Service: inside the cluster, what gives the Service its address."""
    outlives: Sequence[pulumi.Resource] = ()
    """What has to be there as long as the class is: the load balancer. A `destroy` for which the cluster is
    dead stops at the class, and connections are still carried."""


class IngressController(pulumi.ComponentResource):
    """What listens on the node ports. A subclass is built as `(name, args, opts)`."""

    address: pulumi.Output[str] | None
    """The published address, or that of a Service of type LoadBalancer. None: there is no such thing."""
    serving: tuple[pulumi.Resource, ...]
    """What an Ingress needs before it is served and gets its address."""

    def __init__(self, name: str, args: ControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings = args.plan.settings
        super().__init__(
            f"portico:index:{type(self).__name__}",
            name,
            {"namespace": settings.namespace, "ingressClass": settings.ingress_class},
            opts,
        )
