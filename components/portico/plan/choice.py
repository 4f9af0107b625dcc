"""A decision together with its reason, so that no reason can be forgotten.

Pure: no Pulumi, no network, no clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..later import Later, now

T = TypeVar("T")


@dataclass(frozen=True)
class Choice(Generic[T]):
    """What was chosen, and why."""

    value: T
    because: str


@dataclass(frozen=True)
class Ref:
    """Something of the platform's that the settings name and the program does not make."""

    said: str
    """As in the stack file: an id or a name; empty where it is known only while the program runs."""
    id: str | None
    """None where only a look-up could tell and none was made: an unknown value in that preview."""


_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def is_id(said: str) -> bool:
    """Whether it is an OpenStack id rather than a name: a UUID with or without dashes."""
    return _UUID.fullmatch(said) is not None


def ref(said: str | Later, found: str | None) -> Ref:
    """What was found by a look-up, else the id that was said, else unknown."""
    if isinstance(said, Later):
        return Ref("", None)
    return Ref(said, found or (said if is_id(said) else None))


def by_id(said: str | Later | None) -> Ref | None:
    """What the settings name by its id alone, and no look-up tells; None for nothing."""
    if said is None:
        return None
    known = now(said)
    return Ref(known or "", known)


def name_only(said: str | Later | None) -> str | None:
    """What was said if it is a name: where the platform asks by name, an id needs a look-up."""
    known = now(said)
    return known if known is not None and not is_id(known) else None
