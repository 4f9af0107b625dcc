"""What is asked of the cluster before anything is made.

May touch Pulumi; only reads. Read by preflight. An `up` needs the answers; a preview goes on without them,
and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

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
from .resting import Looks, led_to, obstacles, resting_on, warnings
from .wanted import Wanted

T = TypeVar("T")


def ask(said: Settings, names: Names, state: State) -> Capabilities:
    """The cluster's answers and what went wrong while asking; nothing in a preview without a cluster."""
    try:
        return _asked(said, names, state)
    except kubernetes.NoAnswer as silence:
        if not pulumi.runtime.is_dry_run():
            return Capabilities(problems=(silence.problem,))
        return Capabilities(warnings=(f"unknown in this preview, and asked in an `up`: {silence.problem}",))


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
    told: list[str] = []
    taken = None
    if node_ports(said, names):
        taken = _unless_forbidden(
            lambda: kubernetes.node_ports(there), "whether the node ports are free", told
        )
    found = Cluster(answers.standing, answers.known(objects), made(state), taken)
    if said.ingress.controller != NONE:
        found = _beside(there, said, found, told)
    seen = _seen(there, said, told)
    problems = [*_forbidden(to_make, answers.forbidden, told), *obstacles(said, seen)]
    told.extend(str(warning) for warning in warnings(said, seen))
    return Capabilities(cluster=found, problems=tuple(problems), warnings=tuple(told))


def _forbidden(
    to_make: tuple[Wanted, ...], refusals: Mapping[Object, str], told: list[str]
) -> Iterator[Problem]:
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
            told.append(f"unknown in this preview: {problem}")
        else:
            yield problem


def _beside(there: kubernetes.Cluster, said: Settings, found: Cluster, told: list[str]) -> Cluster:
    """With what else is in the cluster, each as far as it may be listed."""
    what = "whether another controller serves the same"
    listed = {}
    for path in chosen(said.load_balancer).planner().lists(said):
        things = _unless_forbidden(partial(_listed, there, path), f"what stands at {path}", told)
        if things is not None:
            listed[path] = things
    return replace(
        found,
        workloads=_unless_forbidden(lambda: kubernetes.workloads(there), what, told),
        classes=_unless_forbidden(
            lambda: kubernetes.classes(there), "whether there is a default ingress class", told
        ),
        listed=listed,
    )


def _listed(there: kubernetes.Cluster, path: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(kubernetes.listed(there, path))


def _unless_forbidden(asks: Callable[[], T], what: str, told: list[str]) -> T | None:
    try:
        return asks()
    except kubernetes.Forbidden as refusal:
        told.append(f"{what} could not be asked: {refusal}")
        return None


def _seen(there: kubernetes.Cluster, said: Settings, told: list[str]) -> Looks:
    """What applications and listeners rest on. The cluster has answered already, so that a question that it
    does not take is no reason to stop."""
    try:
        return looks(there, [*led_to(said), *(thing for app in said.apps for thing in resting_on(app))])
    except kubernetes.NoAnswer as silence:
        told.append(f"what applications rest on could not be asked: {silence.problem}")
        return {}
