"""Every physical name and description, so that nothing made can be lost from sight.

Pure: no Pulumi, no network, no clock. Read by plan, loadbalancers and platforms: what a stack made can be
listed by its prefix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """The names of one stack's objects."""

    prefix: str
    """A DNS label of at most 40 characters, unique in the project: `portico-<stack>`."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", self.prefix):
            raise ValueError(f"{self.prefix!r} is no DNS label of at most 40 characters")

    def of(self, *parts: str | int) -> str:
        """The name of a part: `of("host", 1)` is `portico-prod-host-1`."""
        return "-".join([self.prefix, *map(str, parts)])

    def description(self, what: str) -> str:
        """A description for objects that carry one."""
        return f"{what} (Portico, {self.prefix})"


def for_stack(stack: str) -> Names:
    """The names of a Pulumi stack: what a DNS label cannot hold becomes a dash."""
    label = re.sub(r"[^a-z0-9]+", "-", stack.lower()).strip("-")
    return Names(f"portico-{label}"[:40].rstrip("-"))
