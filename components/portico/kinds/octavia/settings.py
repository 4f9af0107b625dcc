"""What is particular to the kind octavia, as it is written in the settings.

Pure: no Pulumi, no network, no clock. Read by settings and by this kind's plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ... import values
from ...fields import Flag, Section, one_of, text
from ...openstack import settings as openstack


@dataclass(frozen=True)
class Octavia(Section):
    """An Octavia load balancer (type octavia)."""

    provider: Annotated[str, one_of("amphora", "ovn")] = "amphora"
    """`amphora` or `ovn`."""
    flavor: Annotated[str, text(values.openstack_id)] | None = None
    """An Octavia flavor id, for instance one with the topology ACTIVE_STANDBY. Default: the cloud's."""
    trust_nodes: Flag = False
    """With amphora: whether nodes may stand in the load balancer's subnet, from all of which the controller
    believes PROXY headers. Whoever runs a pod can then name any client's address. Default: such nodes are
    refused."""


SECTIONS = {**openstack.SECTIONS, "octavia": Octavia}
"""The keys under `loadBalancer` that this kind takes."""
