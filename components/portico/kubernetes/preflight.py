"""What is asked of the cluster before anything is made.

May touch Pulumi; only reads. Read by preflight. An `up` needs the answers; a preview goes on without them,
and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pulumi

from ..capabilities import OFFLINE, Capabilities
from ..connections import cluster
from ..ingress.table import NONE
from ..kinds.table import chosen
from ..names import Names
from ..problems import Problem
from ..settings import Settings
from ..state import EXPOSURE, State
from . import cluster as kubernetes
from .answers import Cluster, Object
from .looking import looks
from .objects import needed, node_ports, wanted
from .resting import led_to, obstacles, resting_on, warnings
from .wanted import Wanted


def ask(said: Settings, names: Names, state: State) -> Capabilities:
    """The cluster's answers and what went wrong while asking; nothing in a preview without a cluster."""
    try:
        return _asked(said, names, state)
    except kubernetes.NoAnswer as silence:
        if not pulumi.runtime.is_dry_run():
            return Capabilities(problems=(silence.problem,))
        pulumi.log.warn(f"unknown in this preview, and asked in an `up`: {silence.problem}")
        return OFFLINE


def made(state: State) -> dict[Object, str]:
    """The uid of every Kubernetes object that this component made. Somebody else's part of the program may
    hold an object of the same name, which is not this component's."""
    found: dict[Object, str] = {}
    for resource in state.resources:
        metadata = resource.outputs.get("metadata") or {}
        if resource.type.startswith("kubernetes:") and f"{EXPOSURE}$" in resource.urn and "uid" in metadata:
            thing = Object(
                resource.outputs["apiVersion"],
                resource.outputs["kind"],
                metadata.get("namespace"),
                metadata["name"],
            )
            found[thing] = metadata["uid"]
    return found


def _asked(said: Settings, names: Names, state: State) -> Capabilities:
    if said.kubernetes.later:
        # It is asked when it is known which it is, before anything is made in it.
        return OFFLINE
    there = cluster(said.kubernetes)
    if there is None:
        if pulumi.runtime.is_dry_run():
            pulumi.log.info("no kubeconfig: what only the cluster could tell is unknown in this preview")
            return OFFLINE
        raise kubernetes.NoAnswer(
            Problem(
                kubernetes.KUBECONFIG,
                repr(said.kubernetes.kubeconfig) if said.kubernetes.kubeconfig else "",
                "must name the kubeconfig of the cluster, and there is no such file",
                "or set KUBECONFIG, or put it at ~/.kube/config",
            )
        )
    to_make = wanted(said, names)
    objects = [each.object for each in to_make] + [each.object for each in needed(said, names)]
    answers = kubernetes.ask(there, objects)
    taken = _node_ports(there) if node_ports(said, names) else None
    found = Cluster(answers.standing, answers.known(objects), made(state), taken)
    if said.ingress.controller != NONE:
        found = _beside(there, said, found)
    seen = looks(there, [*led_to(said), *(thing for app in said.apps for thing in resting_on(app))])
    for warning in warnings(said, seen):
        pulumi.log.warn(str(warning))
    return Capabilities(
        cluster=found,
        problems=(*_forbidden(to_make, answers.forbidden), *obstacles(said, seen)),
    )


def _forbidden(to_make: tuple[Wanted, ...], refusals: Mapping[Object, str]) -> Iterator[Problem]:
    """An `up` reads everything that it makes; a preview may have fewer rights."""
    for each in to_make:
        if each.object not in refusals:
            continue
        problem = Problem(
            kubernetes.KUBECONFIG,
            "",
            f"{each.object} may not be read, and `up` makes it: {refusals[each.object]}",
            "give this user the right, or use another one",
        )
        if pulumi.runtime.is_dry_run():
            pulumi.log.warn(f"unknown in this preview: {problem}")
        else:
            yield problem


def _node_ports(there: kubernetes.Cluster) -> dict[int, Object] | None:
    try:
        return kubernetes.node_ports(there)
    except kubernetes.Forbidden as refusal:
        pulumi.log.warn(f"whether the node ports are free could not be asked: {refusal}")
        return None


def _beside(there: kubernetes.Cluster, said: Settings, found: Cluster) -> Cluster:
    """With what else is in the cluster."""
    paths = chosen(said.load_balancer).planner().lists(said)
    try:
        return replace(
            found,
            workloads=kubernetes.workloads(there),
            classes=kubernetes.classes(there),
            listed={path: tuple(kubernetes.listed(there, path)) for path in paths},
        )
    except kubernetes.Forbidden as refusal:
        pulumi.log.warn(f"whether another controller serves the same could not be asked: {refusal}")
        return found
