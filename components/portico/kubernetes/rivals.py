"""Who else in the cluster would serve, or give an address to, what this stack makes.

Pure: no Pulumi, no network, no clock. Read by planning. Which programs those are is told by the controller's
folder and by the kind's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from ..ingress import table as controllers
from ..kinds.table import chosen
from ..names import Names
from ..problems import Problem
from ..settings.model import Settings
from .answers import Cluster, IngressClass
from .beside import Rival

EVERYBODY = IPv4Network("0.0.0.0/0")
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
    own = {replace(service, api_version="apps/v1", kind=kind) for kind in WORKLOADS}
    others = [workload for workload in cluster.workloads or () if workload.object not in own]
    if (known := controller.rivals()) is not None:
        yield from known.rivals(settings, others)
    yield from chosen(settings.load_balancer).planner().rivals(settings, others, service in cluster.made)
    if settings.ingress.default_class:
        yield from _defaults(settings.ingress.ingress_class, cluster.classes or ())


def _defaults(here: str, classes: Iterable[IngressClass]) -> Iterator[Rival]:
    """The other classes that are the default: refused unless this one is it already."""
    made = any(each.name == here and each.default for each in classes)
    for each in classes:
        if each.default and each.name != here:
            problem = Problem(
                "portico:ingress.defaultClass",
                "True",
                f"IngressClass {each.name} is the default already, and of two the one made last is taken",
                "leave it out, or take the mark from that class",
            )
            yield Rival(problem, refused=not made)
