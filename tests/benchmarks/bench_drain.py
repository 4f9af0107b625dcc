"""What the workers from before a change hold, while connections keep them: on one host's real HAProxy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from portico.lbhost.tuning import MANY_CHANGES, WORKERS_MIB, Tuning, changes_that_fit
from tests.benchmarks.conftest import Record
from tests.benchmarks.record import Measurement, Series, rounded
from tests.lbhost.changes import changed
from tests.lbhost.conftest import Guest, guest
from tests.unit.lbhost.fleets import fleet

__all__ = ["guest"]

CONNECTIONS = 10
"""That last, of each worker."""


def bench_workers_from_before(guest: Guest, tmp_path: Path, runs: range, record: Record) -> None:
    series = []
    for workers in (3, 100, 1000):
        changes = changes_that_fit(workers, 2)
        told = replace(fleet(workers), tuning=Tuning(drain_changes=changes))
        sizes = []
        for run in runs[: max(1, len(runs) // 7)]:
            folder = tmp_path / f"{workers}-{run}"
            folder.mkdir()
            said = changed(guest, folder, told, changes, CONNECTIONS)
            assert said.living == (CONNECTIONS,) * (changes + 1)
            sizes.append(said.after[-1][1])
        note = f"after {changes} changes"
        series.append(Series(f"Portico, {workers} nodes", rounded(sizes), note))
    how = (
        f"As many changes as last by default, at most {MANY_CHANGES}, with {CONNECTIONS} connections opened "
        "before each and kept; master and all workers, what they share counted once; two listeners"
    )
    bound = f"{WORKERS_MIB} MiB and what the master and the worker that serves hold"
    record(
        Measurement(
            "drain-1-memory", "Workers from before a change", "MiB", "less", how, tuple(series), bound
        )
    )
