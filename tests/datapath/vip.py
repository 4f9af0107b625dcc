"""What a fault does: which requests of clients failed, and who held the VIP when, watched on the hosts."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.datapath.faults.hosts import GUEST
from tests.datapath.load import Report
from tests.engine.pair import Pair, entered
from tools import places

Span = tuple[float, float]


@dataclass
class Held:
    """When each host held the VIP, by its place; in seconds since 1970. Complete once the watch has ended."""

    spans: list[list[Span]] = field(default_factory=list)

    @property
    def doubled(self) -> float:
        """The longest time for which two hosts held it at once, in seconds."""
        first, second = self.spans
        return max([0.0, *(min(a[1], b[1]) - max(a[0], b[0]) for a in first for b in second)])

    @property
    def moves(self) -> int:
        """How often a host took it."""
        return sum(len(spans) for spans in self.spans) - 1


@contextmanager
def watched(pair: Pair) -> Iterator[Held]:
    """Watches a pair's hosts while the block runs. A host that dies meanwhile held it until the end."""
    vip, held = pair.details["vip"], Held()
    watchers = [
        subprocess.Popen(
            entered(server, sys.executable, GUEST, "watch", vip),
            cwd=places.CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for server in pair.details["hosts"]
    ]
    for watcher in watchers:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "watching\n"
    try:
        yield held
    finally:
        said = [watcher.communicate(timeout=30)[0] for watcher in watchers]
    held.spans = [[(start, end) for start, end in json.loads(each)] for each in said]


@dataclass(frozen=True)
class Seen:
    """What was seen of a fault on the host that held the VIP."""

    report: Report
    held: Held
    master: int
    """The host that held the VIP before."""


def under_load(pair: Pair, fault: Callable[[Pair, int], object], seconds: float, rate: float = 100) -> Seen:
    """Does something to the host that holds the VIP, under load, and looks on for so many seconds."""
    master = pair.holder()
    with watched(pair) as held, pair.traffic(rate=rate, patience=5) as client:
        fault(pair, master)
        time.sleep(seconds)
    return Seen(client.stop(), held, master)
