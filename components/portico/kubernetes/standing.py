"""Why a cluster cannot take this plan: what stands there already and is not this stack's, what is missing,
and which node ports are taken.

Pure: no Pulumi, no network, no clock. Read by plan.make.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..names import Names
from ..problems import Problem
from ..settings.model import Settings
from . import used
from .answers import Cluster, Object, Standing
from .objects import needed, node_ports, wanted
from .wanted import STACK, Wanted

SHOWN = 4
"""How many objects a sentence names: an application has no more."""


def obstacles(settings: Settings, names: Names, cluster: Cluster | None) -> Iterator[Problem]:
    """Every reason, one for each setting; none where the cluster was not asked."""
    if cluster is None:
        return
    foreign = [thing for thing in wanted(settings, names) if _is_foreign(thing.object, cluster)]
    lost = [thing for thing in foreign if cluster.standing[thing.object].instance == names.prefix]
    if lost:
        yield _without_state(lost, names, cluster)
    by_setting: dict[tuple[str, str], list[Wanted]] = {}
    for thing in foreign:
        if thing not in lost:
            by_setting.setdefault((thing.path, thing.remedy), []).append(thing)
    for (path, remedy), things in by_setting.items():
        yield _taken(path, remedy, things, cluster)
    for need in needed(settings, names):
        if (problem := used.obstacle(need, cluster)) is not None:
            yield problem
    yield from _node_ports(settings, names, cluster)


def _is_foreign(thing: Object, cluster: Cluster) -> bool:
    """Whether it is there and another one than this stack's own: the uid tells, where the name does not."""
    live = cluster.standing.get(thing)
    return live is not None and live.uid != cluster.made.get(thing)


def _without_state(lost: Sequence[Wanted], names: Names, cluster: Cluster) -> Problem:
    objects = [thing.object for thing in lost]
    return Problem(
        STACK,
        repr(names.prefix),
        f"{_listed(objects)} {_is(objects)} there already{_leaving(objects, cluster)}, "
        "made by a stack of this name whose state is not the one in use",
        "use that state; after an interrupted `up` run `python -m portico.recovery --stack ...`; "
        "else choose another name for the stack",
    )


def _taken(path: str, remedy: str, things: Sequence[Wanted], cluster: Cluster) -> Problem:
    objects = [thing.object for thing in things]
    if any(thing in cluster.made for thing in objects):
        remedy = f"{remedy}; or, if it is this stack's own, made anew, run `pulumi refresh`"
    return Problem(
        path,
        things[0].value,
        f"{_listed(objects)} {_is(objects)} there already{_leaving(objects, cluster)} and "
        f"{_is(objects)} not this stack's{_served(objects, cluster)}",
        remedy,
    )


def _served(objects: Sequence[Object], cluster: Cluster) -> str:
    return "".join(
        f": its controller is {controller}"
        for controller in (_of(thing, cluster).controller for thing in objects)
        if controller
    )


def _leaving(objects: Sequence[Object], cluster: Cluster) -> str:
    return ", being deleted," if all(_of(thing, cluster).leaving for thing in objects) else ""


def _of(thing: Object, cluster: Cluster) -> Standing:
    return cluster.standing[thing]


def _is(objects: Sequence[Object]) -> str:
    return "is" if len(objects) == 1 else "are"


def _listed(objects: Sequence[Object]) -> str:
    if len(objects) <= SHOWN:
        return ", ".join(map(str, objects))
    return f"{', '.join(map(str, objects[: SHOWN - 1]))} and {len(objects) - SHOWN + 1} more"


def _node_ports(settings: Settings, names: Names, cluster: Cluster) -> Iterator[Problem]:
    for planned in node_ports(settings, names):
        holder = (cluster.node_ports or {}).get(planned.port)
        if holder is not None and holder != planned.service:
            yield Problem(
                planned.path,
                str(planned.port),
                f"the node port is taken by the {holder}",
                "choose a free one",
            )
