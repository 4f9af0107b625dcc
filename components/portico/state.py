"""What this stack's state holds: what is there of it is its own, and nothing else is.

May touch Pulumi: asks the engine, which reads its backend; no platform is asked. Read by planning,
memory, both preflights, kinds and ingress. A program cannot see its state otherwise, and the name of a thing
does not tell whose it is.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pulumi

from .problems import Problem, Refused

EXPOSURE = "portico:index:Exposure"
"""The type of the component; what it made has a URN whose types begin with it."""

CALL = "pulumi:pulumi:readStackResourceOutputs"
"""The engine's own function that reads a stack's resources from its backend (pulumi/pkg, builtins.go)."""

HALF_WRITTEN = "failed to load checkpoint"
"""What the engine says of a state that it is writing in this moment: it begins an `up` with that, and a
backend of files replaces its two files one after the other."""

TRIES, PAUSE = 50, 0.1
"""How often such a state is read again, and after how many seconds."""


@dataclass(frozen=True)
class Resource:
    """One resource of the stack, as the last operation left it."""

    urn: str
    type: str
    """`openstack:networking/port:Port`"""
    outputs: Mapping[str, Any]
    """By property, in camelCase; with real providers the id is among them."""

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class State:
    """The whole stack. Empty before the first `up`."""

    resources: tuple[Resource, ...] = ()

    def of(self, type: str) -> tuple[Resource, ...]:
        """The resources of a type."""
        return tuple(resource for resource in self.resources if resource.type == type)


_read: ContextVar[State] = ContextVar("state")


def read() -> State:
    """The state of the stack that runs, as it was when the program first asked.

    Raises:
        Refused: the backend cannot read it.
    """
    if (before := _read.get(None)) is None:
        before = _ask()
        _read.set(before)
    return before


def _ask() -> State:
    name = "/".join((pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()))
    reason = ""
    for _ in range(TRIES):
        try:
            listing = pulumi.runtime.invoke(CALL, {"stackName": name}).value["outputs"]
        except Exception as error:  # noqa: BLE001 - an invoke raises nothing narrower
            reason = str(error)
            if HALF_WRITTEN not in reason:
                break
            time.sleep(PAUSE)
        else:
            entries = sorted(listing.items())
            return State(
                tuple(Resource(urn, entry["type"], entry.get("outputs") or {}) for urn, entry in entries)
            )
    remedy = "run `python -m portico.recovery --stack STACK`, or look with `pulumi stack export`"
    problem = Problem("the stack's state", repr(name), reason.splitlines()[0], remedy)
    raise Refused("the stack's state cannot be read; nothing was made", [problem])
