"""Every physical name and description, so that nothing made can be lost from sight.

Pure: no Pulumi, no network, no clock. Read by plan, loadbalancers and platforms: what a stack made can be
listed by its prefix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

LENGTH = 40
"""The most that a prefix may have, so that every name made of it fits a DNS label (63)."""

DIGITS = 8
"""Of a digest: that two of 1000 stacks share one has a chance of 1 in 8600."""


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
    """The names of a Pulumi stack, one-to-one: no other stack has them.

    What a DNS label cannot hold becomes a dash, what is too long is cut off, and a digest of the whole name
    follows two dashes, which a name that fits as it is never has: it has no dash beside another.
    """
    label = re.sub(r"[^a-z0-9]+", "-", stack.lower()).strip("-")
    whole = f"portico-{label}"
    if label == stack and len(whole) <= LENGTH:
        return Names(whole)
    digest = sha256(stack.encode()).hexdigest()[:DIGITS]
    return Names(f"{whole[: LENGTH - DIGITS - 2].rstrip('-')}--{digest}")
