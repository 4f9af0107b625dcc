"""How long clients wait when a host, or a program on it, goes: through the floating IP, on OVN, under load.

The longest gap is from the moment when a request was due that failed or was late, to the moment when the next
one was due that was answered in time: what the unluckiest client would have waited.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.benchmarks import peers
from tests.benchmarks.conftest import Record
from tests.benchmarks.record import Measurement, Series, rounded
from tests.datapath.faults import hosts
from tests.datapath.load import Report
from tests.datapath.vip import under_load
from tests.engine.pair import Pair, until

RATE = 100
"""A calm one for two cores with a cloud, a cluster and this client on them: at 200 the work that a failover
gives the cloud's API made requests wait for each other for up to a second, after the VIP had moved."""
LOAD = f"{RATE} new requests a second through the floating IP."
Fault = Callable[[Pair, int], None]


def failed(reports: Iterable[Report]) -> str:
    """Of how many requests how many failed."""
    every = list(reports)
    return f"{sum(len(each.failed) for each in every)} of {sum(each.sent for each in every)} requests failed"


def gaps(reports: Iterable[Report]) -> tuple[float, ...]:
    return rounded([report.gap for report in reports])


@contextmanager
def changed(pair: Pair, change: Mapping[str, Any]) -> Iterator[None]:
    """The pair runs with other settings while the block does."""
    pair.door.change(change)
    pair.door.up().succeeded()
    try:
        yield
    finally:
        pair.door.change({})
        pair.door.up().succeeded()


def deaths(pair: Pair, times: int, seconds: float) -> tuple[list[Report], list[Report]]:
    """A host dies again and again: what clients saw of its death, and of its coming back."""
    dying, coming = [], []
    for _ in range(times):
        master = pair.holder()
        try:
            with pair.traffic(rate=RATE, patience=5) as client:
                hosts.kill_host(pair, master)
                time.sleep(seconds)  # a program that asks takes time from those that are measured
                until("the other host holds the VIP", lambda dead=master: pair.holds(1 - dead), 60, 1)
                time.sleep(1)
            dying.append(client.stop())
        finally:
            with pair.traffic(rate=RATE) as client:
                hosts.revive_host(pair, master)
                time.sleep(1)
            coming.append(client.stop())
    return dying, coming


def death(series: Series) -> Measurement:
    return Measurement(
        "failover-1-host",
        "An LB host dies",
        "s without an answer",
        "less",
        f"The host that holds the VIP falls silent at once and for good, under {LOAD}",
        (series,),
        bound="fast 0.45 s, steady 0.8 s",
    )


@pytest.mark.parametrize("profile", ["steady", "fast"])
def bench_a_host_dies(pair: Pair, runs: range, record: Record, profile: str) -> None:
    with changed(pair, {"portico:loadBalancer": {"hosts": {"timers": profile}}}):
        dying, coming = deaths(pair, len(runs), 1.5)
    record(death(Series(f"Portico, {profile}", gaps(dying), failed(dying))))
    record(
        Measurement(
            "failover-6-back",
            "A dead LB host comes back",
            "s without an answer",
            "less",
            f"It boots and serves beside the one that took over, under {LOAD}",
            (Series(f"Portico, {profile}", gaps(coming), failed(coming)),),
            bound="0 failed",
        )
    )


@pytest.mark.parametrize("peer", [peers.OCTAVIA, peers.YAWOL], ids=["octavia", "yawol"])
def bench_a_host_with_others_timers_dies(pair: Pair, runs: range, record: Record, peer: peers.Peer) -> None:
    with peers.played(pair, peer):
        dying, _ = deaths(pair, max(3, len(runs) // 4), 2)
    record(death(Series(peer.name, gaps(dying), failed(dying))))


FAULTS: dict[str, tuple[str, str, Fault, float, str]] = {
    "failover-2-frozen": (
        "An LB host stands still for half a second",
        "All its processes are stopped and nothing leaves it for 0.5 s, as in a live migration, under",
        lambda pair, place: hosts.freeze_host(pair, place, 0.5),
        2,
        "moves nothing with steady",
    ),
    "failover-3-haproxy": (
        "HAProxy is killed",
        "SIGKILL for all its processes, under",
        hosts.kill_haproxy,
        3,
        "0.25 s",
    ),
    "failover-4-keepalived": (
        "keepalived is killed",
        "SIGKILL for all its processes, so that it takes no leave, under",
        hosts.kill_keepalived,
        3,
        "no two masters for longer than 1 s",
    ),
    "failover-5-planned": (
        "keepalived is stopped in good order",
        "As before a maintenance, under",
        hosts.stop_keepalived,
        2,
        "0.2 s",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def bench_a_fault_on_the_master(pair: Pair, runs: range, record: Record, name: str) -> None:
    title, how, fault, seconds, bound = FAULTS[name]
    reports, moves, doubled = [], [], []
    for _ in runs:
        seen = under_load(pair, fault, seconds, RATE)
        reports.append(seen.report)
        moves.append(seen.held.moves)
        doubled.append(seen.held.doubled)
        if fault is hosts.stop_keepalived:
            hosts.start_keepalived(pair, seen.master)
    note = f"{failed(reports)}; the VIP moved {min(moves)} to {max(moves)} times a run"
    if max(doubled):
        note += f"; both held it for {max(doubled):.2f} s at most"
    series = (Series("Portico, steady", gaps(reports), note),)
    record(Measurement(name, title, "s without an answer", "less", f"{how} {LOAD}", series, bound=bound))
