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
from .kubernetes.neighbours import Neighbour, clashes
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
    mine = Neighbour(component, said, names, given["kubernetes"] or said.kubernetes, given["openstack"])
    planned, facts = _planned(mine, early, others)
    reach.say(planned.way, planned.wait)
    _neighbours.set((*others, mine))
    if provider is None and not inputs.any_later(carried):
        return planned, facts
    asker = connections.configuration(provider) if provider else None
    cloud = asker.apply(_connected) if asker else None

    def again(known: Mapping[str, object]) -> tuple[Plan, memory.Facts]:
        later = preflight.network_later(mine.settings)
        asked = preflight.Asked(network_later=later, cluster=cluster)
        if provider:
            told, connection = cast("Credentials", known["asker"]), cast("Cloud | None", known["cloud"])
            asked = replace(asked, asker=lambda: told, cloud=lambda: connection)
        try:
            said = settings.parse(cast("Mapping[str, object]", known["args"]), source.title, source.program)
            return _planned(replace(mine, settings=said), asked, others)
        except Refused as refused:
            raise pulumi.RunError(str(refused)) from None

    both = inputs.when_known({"args": args, "asker": asker, "cloud": cloud}, again)
    late = Late(both.apply(lambda pair: pair[0]), cloud)
    return replace(planned, late=Later(late)), both.apply(lambda pair: pair[1])


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
    mine: Neighbour, asked: preflight.Asked, others: tuple[Neighbour, ...]
) -> tuple[Plan, memory.Facts]:
    said, names, before = mine.settings, mine.names, state.read()
    can = preflight.capabilities(said, names, before, asked)
    can = replace(can, problems=(*can.problems, *clashes(mine, others)))
    for sentence in can.warnings:
        pulumi.log.warn(sentence)
    facts = memory.kept(said, asked.asker().named, can.openstack) if can.openstack else {}
    planned = make(said, can, names)
    if planned.ingress and (
        warning := moved.sentence(
            before, names, planned.ingress.controller, planned.listeners, planned.health
        )
    ):
        pulumi.log.warn(warning)
    return planned, facts
