"""The Kubernetes objects whose creation was under way, found by their names.

Pure but for the calls of the cluster it is given, which only read. Read by the command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..kubernetes.answers import Object
from .deployment import Pending
from .finders import KUBERNETES, State

Read = Callable[[Pending, Object], State | None]
"""The object as its cluster has it; None where it is not there."""

MANAGER = "pulumi-kubernetes-"
"""What the provider's field managers are called (pulumi-kubernetes, server-side apply)."""


def found(wanted: Iterable[Pending], read: Read) -> dict[str, dict[str, Any]]:
    """What Pulumi would have written of those that were made, by URN.

    An object of somebody else's is none of them: the preflight found the name free before its creation was
    under way, so what Pulumi applied there since, with our labels, is this stack's.
    """
    live_objects = [
        (creation, read(creation, identity(creation)))
        for creation in wanted
        if creation.type.startswith(KUBERNETES)
    ]
    return {
        creation.urn: _outputs(creation, live, manager)
        for creation, live in live_objects
        if live is not None and _labelled(creation, live) and (manager := _manager(live))
    }


def identity(creation: Pending) -> Object:
    """Which object it was to be."""
    inputs = creation.state["inputs"]
    metadata = inputs["metadata"]
    return Object(inputs["apiVersion"], inputs["kind"], metadata.get("namespace"), metadata["name"])


def id_of(outputs: Mapping[str, Any]) -> str:
    """The id under which the provider keeps it."""
    metadata = outputs["metadata"]
    space = metadata.get("namespace")
    return f"{space}/{metadata['name']}" if space else str(metadata["name"])


def _labelled(creation: Pending, live: State) -> bool:
    labels = creation.state["inputs"]["metadata"].get("labels") or {}
    return bool(labels.items() <= (live["metadata"].get("labels") or {}).items())


def _manager(live: State) -> str | None:
    entries = live["metadata"].get("managedFields") or ()
    names = [entry["manager"] for entry in entries if entry["operation"] == "Apply"]
    return next((name for name in names if name.startswith(MANAGER)), None)


def _outputs(creation: Pending, live: State, manager: str) -> dict[str, Any]:
    inputs = creation.state["inputs"]
    notes = {"__fieldManager": manager, "__initialApiVersion": inputs["apiVersion"], "__inputs": inputs}
    # What a Secret holds is left to the refresh, which encrypts it.
    fields = {key: value for key, value in live.items() if live["kind"] != "Secret" or key != "data"}
    return {**fields, **notes}
