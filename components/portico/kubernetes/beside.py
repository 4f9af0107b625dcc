"""What runs in the cluster beside this stack, and what it is told on its command line.

Pure: no Pulumi, no network, no clock. Read by whoever looks for rivals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..names import Names
from ..problems import Problem
from .answers import Container, Workload


@dataclass(frozen=True)
class Beside:
    """What else is in the cluster."""

    names: Names
    """Of this stack's own objects."""
    workloads: tuple[Workload, ...]
    """Without this stack's controller."""
    listed: Mapping[str, tuple[Mapping[str, Any], ...]]
    """By path: what the kind wanted to have listed."""
    standing: bool
    """Whether the controller's Service stands already."""


@dataclass(frozen=True)
class Rival:
    """Somebody else who serves what this stack makes."""

    problem: Problem
    past: bool = False
    """Whether clients get past `allowedClients` through it: refused where those are not everybody."""
    refused: bool = False
    """Whether it is refused whoever the clients are; else it is only said."""


def options(container: Container) -> Mapping[str, str]:
    """The options on its command line, in small letters and without dashes; one without a value is `true`.

    An option and its value may be one word or two.
    """
    found: dict[str, str] = {}
    words: Sequence[str] = container.words
    for index, word in enumerate(words):
        if not word.startswith("-"):
            continue
        name, equals, value = word.lstrip("-").partition("=")
        following = words[index + 1] if index + 1 < len(words) else "-"
        found[name.lower()] = value if equals else "true" if following.startswith("-") else following
    return found


def is_true(value: str | None) -> bool:
    """As Go reads a flag (strconv.ParseBool)."""
    return (value or "").lower() in ("1", "t", "true")
