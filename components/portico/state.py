"""What this stack's state holds: what is there of it is its own, and nothing else is.

May touch Pulumi: asks the engine, which reads its backend; no platform is asked. Read by preflight. A program
cannot see its state otherwise, and the name of a thing does not tell whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

CALL = "pulumi:pulumi:readStackResourceOutputs"
"""The engine's own function that reads a stack's resources from its backend (pulumi/pkg, builtins.go)."""


@dataclass(frozen=True)
class Resource:
    """One resource of the stack, as the last operation left it."""

    urn: str
    type: str
    """`openstack:networking/port:Port`"""
    outputs: Mapping[str, Any]
    """By property, in camelCase; without the id that the engine keeps beside them."""

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


def read() -> State:
    """The state of the stack that runs, as it is when the program begins."""
    name = "/".join((pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()))
    said = pulumi.runtime.invoke(CALL, {"stackName": name}).value["outputs"]
    return State(
        tuple(Resource(urn, kept["type"], kept.get("outputs") or {}) for urn, kept in sorted(said.items()))
    )
