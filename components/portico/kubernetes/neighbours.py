"""What two exposures of one program cannot both have: objects in a cluster, a class, node ports, an address.

Pure: no Pulumi, no network, no clock. Read by planning. Neither stands yet when both are planned, so nobody
but the program can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..ingress.table import NONE
from ..kinds.table import chosen
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
    known: Later | None = None
    """Its settings once all of them are known; None where they are from the start."""


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
    path = "portico:ingress.ingressClass"
    if path not in clashing and _class(settings) == _class(other.settings) is not None:
        rule = f"the controller of the Exposure {other.component!r} of this program serves this class"
        yield Problem(path, repr(_class(settings)), rule, "give each a class of its own")
    kind = chosen(settings.load_balancer)
    if kind == chosen(other.settings.load_balancer):
        for problem in kind.planner().clashes(settings, other.settings):
            rule = f"{problem.rule} of the Exposure {other.component!r} of this program"
            yield replace(problem, rule=rule)
    held = {planned.port for planned in node_ports(other.settings, other.names)}
    for planned_port in node_ports(settings, names):
        if planned_port.port in held:
            yield Problem(
                planned_port.path,
                str(planned_port.port),
                f"the Exposure {other.component!r} of this program has this node port",
                "choose a free one",
            )


def _class(settings: Settings) -> str | None:
    """The class that a controller of the exposure serves, however applications name it."""
    return None if settings.ingress.controller == NONE else settings.ingress.ingress_class


def _in_the_cloud(settings: Settings, other: Neighbour) -> Iterator[Problem]:
    for key, value, taken in _addresses(settings, other):
        if _same(value, taken):
            yield Problem(
                f"portico:loadBalancer.openstack.{key}",
                "" if isinstance(value, Later) else repr(str(value)),
                f"the Exposure {other.component!r} of this program has it",
                "choose another one",
            )


def undecided(mine: Neighbour, others: Sequence[Neighbour]) -> dict[str, Later]:
    """The settings of those, by component, with which a clash shows only when they are known."""
    return {
        other.component: other.known
        for other in others
        if other.known is not None
        and other.cloud == mine.cloud
        and any(isinstance(taken, Later) for _, _, taken in _addresses(mine.settings, other))
    }


def _addresses(settings: Settings, other: Neighbour) -> Iterator[tuple[str, object, object]]:
    """What is given by both: the key, the value here, the value there."""
    mine, theirs = settings.load_balancer.openstack, other.settings.load_balancer.openstack
    if mine is None or theirs is None:
        return
    if mine.floating_ip is not None and theirs.floating_ip is not None:
        yield "floatingIp", mine.floating_ip, theirs.floating_ip
    if mine.vip is not None and theirs.vip is not None and _same(mine.network, theirs.network):
        yield "vip", mine.vip, theirs.vip


def _same(one: object, another: object) -> bool:
    """Of two values of the running program only that they are one Output is known already."""
    if isinstance(one, Later) and isinstance(another, Later):
        return one.output is another.output
    return one == another
