"""How a worker or a pod comes and goes: when the first request reaches it, and how many fail when it dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.lifecycle import Sandbox
from tests.benchmarks.bench_failover import LOAD, RATE, changed, failed
from tests.benchmarks.conftest import Record
from tests.benchmarks.record import Measurement, Series, rounded
from tests.datapath.faults import members
from tests.datapath.faults.payload import GENERATION
from tests.datapath.load import Report
from tests.engine.door import base
from tests.engine.pair import Pair, until

NEW = "w3"
COMES = """\
`nodes.from: cidr`: from the moment when it answers on the network, with no `up` at all; otherwise from the
last moment at which Nova still told the hosts' old metadata. It tells each host what it told it before for
as long as the row says.""".replace("\n", " ")
CACHE = 1
"""For so many seconds the sandbox's Nova tells a host what it told it before; Nova's own default is 15."""
CHECKS = "checks every 1 s, 2 failures"


def pod_on(pair: Pair, node: str) -> str:
    name: str = members.controllers(pair)[node]["metadata"]["name"]
    return name


def first_served(report: Report, begun: float, pod: str, since: float) -> float:
    """Seconds from a moment (of the monotonic clock) until a request left that this pod answered."""
    return (
        min(each.at for each in report.requests if each.by == pod and begun + each.at >= since)
        + begun
        - since
    )


EVERYBODY = {"portico:nodes": {"from": "cidr", "cidr": "10.20.0.8/29", "addresses": None}}
"""The members are whoever answers in the workers' subnet; no `up` has to say who came."""


def coming(series: Series) -> Measurement:
    return Measurement(
        "worker-1-comes",
        "From a new worker to the first request through it",
        "s",
        "less",
        COMES,
        (series,),
        bound="cidr 5 s, `up` 20 s",
    )


def bench_a_worker_appears_in_the_subnet(pair: Pair, runs: range, record: Record) -> None:
    seconds = []
    with changed(pair, EVERYBODY):
        pod = pod_on(pair, NEW)
        for _ in runs:
            with pair.traffic(rate=RATE) as client:
                with members.stop_worker(pair.sandbox, NEW):
                    time.sleep(4)
                since = time.monotonic()
                time.sleep(10)
            report = client.stop()
            seconds.append(first_served(report, client.begun, pod, since))
    record(coming(Series("Portico, cidr", rounded(seconds, 2))))


def generations(pair: Pair) -> list[str]:
    """What Nova says that the hosts are told to serve."""
    with pair.cloud() as cloud:
        servers: list[Any] = [cloud.compute.get_server(each) for each in pair.details["hosts"]]
    return [server.metadata[GENERATION] for server in servers]


def last_unchanged(pair: Pair, before: list[str]) -> float:
    """Waits for others; the last moment, by the monotonic clock, at which Nova still told those.

    Its API answers late while it is busy, so the change itself came up to a second after that.
    """
    end = time.monotonic() + 120
    unchanged = asked = time.monotonic()
    while generations(pair) == before:
        assert asked < end, "Nova was not told anything new"
        unchanged = asked
        time.sleep(0.2)
        asked = time.monotonic()
    return unchanged


@contextmanager
def remembering(sandbox: Sandbox, seconds: int) -> Iterator[None]:
    """Nova's metadata service tells a host what it told it before, for so long; as before in the end."""
    conf = sandbox.openstack.site.etc("nova/nova.conf")
    usual = conf.read_text()
    setting = "metadata_cache_expiration = "
    assert f"{setting}{CACHE}\n" in usual
    try:
        _reads(sandbox, conf, usual.replace(f"{setting}{CACHE}\n", f"{setting}{seconds}\n"))
        yield
    finally:
        _reads(sandbox, conf, usual)


def _reads(sandbox: Sandbox, conf: Path, text: str) -> None:
    if conf.read_text() != text:
        conf.write_text(text)
        sandbox.supervisor.stop(["nova-metadata"])
        sandbox.openstack.ensure_running()


@pytest.mark.parametrize("cache", [CACHE, 15])
def bench_up_adds_a_worker(pair: Pair, runs: range, record: Record, cache: int) -> None:
    nodes, seconds = base()["portico:nodes"]["addresses"], []
    pod = pod_on(pair, NEW)
    with remembering(pair.sandbox, cache):
        for _ in range(max(3, len(runs) // 4)):
            pair.door.change({"portico:nodes": {"addresses": nodes[:2]}})
            pair.door.up().succeeded()
            with ThreadPoolExecutor() as pool, pair.traffic(rate=RATE) as client:
                unchanged = pool.submit(last_unchanged, pair, generations(pair))
                pair.door.change({})
                pair.door.up().succeeded()
            seconds.append(first_served(client.stop(), client.begun, pod, unchanged.result()))
    record(coming(Series(f"Portico, up, {cache} s of cache", rounded(seconds, 2))))


def cut_off(pair: Pair) -> None:
    with members.stop_worker(pair.sandbox, NEW):
        time.sleep(5)


def pod_killed(pair: Pair) -> None:
    members.kill_pod(pair, NEW)
    time.sleep(2)


def pod_deleted(pair: Pair) -> None:
    gone = pod_on(pair, NEW)
    members.delete_pod(pair, NEW)
    until("another pod is ready", lambda: NEW in members.controllers(pair) and pod_on(pair, NEW) != gone, 60)


def nothing(pair: Pair) -> None:
    """Every run finds what the one before it left."""


def drained(pair: Pair) -> None:
    with members.move_pod_off_node(pair, NEW):
        time.sleep(3)


def slowest(reports: Iterable[Report]) -> float:
    """Seconds from when a request was due until its answer was there."""
    return max(each.took for report in reports for each in report.requests if not each.failure)


Way = Callable[[Pair], None]
WAYS: dict[str, tuple[Way, Way]] = {
    "its link is cut": (nothing, cut_off),
    # A pod whose process dies again and again is started again later each time, so each run has a new one.
    "the controller's process on it is killed": (pod_deleted, pod_killed),
    "the controller's pod on it is deleted": (nothing, pod_deleted),
    "it is drained: the controller leaves it, and comes back": (nothing, drained),
}
"""What is done before each run, and what is measured."""


@pytest.mark.parametrize("way", WAYS)
def bench_a_worker_goes(pair: Pair, runs: range, record: Record, way: str) -> None:
    before, goes = WAYS[way]
    reports = []
    for _ in runs:
        before(pair)
        with pair.traffic(rate=RATE) as client:
            goes(pair)
        reports.append(client.stop())
        until("every pod is ready", lambda: len(members.controllers(pair)) == 3, 60)
    record(
        Measurement(
            "worker-2-goes",
            "One of three workers goes",
            "requests failed a run",
            "less",
            f"What happens to the worker is named in each row; {CHECKS}; {LOAD}",
            (
                Series(
                    f"Portico: {way}",
                    tuple(float(len(each.failed)) for each in reports),
                    f"{failed(reports)}; the slowest answer took {slowest(reports):.2f} s",
                ),
            ),
            bound="drained: 0",
        )
    )
