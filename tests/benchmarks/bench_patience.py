"""How long things may last: an upload, an answer, and a web socket that is silent for 20 minutes."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.conftest import Record
from tests.benchmarks.record import Measurement, Series
from tests.datapath.patient import Patient, application, come_through, whole
from tests.engine.pair import CLIENT, INSIDE, Pair

SILENCE = 1200
"""Seconds."""


def bench_silent_and_slow_clients(pair: Pair, tmp_path: Path, record: Record) -> None:
    with application(pair, tmp_path) as host:
        wanted = Patient(pair.door.outputs()["address"], host, CLIENT, silence=SILENCE)
        assert come_through(wanted, INSIDE) == whole(wanted)
    lasted = {
        "upload at 1 kB/s": wanted.upload,
        "answer that is late": wanted.answer,
        "silent web socket": wanted.silence,
    }
    record(
        Measurement(
            "patience-1-lasts",
            "What takes long and is not cut",
            "s",
            "more",
            "Side by side through the floating IP, once; each came to its end, and would be cut no sooner.",
            tuple(Series(f"Portico: {what}", (float(seconds),)) for what, seconds in lasted.items()),
            bound="120 s, 90 s, 20 min",
        )
    )
