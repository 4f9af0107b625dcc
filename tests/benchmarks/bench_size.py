"""What a thousand workers behind two listeners cost a pair: checks, memory, reload, payload, agent.

Both hosts of the pair run in a lab (lab.py), whose nodes answer for every worker. Beside them, a HAProxy
written by hand for the same listeners and workers. keepalived does not run: its work does not grow with them.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from portico.lbhost import Fleet, Host, payload
from tests.benchmarks import contenders, lab
from tests.benchmarks.conftest import Record
from tests.benchmarks.contenders import Contender
from tests.benchmarks.lab import Lab
from tests.benchmarks.processes import Process, wait_for
from tests.benchmarks.record import Measurement, Series, rounded
from tests.unit.lbhost.fleets import fleet as numbered

WORKERS = 1000
SETTLE = 4
"""Seconds until a HAProxy that has started asks evenly: each server every 2 s at the latest."""
CHECKS_WINDOW, AGENT_WINDOW = 10, 20
"""Seconds over which HAProxy's checks and the agent, which asks every 2 s, are watched."""

PLACE = f"{WORKERS} workers behind two listeners, a pair of hosts in network namespaces of one machine"
NOBODY_ASKS = f"No client asks; {CHECKS_WINDOW} s a run, per host; {PLACE}."


def rounds(runs: range) -> int:
    """A quarter of the runs: each takes a minute and is a mean of its own."""
    return max(1, len(runs) // 4)


@dataclass(frozen=True)
class Sample:
    """One start of the pair; per host, so each figure is the mean of two."""

    packets: float
    """A second, between a host and the nodes, both ways."""
    kilobytes: float
    """As packets: kB a second, with Ethernet headers."""
    cpu: float
    """% of a core."""
    memory: float
    """MiB, master and worker."""
    check: float
    """Seconds that `haproxy -c` takes."""
    reload: float
    """Seconds from the signal until HAProxy tells the new generation."""
    given_up: int
    """How often a living worker was given up, on both hosts: the machine was too busy for its checks."""


Make = Callable[[Fleet, str], Contender]


@dataclass(frozen=True)
class Figure:
    """A question that samples answer."""

    name: str
    title: str
    unit: str
    how: str
    of: Callable[[Sample], float]
    by_hand: str = ""
    """What must be known of the other's figure."""


ASKS = "three failures, 2 s apart, each listener for itself; Portico: two, 1 s apart, one answer for both"
FIGURES = (
    Figure("size-1-packets", "Health checks", "packets/s", NOBODY_ASKS, lambda each: each.packets, ASKS),
    Figure("size-2-bytes", "Health checks", "kB/s", NOBODY_ASKS, lambda each: each.kilobytes, ASKS),
    Figure("size-3-cpu", "HAProxy's health checks", "% of a core", NOBODY_ASKS, lambda each: each.cpu, ASKS),
    Figure(
        "size-4-memory",
        "HAProxy's memory",
        "MiB resident",
        f"Master and worker, what both share counted twice; {PLACE}.",
        lambda each: each.memory,
    ),
    Figure(
        "size-5-check",
        "HAProxy checks its file",
        "s",
        f"`haproxy -c`, before the signal of a reload; {PLACE}, one of them.",
        lambda each: each.check,
    ),
    Figure(
        "size-6-reload",
        "HAProxy serves a new file",
        "s",
        f"From the signal (USR2) until it tells the new generation; {PLACE}, one of them.",
        lambda each: each.reload,
    ),
)


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab.built(contenders.fleet(WORKERS), tmp_path_factory.mktemp("lab")) as made:
        yield made


def bench_a_thousand_workers(thousand: Lab, runs: range, record: Record) -> None:
    makers: tuple[Make, ...] = (contenders.portico, contenders.by_hand)
    ours, theirs = zip(
        *([_sample(thousand, make) for make in makers] for _ in range(rounds(runs))), strict=True
    )
    for each in FIGURES:
        series = (
            Series("Portico", rounded([each.of(sample) for sample in ours]), _given_up(ours)),
            Series(
                "hand-written HAProxy",
                rounded([each.of(sample) for sample in theirs]),
                "; ".join(filter(None, (each.by_hand, _given_up(theirs)))),
            ),
        )
        record(Measurement(each.name, each.title, each.unit, "less", each.how, series))


def _given_up(samples: Sequence[Sample]) -> str:
    number = sum(sample.given_up for sample in samples)
    return f"{number} times a living worker was given up" if number else ""


def _sample(pair: Lab, make: Make) -> Sample:
    contender = make(pair.fleet, "1" * 16)
    running = {host: pair.serve(contender, host) for host in pair.fleet.hosts}
    try:
        time.sleep(SETTLE)
        packets, kilobytes, cpu = _checks(pair, running)
        memory = statistics.mean(process.memory("haproxy") for process in running.values())
        reloads = [_reload(pair, make(pair.fleet, "2" * 16), *each) for each in running.items()]
        given_up = sum(process.said.count(" is DOWN, ") for process in running.values())
    finally:
        for process in running.values():
            process.end()
    check, reload = (statistics.mean(each) for each in zip(*reloads, strict=True))
    return Sample(packets, kilobytes, cpu, memory, check, reload, given_up)


def _checks(pair: Lab, running: Mapping[Host, Process]) -> tuple[float, float, float]:
    """Packets and kB a second and % of a core, as the mean of the hosts."""

    def so_far() -> Iterator[tuple[float, ...]]:
        for host, process in running.items():
            traffic = pair.traffic(host)
            yield traffic.packets, traffic.bytes / 1000, process.cpu("haproxy") * 100, time.monotonic()

    before = list(so_far())
    time.sleep(CHECKS_WINDOW)
    spent = [
        [(now - then) / (after[-1] - first[-1]) for now, then in zip(after[:-1], first[:-1], strict=True)]
        for after, first in zip(so_far(), before, strict=True)
    ]
    packets, kilobytes, cpu = (statistics.mean(each) for each in zip(*spent, strict=True))
    return packets, kilobytes, cpu


def _reload(pair: Lab, contender: Contender, host: Host, process: Process) -> tuple[float, float]:
    """What Debian's `systemctl reload haproxy` does: seconds of the check, and from the signal on."""
    pair.write(contender, host)
    master, *_ = process.pids("haproxy")
    begun = time.monotonic()
    subprocess.run(pair.words(contender, host, "-c", "-q"), check=True, timeout=60)
    checked = time.monotonic()
    os.kill(master, signal.SIGUSR2)
    wait_for(lambda: pair.generation(host, contender.status) == "2" * 16, process, pause=0.002)
    return checked - begun, time.monotonic() - checked


def bench_payload(record: Record) -> None:
    fleets = {
        "Portico, names as Cluster API gives them": contenders.fleet(WORKERS),
        "Portico, numbered names and addresses in a row": numbered(WORKERS),
    }
    packed = {subject: payload.pack(each, each.hosts[1]) for subject, each in fleets.items()}
    how = f"The second host's metadata, {WORKERS} workers behind two listeners; Nova's default quota is 128."
    items = tuple(Series(subject, (len(each.metadata),)) for subject, each in packed.items())
    record(Measurement("size-7-items", "Payload", "metadata items", "less", how, items, bound="at most 120"))
    size = tuple(Series(subject, (each.size,)) for subject, each in packed.items())
    record(Measurement("size-8-payload", "Payload", "bytes", "less", how, size))


def bench_idle_agent(thousand: Lab, runs: range, record: Record) -> None:
    running = {host: _agent(thousand, host) for host in thousand.fleet.hosts}
    cpu, memory = [], []
    for _ in range(rounds(runs)):
        before = [process.cpu("python3") for process in running.values()]
        time.sleep(AGENT_WINDOW)
        spent = [
            process.cpu("python3") - then for process, then in zip(running.values(), before, strict=True)
        ]
        cpu.append(statistics.mean(spent) / AGENT_WINDOW * 60)
        memory.append(statistics.mean(process.memory("python3") for process in running.values()))
    for process in running.values():
        process.end()
    how = f"portico-sync asks every 2 s and learns nothing; {AGENT_WINDOW} s a run, per host; {PLACE}."
    for name, title, unit, values in (
        ("size-9-agent-cpu", "Processor time of the idle agent", "s/minute", cpu),
        ("size-9-agent-memory", "Memory of the idle agent", "MiB resident", memory),
    ):
        record(Measurement(name, title, unit, "less", how, (Series("Portico", rounded(values)),)))


START = """\
echo 0 >/run/portico/haproxy-down
cp haproxy.cfg /etc/haproxy/
haproxy -W -p /run/haproxy.pid -f /etc/haproxy/haproxy.cfg &
until [ -s /run/haproxy.pid ]; do sleep 0.1; done
PATH=$PWD:$PATH exec python3 -I /opt/portico/portico-sync
"""
SYSTEMCTL = """\
#!/bin/sh
# HAProxy runs already; keepalived is said to.
if [ "$*" = "reload haproxy" ]; then
    haproxy -c -q -f /etc/haproxy/haproxy.cfg && kill -USR2 "$(cat /run/haproxy.pid)"
fi
"""


def _agent(pair: Lab, host: Host) -> Process:
    """The agent as it is shipped, on a host whose HAProxy it has brought to the generation of its payload."""
    packed = payload.pack(pair.fleet, host)
    metadata = json.dumps({"meta": dict(packed.metadata)})
    (pair.folder("nodes") / f"{host.address}.json").write_text(metadata)
    name = f"agent-{host.name}"
    folder = pair.folder(name)
    (folder / "haproxy.cfg").write_text(contenders.portico(pair.fleet).config)
    (folder / "systemctl").write_text(SYSTEMCTL)
    (folder / "systemctl").chmod(0o755)
    process = pair.start(pair.netns[host], name, pair.roots.host, "sh", "-ec", START)
    wait_for(lambda: f"serving {packed.generation} [" in process.said, process)
    return process
