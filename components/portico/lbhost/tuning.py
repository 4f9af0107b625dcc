"""How HAProxy asks the nodes, chooses among them, and lets go of old connections after a change.

Pure: no Pulumi, no network, no clock. Read by fleet and haproxy; made by kinds.openstack_haproxy. Why each
value: docs/lb-host.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..traffic import Checking

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY

MANY_CHANGES = 50
"""How many workers from before a change may last at most, where nothing else is said."""

MOST_CHANGES = 500

WORKER_MIB = 4.0
"""What a worker that stays holds by itself, in MiB, with what is shared counted once (docs/measurements.md,
Workers from before a change)."""

SERVER_MIB = 0.006
"""What each line `server` of its file adds to that."""

WORKERS_MIB = 210
"""What the workers from before may hold together: a host of 512 MiB has twice as much left."""

BALANCES = ("roundrobin", "leastconn", "source")
"""HAProxy manual, balance."""


def changes_that_fit(backends: int, listeners: int) -> int:
    """How many workers from before a change the memory of a small host bears.

    Args:
        backends: how many nodes; each has a line for its check and one for each listener.
    """
    worker = WORKER_MIB + SERVER_MIB * backends * (1 + listeners)
    return max(1, min(MANY_CHANGES, int(WORKERS_MIB / worker)))


@dataclass(frozen=True)
class Tuning:
    """What fits a network of one data centre, unless something else is said."""

    checking: Checking = field(default_factory=Checking)
    balance: str = "roundrobin"
    """One of BALANCES."""
    connect_milliseconds: int = 200
    """How long a node may take to accept a connection, 50..60000."""
    drain_seconds: int = DAY
    """How long a worker from before a change keeps its connections at most, 60 s to a week."""
    drain_changes: int = MANY_CHANGES
    """Until how many changes later, 1..500."""
