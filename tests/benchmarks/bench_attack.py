"""What other clients notice while one source holds 5000 connections: through the floating IP, on OVN."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

from tests.benchmarks.bench_failover import LOAD, RATE, failed
from tests.benchmarks.conftest import Record
from tests.benchmarks.record import Measurement, Series, rounded
from tests.datapath.holding import Holding, holding
from tests.datapath.load import Report
from tests.engine.pair import CLIENT, INSIDE, Pair

CONNECTIONS = 5000
"""More than a host holds in the whole, which is 4000 by default."""
SLICE = 6
"""Seconds of load that count as a run: 20 are two minutes."""


def bench_attack_of_one_source(pair: Pair, runs: range, record: Record) -> None:
    calm = watched(pair, runs)
    door = pair.door
    held = Holding(door.outputs()["address"], door.host, connections=CONNECTIONS, source=CLIENT)
    with holding(held, INSIDE) as attack:
        attacked = watched(pair, runs)
    assert attack.most > 1000, "the source holds too little to be an attack"
    assert attack.refused, "the source got all it wanted"
    note = f"the source was refused {attack.refused} of {attack.tried} times and held {attack.most} at most"
    how = (
        f"One source opens {CONNECTIONS} connections, reads an answer and its end on each and never closes; "
        f"hosts.maxConnections is 4000; {SLICE} s a run, {LOAD}"
    )
    for name, title, figure, bound in (
        ("attack-1-p50", "Half of the requests of others within, under attack", p50, ""),
        ("attack-2-p99", "99 of 100 requests of others within, under attack", p99, "0 failed, twice calm"),
    ):
        series = (
            Series("Portico, under attack", figures(attacked, figure), f"{failed([attacked])}; {note}"),
            Series("Portico, calm", figures(calm, figure), failed([calm])),
        )
        record(Measurement(name, title, "ms", "less", how, series, bound))


def watched(pair: Pair, runs: range) -> Report:
    """What others got in that many runs."""
    with pair.traffic(rate=RATE) as client:
        time.sleep(SLICE * len(runs))
    return client.stop()


def figures(report: Report, figure: Callable[[Sequence[float]], float]) -> tuple[float, ...]:
    """One for each run, in ms, of the requests that were answered."""
    runs: dict[int, list[float]] = {}
    for request in report.requests:
        if not request.failure:
            runs.setdefault(int(request.at // SLICE), []).append(request.took * 1000)
    return rounded([figure(took) for took in runs.values() if len(took) >= SLICE * RATE // 2], 1)


p50 = statistics.median


def p99(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=100)[98]
