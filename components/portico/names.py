"""Every physical name and description, so that nothing made can be lost from sight.

Pure: no Pulumi, no network, no clock. Read by the plans and the components: what a stack made can be
listed by its prefix.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256

LENGTH = 40
"""The most that a prefix may have, so that every name made of it fits a DNS label (63)."""

DIGITS = 8
"""Of a stack's digest: that two of 1000 stacks share one has a chance of 1 in 8600."""

MORE_DIGITS = 10
"""Of the digest of project, stack and component. Another number of digits than a stack's has: so neither is
ever the other."""

PROGRAM = "portico"
"""The project and the component of Portico's own program: its names come of the stack alone."""


@dataclass(frozen=True)
class Names:
    """The names of one stack's objects."""

    prefix: str
    """A DNS label of at most 40 characters: `portico-<stack>` for the program itself."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", self.prefix):
            raise ValueError(f"{self.prefix!r} is no DNS label of at most 40 characters")

    def of(self, *parts: str | int) -> str:
        """The name of a part: `of("host", 1)` is `portico-prod-host-1`."""
        return "-".join([self.prefix, *map(str, parts)])

    def description(self, what: str) -> str:
        """A description for objects that carry one."""
        return f"{what} (Portico, {self.prefix})"


def for_component(project: str, stack: str, component: str) -> Names:
    """The names of a component of a Pulumi program, one-to-one: no other component, stack or project has any.

    Those of Portico's own program are its stack's. Every other prefix says stack and component, as far as
    there is room, and ends with two dashes and a digest of all three.
    """
    if project == component == PROGRAM:
        return for_stack(stack)
    whole = f"portico-{_label(stack)}-{_label(component)}"
    return _told_apart(whole, json.dumps([project, stack, component]), MORE_DIGITS)


def for_stack(stack: str) -> Names:
    """The names of a stack of Portico's own program, one-to-one: no other stack has them.

    What a DNS label cannot hold becomes a dash, what is too long is cut off, and a digest of the whole name
    follows two dashes, which a name that fits as it is never has: it has no dash beside another.
    """
    label = _label(stack)
    whole = f"portico-{label}"
    if label == stack and len(whole) <= LENGTH:
        return Names(whole)
    return _told_apart(whole, stack, DIGITS)


def _label(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _told_apart(whole: str, identity: str, digits: int) -> Names:
    readable = re.sub("-+", "-", whole)[: LENGTH - digits - 2].rstrip("-")
    return Names(f"{readable}--{sha256(identity.encode()).hexdigest()[:digits]}")
