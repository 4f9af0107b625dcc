"""How a plan comes about: the settings are read, the platforms asked, everything decided.

May touch Pulumi; makes nothing. Read by exposure. Arguments that are known only while the program runs leave
the plan's shape to the others: with them the plan is made twice, first without what they would tell and then,
when they are known, with it. So whatever is refused is refused by one rule, early or late.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import cast

import pulumi

from . import connections, inputs, memory, preflight, settings, state
from .ingress import moved
from .kinds import face
from .kinds.face import Late
from .kubernetes import rivals
from .kubernetes.neighbours import Neighbour, clashes, undecided
from .later import Later
from .openstack.cloud import Cloud, connect
from .openstack.credentials import Credentials
from .plan.make import Plan, make
from .problems import Refused
from .serving import reach


@dataclass(frozen=True)
class Source:
    """Who wrote the settings."""

    title: str
    """Where they come from, for error messages."""
    program: bool = False
    """Whether it is a Python program, whose keys may be in snake_case."""


Given = Mapping[str, pulumi.ProviderResource | None]
"""By package: the provider that the program gives."""

_neighbours: ContextVar[tuple[Neighbour, ...]] = ContextVar("neighbours", default=())
"""The exposures that the program that runs has planned before."""


def plan(
    component: str, args: Mapping[str, object], source: Source, given: Given
) -> tuple[Plan, pulumi.Input[memory.Facts]]:
    """The plan, and what the next preview without credentials may rest on.

    Raises:
        Refused: the settings are wrong, or the platform cannot carry them.
    """
    carried = cast("Mapping[str, object]", inputs.carried(args))
    said, others = settings.parse(carried, source.title, source.program), _neighbours.get()
    provider = given["openstack"] if preflight.asks_openstack(said) else None
    cluster = said.kubernetes.kubeconfig is not None or given["kubernetes"] is None
    early = preflight.Asked(cloud_later=provider is not None, cluster=cluster)
    names = memory.names(state.read(), pulumi.get_project(), pulumi.get_stack(), component)
    later = Later(_known(args, source)) if inputs.any_later(carried) else None
    there = given["kubernetes"] or said.kubernetes
    mine = Neighbour(component, said, names, there, given["openstack"], later)
    warned: set[str] = set()
    planned, facts = _planned(mine, early, others, warned)
    reach.say(planned.way, planned.wait)
    _neighbours.set((*others, mine))
    # A preview may never know them, and makes nothing that could clash.
    waited = {} if pulumi.runtime.is_dry_run() else undecided(mine, others)
    if provider is None and later is None and not waited:
        return planned, facts
    asker = connections.configuration(provider) if provider else None
    cloud = asker.apply(_connected) if asker else None

    def again(known: Mapping[str, object]) -> tuple[Plan, memory.Facts]:
        later = preflight.network_later(mine.settings)
        asked = preflight.Asked(network_later=later, cluster=cluster)
        if provider:
            who, connection = cast("Credentials", known["asker"]), cast("Cloud | None", known["cloud"])
            asked = replace(asked, asker=lambda: who, cloud=lambda: connection)
        try:
            said = settings.parse(cast("Mapping[str, object]", known["args"]), source.title, source.program)
            told = cast("Mapping[str, settings.Settings | None]", known["others"])
            beside = (replace(each, settings=told.get(each.component) or each.settings) for each in others)
            return _planned(replace(mine, settings=said), asked, tuple(beside), warned)
        except Refused as refused:
            raise pulumi.RunError(str(refused)) from None

    beside = {name: known.output for name, known in waited.items()}
    both = inputs.when_known({"args": args, "asker": asker, "cloud": cloud, "others": beside}, again)
    late = Late(both.apply(lambda pair: pair[0]), cloud)
    return replace(planned, late=Later(late)), both.apply(lambda pair: pair[1])


def _known(args: Mapping[str, object], source: Source) -> pulumi.Output[settings.Settings | None]:
    """The settings when all of them are known; None where they are wrong, which their own exposure says."""

    def read(known: Mapping[str, object]) -> settings.Settings | None:
        try:
            return settings.parse(known, source.title, source.program)
        except Refused:
            return None

    return pulumi.Output.from_input(args).apply(read)


def gate(plan: Plan) -> pulumi.Input[list[pulumi.Input[pulumi.Resource]]] | None:
    """What every part depends on: that nothing is made before all is known and nothing of it is refused.
    Previews make nothing."""
    late = face.late(plan)
    if late is None or pulumi.runtime.is_dry_run():
        return None
    return late.plan.apply(lambda _: [])


def _connected(asker: Credentials) -> Cloud | None:
    try:
        return connect(asker)
    except Refused as refused:
        raise pulumi.RunError(str(refused)) from None


def _planned(
    mine: Neighbour, asked: preflight.Asked, others: tuple[Neighbour, ...], warned: set[str]
) -> tuple[Plan, memory.Facts]:
    """The plan; `warned` holds what was said already, when it is made for the second time."""
    said, names, before = mine.settings, mine.names, state.read()
    can = preflight.capabilities(said, names, before, asked)
    refused, told = rivals.found(said, names, can.cluster)
    can = replace(can, problems=(*can.problems, *clashes(mine, others), *refused))
    _warn([*can.warnings, *map(str, told)], warned)
    facts = memory.kept(said, asked.asker().named, can.openstack) if can.openstack else {}
    planned = make(said, can, names)
    if planned.ingress and (
        warning := moved.sentence(
            before, names, planned.ingress.controller, planned.listeners, planned.health
        )
    ):
        _warn([warning], warned)
    return planned, facts


def _warn(sentences: list[str], warned: set[str]) -> None:
    """Says each, unless it was said already."""
    for sentence in sentences:
        if sentence not in warned:
            pulumi.log.warn(sentence)
            warned.add(sentence)
