"""How fast a host of Portico's passes requests on, beside a hand-written HAProxy and nginx, PROXY on for all.

All stand on one host of a lab (lab.py); clients, host and nodes share its cores. Each names the client to the
node, which is checked before anything is measured, and no request may fail. They are asked in turn, a second
each and many times: a machine's speed drifts by a fifth within minutes, and what differs between neighbouring
seconds, again and again, is the program. `--beside COMMIT` measures what Portico was at a commit, too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pytest

from tests.benchmarks import contenders, lab
from tests.benchmarks.conftest import Record
from tests.benchmarks.contenders import Contender
from tests.benchmarks.lab import Answers, Lab, Load
from tests.benchmarks.processes import Process
from tests.benchmarks.record import Better, Measurement, Series, paired, rounded

KEPT = Load(connections=64)
NEW = Load(connections=64, options=("--header", "Connection: close"))
CALM = Load(connections=100, pause=50)

PLACE = "three nodes behind one host, clients, host and nodes in network namespaces of one machine."
FLAT_OUT = "64 clients ask as fast as they are answered, 1 s a run"


@dataclass(frozen=True)
class Run:
    """One load through one contender."""

    answers: Answers
    cpu: float
    """Seconds that the contender's processes spent."""

    @property
    def cpu_per_request(self) -> float:
        """µs"""
        return self.cpu / self.answers.requests * 1e6


@dataclass(frozen=True)
class Field:
    """The contenders on their host, ready."""

    lab: Lab
    running: Sequence[tuple[Contender, Process]]

    def runs(self, load: Load, runs: range) -> Mapping[Contender, Sequence[Run]]:
        """The load through each in turn, twice as often as asked, and another is the first each time."""
        found: dict[Contender, list[Run]] = {contender: [] for contender, _ in self.running}
        for contender, process in self.running:
            self._run(contender, process, load)
        for number in range(2 * len(runs)):
            first = number % len(self.running)
            for contender, process in (*self.running[first:], *self.running[:first]):
                found[contender].append(self._run(contender, process, load))
        return found

    def _run(self, contender: Contender, process: Process, load: Load) -> Run:
        before = process.cpu(contender.program)
        answers = self.lab.load(self.lab.fleet.hosts[0], contender.port, 1, load)
        time.sleep(0.3)
        assert answers.requests
        assert not answers.failed, f"{contender.name}: {answers.failed} of {answers.requests} failed"
        return Run(answers, process.cpu(contender.program) - before)


@pytest.fixture(scope="module")
def field(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    pair, beside = contenders.fleet(3), pytestconfig.getoption("--beside")
    everybody = [contenders.portico(pair), contenders.by_hand(pair), contenders.nginx_stream(pair)]
    if beside:
        everybody.append(contenders.earlier(pair, beside))
    with lab.built(pair, tmp_path_factory.mktemp("lab")) as made:
        yield Field(made, [(each, made.serve(each, pair.hosts[0])) for each in everybody])


def bench_requests_over_kept_connections(field: Field, runs: range, record: Record) -> None:
    done = field.runs(KEPT, runs)
    how = f"{FLAT_OUT}, each over one kept connection; {PLACE}"
    record(rate("throughput-1-requests", "Requests over kept connections", "requests/s", how, done))
    record(cpu("throughput-2-cpu", "Processor time of a request over a kept connection", how, done))
    record(latency("throughput-3-p50", "Half of the requests, under full load, within", 50, how, done))
    record(latency("throughput-4-p99", "99 of 100 requests, under full load, within", 99, how, done))


def bench_new_connections(field: Field, runs: range, record: Record) -> None:
    done = field.runs(NEW, runs)
    how = f"{FLAT_OUT}, each request over a connection of its own; {PLACE}"
    record(rate("throughput-5-connections", "New connections", "connections/s", how, done))
    record(cpu("throughput-6-cpu", "Processor time of a new connection with one request", how, done))


def bench_latency_at_a_calm_rate(field: Field, runs: range, record: Record) -> None:
    done = field.runs(CALM, runs)
    how = f"100 clients ask 2000 times a second together, over kept connections, 1 s a run; {PLACE}"
    record(latency("throughput-7-calm-p50", "Half of the requests, at a calm rate, within", 50, how, done))
    record(latency("throughput-8-calm-p99", "99 of 100 requests, at a calm rate, within", 99, how, done))


Done = Mapping[Contender, Sequence[Run]]


def rate(name: str, title: str, unit: str, how: str, done: Done) -> Measurement:
    values = [[run.answers.rate for run in each] for each in done.values()]
    return _measurement(name, title, unit, "more", how, done, values, bound="not below the others'")


def cpu(name: str, title: str, how: str, done: Done) -> Measurement:
    values = [[run.cpu_per_request for run in each] for each in done.values()]
    how += " utime and stime of the load balancer's processes."
    return _measurement(name, title, "µs", "less", how, done, values)


def latency(name: str, title: str, percentile: Literal[50, 99], how: str, done: Done) -> Measurement:
    values = [
        [run.answers.p50 if percentile == 50 else run.answers.p99 for run in each] for each in done.values()
    ]
    return _measurement(name, title, "ms", "less", how, done, values, bound="not above the others'")


def _measurement(
    name: str,
    title: str,
    unit: str,
    better: Better,
    how: str,
    done: Done,
    values: Sequence[Sequence[float]],
    bound: str = "",
) -> Measurement:
    ours = values[0]
    series = []
    for contender, theirs in zip(done, values, strict=True):
        notes = [contender.note] if contender.note else []
        if theirs is not ours:
            ratio, error = paired(ours, theirs, better)
            notes.append(f"run by run the ratio is {ratio:.3f}, standard error {error:.3f}")
        series.append(Series(contender.name, rounded(theirs), "; ".join(notes)))
    return Measurement(name, title, unit, better, how, tuple(series), bound)
