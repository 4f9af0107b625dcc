"""A stack file, or the same values from another program, becomes Settings or one refusal with every mistake.

Pure: no Pulumi, no network, no clock. Read by whoever has settings to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..problems import Problem, Refused
from . import agreement, sections
from .model import Ingress, Kubernetes, LoadBalancer, Settings, Wait
from .reader import Reader

SECTIONS = ("kubernetes", "nodes", "ingress", "loadBalancer", "apps", "wait")
"""The sections of a stack file, in the order in which they are read about and complained about."""


def parse(raw: Mapping[str, object], file: str) -> Settings:
    """Reads settings.

    Args:
        raw: The sections by name, without the project's prefix, as JSON would hold them: `{"nodes": {}}`.
        file: Where they come from, for the title of the refusal: `stacks/Pulumi.prod.yaml`.

    Raises:
        Refused: something is wrong; holds every mistake, in the order of SECTIONS.
    """
    read = Reader(raw)
    settings = _settings(read)
    read.close()
    agreement.check(read, settings)
    if read.problems:
        count = f"{len(read.problems)} settings are" if len(read.problems) > 1 else "1 setting is"
        raise Refused(f"{file}: {count} wrong", sorted(read.problems, key=_section))
    return settings


def _settings(read: Reader) -> Settings:
    read.require("loadBalancer", remedy="say at least its `type`")
    kubernetes = read.section("kubernetes", sections.kubernetes, Kubernetes())
    balancer = read.section("loadBalancer", sections.load_balancer, LoadBalancer(type=""))
    by_group = balancer.aws is not None and balancer.aws.auto_scaling_group is not None
    # Where the type is unknown, nothing can be missed.
    listed = bool(balancer.type) and not by_group and read.sound("loadBalancer", "aws")
    if sections.inside(balancer.type):
        remedy = "leave it out: a load balancer inside the cluster knows the nodes itself"
        read.refuse("nodes", rule=f"may not be given with `type: {balancer.type}`", remedy=remedy)
    elif listed:
        read.require("nodes", remedy="say who the backends are, beginning with `from`")
    nodes = partial(sections.nodes, type=balancer.type, listed=listed, by_group=by_group)
    return Settings(
        kubernetes=kubernetes,
        nodes=read.section("nodes", nodes, default=None),
        ingress=read.section("ingress", sections.ingress, Ingress()),
        load_balancer=balancer,
        apps=sections.apps(read, "apps"),
        wait=read.section("wait", sections.wait, Wait()),
    )


def _section(problem: Problem) -> int:
    name = problem.path.removeprefix("portico:").partition(".")[0].partition("[")[0]
    return SECTIONS.index(name) if name in SECTIONS else len(SECTIONS)
