"""What was measured, as values and as files: docs/measured/NAME.json, one for each question.

Reads and writes that folder. The page and the picture that come of it: report.py.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

DATA = Path(__file__).parents[2] / "docs" / "measured"

Better = Literal["less", "more"]


@dataclass(frozen=True)
class Series:
    """One contender or one setting; a value for each run."""

    subject: str
    values: tuple[float, ...]
    note: str = ""
    """What the figures alone do not say, such as how many requests failed."""
    where: str = ""
    """Machine and day; filled in when it is recorded."""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def ours(self) -> bool:
        """Whether it is Portico's, or how others do it."""
        return self.subject.startswith("Portico")


@dataclass(frozen=True)
class Measurement:
    """One question and its answers; the first series is Portico as it comes."""

    name: str
    """The name of its file."""
    title: str
    unit: str
    better: Better
    how: str
    """What was done, under which load, in one sentence."""
    series: tuple[Series, ...]
    bound: str = ""
    """What it should be, where somebody has promised it."""

    def merged(self, older: Measurement) -> Measurement:
        """This one, with those series of an older one that it does not measure again, or in fewer runs."""
        series = {each.subject: each for each in older.series}
        for each in self.series:
            if each.subject not in series or len(each.values) >= len(series[each.subject].values):
                series[each.subject] = each
        return replace(self, series=tuple(series.values()))


def load(folder: Path = DATA) -> list[Measurement]:
    """All that is recorded, in the order of the files' names."""
    return [_read(file) for file in sorted(folder.glob("*.json"))]


def save(measurement: Measurement, folder: Path = DATA) -> Measurement:
    """Records it; what is recorded now."""
    folder.mkdir(parents=True, exist_ok=True)
    file, stamp = folder / f"{measurement.name}.json", _here()
    whole = replace(
        measurement, series=tuple(replace(each, where=each.where or stamp) for each in measurement.series)
    )
    if file.exists():
        whole = whole.merged(_read(file))
    file.write_text(json.dumps(asdict(whole), indent=1) + "\n")
    return whole


def _read(file: Path) -> Measurement:
    said = json.loads(file.read_text())
    series = tuple(Series(**{**each, "values": tuple(each["values"])}) for each in said.pop("series"))
    return Measurement(**said, series=series)


def rounded(values: Sequence[float], digits: int = 3) -> tuple[float, ...]:
    """Values without digits that mean nothing."""
    return tuple(round(value, digits) for value in values)


def paired(ours: Sequence[float], theirs: Sequence[float], better: Better) -> tuple[float, float]:
    """How much better ours is, run by run: the geometric mean of the ratios, and its standard error.

    Of at least two pairs of runs, in turn: what slows the machine slows both of a pair. 0 is no value.
    """
    logs = [math.log(a / b if better == "more" else b / a) for a, b in zip(ours, theirs, strict=True)]
    mean = math.exp(statistics.mean(logs))
    return mean, mean * statistics.stdev(logs) / math.sqrt(len(logs))


def _here() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()).split(" (")[0]
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}, {datetime.now(UTC):%Y-%m-%d}"
