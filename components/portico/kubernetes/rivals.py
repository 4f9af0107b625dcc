"""Who else in the cluster would serve, or give an address to, what this stack makes.

Pure: no Pulumi, no network, no clock. Read by planning. Which programs those are is told by the controller's
folder and by the kind's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from ..ingress import table as controllers
from ..kinds.table import chosen
from ..names import Names
from ..plan.questions import EVERYBODY
from ..problems import Problem
from ..settings.model import Settings
from .answers import Cluster, IngressClass
from .beside import Beside, Rival

WORKLOADS = ("Deployment", "DaemonSet")


def found(settings: Settings, names: Names, cluster: Cluster | None) -> tuple[list[Problem], list[Problem]]:
    """What is refused, and what is only said; nothing where the cluster was not asked."""
    if cluster is None or cluster.workloads is None:
        return [], []
    refused: list[Problem] = []
    told: list[Problem] = []
    narrowed = EVERYBODY not in settings.load_balancer.allowed_clients
    for rival in _all(settings, names, cluster):
        (refused if rival.refused or (rival.past and narrowed) else told).append(rival.problem)
    return refused, told


def _all(settings: Settings, names: Names, cluster: Cluster) -> Iterator[Rival]:
    controller = controllers.chosen(settings.ingress.controller)
    if controller is None:
        return
    service = controller.service(settings.ingress.namespace, names)
    # What a change of the settings moves is there under its old name as well, until it has moved.
    own = {*(replace(service, api_version="apps/v1", kind=kind) for kind in WORKLOADS), *cluster.made}
    others = tuple(workload for workload in cluster.workloads or () if workload.object not in own)
    if (known := controller.rivals()) is not None:
        yield from known.rivals(settings, others)
    beside = Beside(names, others, cluster.listed, service in cluster.made)
    yield from chosen(settings.load_balancer).planner().rivals(settings, beside)
    if settings.ingress.default_class:
        made = {thing.name for thing in cluster.made if thing.kind == "IngressClass"}
        yield from _defaults(made, cluster.classes or ())


def _defaults(own: Collection[str], classes: Iterable[IngressClass]) -> Iterator[Rival]:
    """The other classes that are the default: refused unless one of this stack's is it already."""
    made = any(each.name in own and each.default for each in classes)
    for each in classes:
        if each.default and each.name not in own:
            problem = Problem(
                "portico:ingress.defaultClass",
                "True",
                f"IngressClass {each.name} is the default already, and of two the one made last is taken",
                "leave it out, or take the mark from that class",
            )
            yield Rival(problem, refused=not made)
