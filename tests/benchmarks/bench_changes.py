"""What clients see of changes, through the whole way: `pulumi up`, metadata, agent, reload."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any

from tests.benchmarks.bench_failover import failed, gaps
from tests.benchmarks.conftest import Record
from tests.benchmarks.record import Measurement, Series
from tests.datapath import load
from tests.datapath.faults import hosts
from tests.datapath.lasting import Lasting, Report, lasting
from tests.engine.door import base, merged
from tests.engine.pair import CLIENT, INSIDE, Pair

Change = Mapping[str, Any]

RATE = 200
LOAD = f"{RATE} new requests a second through the floating IP."


def hosts_are(**settings: Any) -> Change:
    return {"portico:loadBalancer": {"hosts": settings}}


def workers(pair_base: Mapping[str, Any], count: int) -> Change:
    return {"portico:nodes": {"addresses": pair_base["portico:nodes"]["addresses"][:count]}}


def reloads() -> list[Change]:
    """Changes that reload HAProxy or keepalived and touch nothing behind them; the last restores all."""
    said = base()
    every = [
        workers(said, 2),
        hosts_are(timers="fast"),
        hosts_are(maxConnections=3000),
        workers(said, 3),
        hosts_are(timers="steady"),
        workers(said, 1),
        hosts_are(maxConnections=4000),
        workers(said, 3),
    ]
    return list(_added_up(every))


def ports(pair: Pair) -> list[Change]:
    """A listener more, and it goes again: the controller is rolled out anew for each."""
    said, own = base(), pair.door.own["portico:ingress"]["nodePorts"]
    listeners = said["portico:loadBalancer"]["listeners"]
    more = {
        "portico:loadBalancer": {"listeners": [*listeners, {"name": "more", "port": 8080}]},
        "portico:ingress": {"nodePorts": {**own, "more": own["http"] + 3}},
    }
    return [more, {}]


def _added_up(changes: list[Change]) -> Iterator[Change]:
    so_far: Change = {}
    for change in changes:
        so_far = merged(so_far, change)
        yield so_far


@contextmanager
def open_connections(pair: Pair) -> Iterator[Report]:
    wanted = Lasting(pair.door.outputs()["address"], pair.door.host, source=CLIENT)
    with lasting(wanted, INSIDE) as report:
        yield report


def apply(pair: Pair, changes: list[Change]) -> tuple[list[load.Report], tuple[float, ...]]:
    """Each change by an `up` under load: what clients saw of it, and the seconds that it took."""
    reports, took = [], []
    for change in changes:
        pair.door.change(change)
        with pair.traffic(rate=RATE) as client:
            took.append(round(pair.door.up().succeeded().seconds, 1))
        reports.append(client.stop())
    return reports, tuple(took)


def bench_changes_under_load(pair: Pair, runs: range, record: Record) -> None:
    """Twice as many changes as runs, and half as many of ports; then what a restart would cost."""
    few, many = max(2, len(runs) // 2), max(len(reloads()), 2 * len(runs))
    with open_connections(pair) as kept:
        reloaded, reload_seconds = apply(pair, list(islice(cycle(reloads()), many)))
        apply(pair, [{}])
    listened, listen_seconds = apply(pair, list(islice(cycle(ports(pair)), few)))
    apply(pair, [{}])
    with pair.traffic(rate=RATE) as client:
        hosts.restart_haproxy(pair, pair.holder())
        time.sleep(3)
    restart = client.stop()
    assert restart.failed or restart.slow, "the load does not notice a restart, so it proves nothing"
    broken = f"{len(kept.broken)} of {kept.connections} lasting connections broke"
    record(
        Measurement(
            "change-1-reloads",
            "A change of workers, timers, limits or ports",
            "s without an answer",
            "less",
            f"`pulumi up` for each, under {LOAD}",
            (
                Series("Portico: workers, timers, limits", gaps(reloaded), f"{failed(reloaded)}; {broken}"),
                Series("Portico: listeners", gaps(listened), failed(listened)),
                Series("HAProxy restarted once instead", gaps([restart]), failed([restart])),
            ),
            bound="0 failed, no lasting connection broken",
        )
    )
    record(
        Measurement(
            "change-2-seconds",
            "How long a change takes",
            "s of `pulumi up`",
            "less",
            "From the beginning of `pulumi up` until both hosts say on their consoles that they serve it.",
            (
                Series("Portico: workers, timers, limits", reload_seconds),
                Series("Portico: listeners (with a rollout of the controller)", listen_seconds),
            ),
        )
    )
