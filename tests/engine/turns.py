"""Who runs beside whom: two processes run the tests of this tier in one sandbox, and some want it alone.

Read by this folder's conftest.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def turn(folder: Path, alone: bool) -> Iterator[None]:
    """Beside others, or alone: then it waits for them, and those that come later wait for it."""
    with (folder / "queue").open("w") as queue, (folder / "room").open("w") as room:
        fcntl.flock(queue, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(queue, fcntl.LOCK_UN)
        yield


def wants_to_be_alone(item: pytest.Item) -> bool:
    """Whether it says so: it changes what all may have, or counts what clients get."""
    return item.get_closest_marker("alone") is not None
