"""Names of nodes as the files of an LB host can hold them.

Pure: no Pulumi, no network, no clock. Read by the plan. A cloud lets servers share a name, and lets a name
hold anything; HAProxy takes no space, no second server of one name, and guard.word no more than 63 signs. A
name that fits stays what it is, so that no file changes that could be written before.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from ..traffic import Backend
from .guard import word

ROOM = 63 - len("-255-255-255-255")
"""What an address leaves of a name."""


def fitting(backends: tuple[Backend, ...]) -> tuple[Backend, ...]:
    """The same nodes under names that fit and are there once: what does not gets its address behind it."""
    names = [backend.name if _fits(backend.name) else _with_address(backend) for backend in backends]
    # The second time for a name that was somebody's own and is now another's with its address.
    for _ in range(2):
        twice = {name for name, count in Counter(names).items() if count > 1}
        names = [
            _with_address(replace(backend, name=name)) if name in twice else name
            for name, backend in zip(names, backends, strict=True)
        ]
    return tuple(replace(backend, name=name) for name, backend in zip(names, backends, strict=True))


def _fits(name: str) -> bool:
    try:
        return bool(word(name))
    except ValueError:
        return False


def _with_address(backend: Backend) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", backend.name).strip("-._")[:ROOM] or "node"
    return f"{plain}-{str(backend.address).replace('.', '-')}"
