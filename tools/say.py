"""One line for each step, on stderr: what a command answers goes to stdout alone.

Lines of steps that run side by side never mix.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_lock = threading.Lock()


def say(text: str) -> None:
    with _lock:
        print(f"tools: {text}", file=sys.stderr, flush=True)


class Stopwatch:
    def __init__(self) -> None:
        self._start = time.monotonic()

    def __str__(self) -> str:
        return f"{time.monotonic() - self._start:.0f} s"


@contextmanager
def every(seconds: float, text: Callable[[], str]) -> Iterator[None]:
    """Say `text()` each time so many seconds have passed, until the block ends."""
    done = threading.Event()

    def tell() -> None:
        while not done.wait(seconds):
            say(text())

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
