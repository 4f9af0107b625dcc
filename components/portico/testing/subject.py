"""What the contract is held against: a kind of load balancer, built from a plan as the program would build
it.

Runs a Pulumi program in memory. Read by the contract and by tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..capabilities import OFFLINE, Capabilities
from ..kinds.face import LoadBalancer
from ..kinds.table import Kind
from ..names import Names
from ..plan.make import Plan, make
from ..settings.model import Settings
from .recorder import Answer, Recorder, Resource, build

NAME = "balancer"
"""What the component is called in the program."""


@dataclass(frozen=True)
class Built:
    """A load balancer and everything that was registered for it."""

    plan: Plan
    recorder: Recorder

    @property
    def component(self) -> Resource:
        """The component itself."""
        return next(resource for resource in self.recorder.registered if resource.name == NAME)

    @property
    def children(self) -> tuple[Resource, ...]:
        """All that was registered below it."""
        return tuple(resource for resource in self.recorder.registered if resource.name != NAME)

    @property
    def face(self) -> Mapping[str, Any]:
        """What the component publishes: address, source_addresses, service, ready, details."""
        return self.recorder.result  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Subject:
    """A row of the table, and what is needed to build it."""

    kind: Kind
    settings: Callable[[int, bool], Settings]
    """A stack file for the kind: with so many nodes and, where asked, a `tcp` listener beside the others."""
    online: Capabilities
    """What a platform that has everything answers."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """What the providers add to what they are asked for, by type token."""
    names: Names = Names("portico-test")  # noqa: RUF009 - a frozen value
    node_groups: frozenset[str] = frozenset()
    """The nodes' security group, as each platform identifies it."""

    def plan(self, nodes: int = 2, can: Capabilities | None = None, direct: bool = False) -> Plan:
        """What is decided for it."""
        return make(self.settings(nodes, direct), can or self.online, self.names)

    def component(self) -> type[LoadBalancer]:
        """The class that builds it."""
        return self.kind.load()

    def build(
        self,
        nodes: int = 2,
        can: Capabilities | None = None,
        preview: bool = False,
        direct: bool = False,
    ) -> Built:
        """What Pulumi is asked for."""
        planned = self.plan(nodes, can, direct)
        return Built(planned, build(lambda: self._program(planned), preview=preview, answers=self.answers))

    def preview_offline(self) -> Built:
        """What is asked for by a preview that nobody has answered a question for."""
        return self.build(can=OFFLINE, preview=True)

    def _program(self, planned: Plan) -> Mapping[str, object]:
        balancer = self.component()(NAME, planned)
        return {
            "address": balancer.address,
            "source_addresses": balancer.source_addresses,
            "service": balancer.service,
            "ready": balancer.ready,
            "details": dict(balancer.details),
        }
