"""What a stack's state says of an interruption, and the state in which what was made is the stack's own.

Pure but for the calls of the cloud it is given, which only read. Read by the command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from ..problems import Problem, Refused
from .finders import AGAIN, FINDERS, KUBERNETES, Cloud, State


@dataclass(frozen=True)
class Pending:
    """An object whose creation was under way."""

    state: State
    """The resource as the program asked for it; it has neither id nor outputs."""

    @property
    def urn(self) -> str:
        return str(self.state["urn"])

    @property
    def type(self) -> str:
        return str(self.state["type"])

    def __str__(self) -> str:
        return f"{self.type.rpartition(':')[2]} {self.urn.rpartition('::')[2]}"


def pending(deployment: State) -> tuple[Pending, ...]:
    """What was being created. Other operations are settled by a refresh alone."""
    operations = deployment.get("pending_operations") or ()
    return tuple(
        Pending(operation["resource"]) for operation in operations if operation["type"] == "creating"
    )


def search(deployment: State, wanted: Sequence[Pending], cloud: Callable[[Pending], Cloud]) -> dict[str, str]:
    """The ids of those that exist in the cloud, by URN.

    Raises:
        Refused: there are several of one name, or a type that nobody here can look for; all of them at once.
    """
    ours = {resource.get("id") for resource in deployment["resources"]}
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for creation in wanted:
        if creation.type.startswith((*AGAIN, KUBERNETES)):
            continue
        if creation.type not in FINDERS:
            remedy = (
                f"look for {creation}, delete it if it is there, "
                "then `pulumi refresh --clear-pending-creates`"
            )
            problems.append(Problem(creation.urn, "", "whether it was made cannot be looked up here", remedy))
            continue
        existing = [thing.id for thing in FINDERS[creation.type](cloud(creation), creation.state["inputs"])]
        new = [found_id for found_id in existing if found_id not in ours]
        if len(new) > 1:
            rule = f"there are {len(new)} of this name, and only one can be this stack's"
            remedy = "delete those that serve nothing, then run this again"
            problems.append(Problem(creation.urn, ", ".join(new), rule, remedy))
        elif new:
            found[creation.urn] = new[0]
    if problems:
        raise Refused("what was interrupted is not clear", problems)
    return found


def adopted(
    deployment: State, found: Mapping[str, str], outputs: Mapping[str, State] | None = None
) -> dict[str, Any]:
    """The deployment in which those that were found are resources like any other, and nothing is under way.

    Args:
        found: ids by URN.
        outputs: what a platform told of some of them, by URN.
    """
    resources: list[State] = list(deployment["resources"])
    for creation in pending(deployment):
        if creation.urn in found:
            resource = _resource(creation, found[creation.urn], (outputs or {}).get(creation.urn))
            resources = [*_replaced(resources, creation.urn), resource]
    return {**deployment, "resources": _in_order(resources), "pending_operations": []}


def _resource(creation: Pending, id: str, reported: State | None) -> State:
    """What Pulumi would have written; a refresh fills in the rest and keeps what it cannot read back."""
    if reported is not None:
        return {**creation.state, "id": id, "outputs": reported}
    inputs = dict(creation.state["inputs"])
    outputs = {**_without_notes(inputs), "id": id}
    if "userData" in inputs:
        # The provider keeps the checksum instead (terraform-provider-openstack, compute_instance_v2), and
        # Nova never tells the text: without it the host would be replaced.
        outputs["userData"] = sha1(inputs["userData"].encode()).hexdigest()  # noqa: S324
    return {**creation.state, "id": id, "outputs": outputs}


def _without_notes(value: Any) -> Any:
    """Without what the provider notes in inputs alone: which of them are its own defaults."""
    if isinstance(value, dict):
        return {key: _without_notes(item) for key, item in value.items() if key != "__defaults"}
    return [_without_notes(item) for item in value] if isinstance(value, list) else value


def _replaced(resources: Iterable[State], urn: str) -> Iterable[State]:
    """The others; an old one of the same URN is either gone already, or still to be deleted."""
    for resource in resources:
        if resource["urn"] != urn or resource.get("delete"):
            yield resource
        elif not resource.get("pendingReplacement"):
            yield {**resource, "delete": True}


def _in_order(resources: Sequence[State]) -> list[State]:
    """Every resource after those that it needs, as Pulumi wants its state; otherwise as they were."""
    current = {resource["urn"]: resource for resource in resources if not resource.get("delete")}
    done: dict[int, State] = {}

    def visit(resource: State) -> None:
        if id(resource) in done:
            return
        for urn in _needs(resource):
            if urn in current and current[urn] is not resource:
                visit(current[urn])
        done[id(resource)] = resource

    for resource in resources:
        visit(resource)
    return list(done.values())


def _needs(resource: State) -> Iterable[str]:
    yield from filter(None, [resource.get("parent"), resource.get("deletedWith")])
    if provider := resource.get("provider"):
        yield str(provider).rpartition("::")[0]
    yield from resource.get("dependencies") or ()
    for urns in (resource.get("propertyDependencies") or {}).values():
        yield from urns or ()
