"""What is particular to the kind octavia, as it is written in the settings.

Pure: no Pulumi, no network, no clock. Read by settings and by this kind's plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ... import values
from ...fields import Flag, Input, Network, Port, Section, one_of, text
from ...openstack import settings as openstack

if TYPE_CHECKING:
    from ...settings.model import Settings
    from ...settings.reading import Reading

OCTAVIA = ("loadBalancer", "octavia")


@dataclass(frozen=True)
class Octavia(Section):
    """An Octavia load balancer (type octavia)."""

    provider: Annotated[str, one_of("amphora", "ovn")] = "amphora"
    """`amphora` or `ovn`."""
    flavor: Input[Annotated[str, text(values.openstack_id)]] | None = None
    """An Octavia flavor id, for instance one with the topology ACTIVE_STANDBY. Default: the cloud's."""
    trust_nodes: Flag = False
    """With amphora: whether nodes may stand in the load balancer's subnet, from all of which the controller
    believes PROXY headers. Whoever runs a pod can then name any client's address. Default: such nodes are
    refused."""
    metrics_from: tuple[Network, ...] = ()
    """With amphora: who may read `http://<address>:<metricsPort>/metrics` of the load balancer, for
    Prometheus. Default: nobody, and there is no such listener."""
    metrics_port: Port = 8088
    """The port of that listener, 1..65535, none of `listeners`."""

    def check(self, read: Reading, settings: Settings) -> None:
        if not self.metrics_from:
            return
        if self.provider == "ovn":
            rule = "is not used with `provider: ovn`, which has no figures"
            read.wrong(*OCTAVIA, "metricsFrom", rule=rule, remedy="leave it out")
        for index, listener in enumerate(settings.load_balancer.listeners):
            if listener.port == self.metrics_port:
                rule = (
                    f"must not be {listener.port} like {read.at('loadBalancer', 'listeners', index, 'port')}"
                )
                read.wrong(*OCTAVIA, "metricsPort", rule=rule, remedy="choose another")


SECTIONS = {**openstack.SECTIONS, "octavia": Octavia}
"""The keys under `loadBalancer` that this kind takes."""
