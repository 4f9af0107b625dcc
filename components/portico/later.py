"""A value that is known only while the program runs, such as the id of a network made in the same program.

Pure: no Pulumi, no network, no clock. Read by settings and by whoever reads them; inputs makes it of every
Pulumi Output among the arguments, and planning plans a second time when all of them are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Later:
    """Stands for such a value in the settings: it is carried, and never read."""

    output: object
    """A Pulumi Output."""


def now(value: T | Later | None) -> T | None:
    """The value if it is known already."""
    return None if isinstance(value, Later) else value
