"""What two exposures of one program cannot both have: objects of one cluster, node ports, an address.

Pure: no Pulumi, no network, no clock. Read by planning. Neither stands yet when both are planned, so nobody
but the program can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..later import Later
from ..names import Names
from ..problems import Problem
from ..settings.model import Settings
from .objects import node_ports, wanted


@dataclass(frozen=True)
class Neighbour:
    """An exposure of the program."""

    component: str
    """Its name in the program."""
    settings: Settings
    names: Names
    cluster: object
    """Where its objects go: the provider that the program gives, else what the settings say."""
    cloud: object = None
    """The OpenStack provider that the program gives; None where the configuration tells the cloud."""


def clashes(mine: Neighbour, others: Sequence[Neighbour]) -> Iterator[Problem]:
    """A problem for each setting by which an exposure would have what an earlier one of its program has."""
    for other in others:
        if other.names == mine.names:
            yield Problem(
                "the component's name",
                repr(other.component),
                "another Exposure of this program has it",
                "give each a name of its own",
            )
            continue
        if other.cluster == mine.cluster:
            yield from _in_the_cluster(mine.settings, mine.names, other)
        if other.cloud == mine.cloud:
            yield from _in_the_cloud(mine.settings, other)


def _in_the_cluster(settings: Settings, names: Names, other: Neighbour) -> Iterator[Problem]:
    theirs = {planned.object for planned in wanted(other.settings, other.names)}
    clashing = {planned.path: planned for planned in wanted(settings, names) if planned.object in theirs}
    for planned in clashing.values():
        rule = f"{planned.object} is made by the Exposure {other.component!r} of this program"
        yield Problem(planned.path, planned.value, rule, planned.remedy)
    held = {planned.port for planned in node_ports(other.settings, other.names)}
    for planned_port in node_ports(settings, names):
        if planned_port.port in held:
            yield Problem(
                planned_port.path,
                str(planned_port.port),
                f"the Exposure {other.component!r} of this program has this node port",
                "choose a free one",
            )


def _in_the_cloud(settings: Settings, other: Neighbour) -> Iterator[Problem]:
    mine, theirs = settings.load_balancer.openstack, other.settings.load_balancer.openstack
    if mine is None or theirs is None:
        return
    vip = theirs.vip if mine.network == theirs.network else None
    for key, value, taken in (
        ("floatingIp", mine.floating_ip, theirs.floating_ip),
        ("vip", mine.vip, vip),
    ):
        if value is not None and value == taken and not isinstance(value, Later):
            yield Problem(
                f"portico:loadBalancer.openstack.{key}",
                repr(str(value)),
                f"the Exposure {other.component!r} of this program has it",
                "choose another one",
            )
