"""Progress lines: what is being done, how long it took.

Writes to one stream, by default standard output. Used by every part of the sandbox that takes more than a
moment; safe to use from several threads.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Prints one line for each finished step, with the seconds since the command began and those of the
    step."""

    patience: float = 4.0
    """Seconds after which a step that is still running is announced, so that a long one is no silence."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """One line, with the seconds since the command began."""
        with self._lock:
            print(f"{time.monotonic() - self._began:6.1f} s  {text}", file=self._stream, flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A piece of work: its line is printed when it is done, or says that it failed."""
        began = time.monotonic()
        announce = threading.Timer(self.patience, self.say, [f"{title} ..."])
        announce.daemon = True
        announce.start()
        try:
            yield
        except BaseException as error:
            # What runs beside it goes on for minutes before anybody says why this one failed.
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            self.say(f"{title}: failed after {time.monotonic() - began:.1f} s: {reason}")
            raise
        finally:
            announce.cancel()
        self.say(f"{title} ({time.monotonic() - began:.1f} s)")
