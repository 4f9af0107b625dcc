"""What the benchmarks share: the pair of tier engine, how often each thing is done, and where figures go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks import report
from tests.benchmarks.record import Measurement, save
from tests.engine.conftest import door, pair, sandbox, toolchain

__all__ = ["door", "pair", "record", "runs", "sandbox", "toolchain"]

Record = Callable[[Measurement], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runs", type=int, default=20, help="how often each thing is done (20)")
    parser.addoption("--beside", metavar="COMMIT", help="what Portico was at a commit runs too (throughput)")
    parser.addoption("--record", action="store_true", help="write docs/measured and docs/measurements.*")


@pytest.fixture
def runs(pytestconfig: pytest.Config) -> range:
    """The runs of one series."""
    return range(int(pytestconfig.getoption("--runs")))


@pytest.fixture
def record(pytestconfig: pytest.Config) -> Record:
    """Prints a measurement; with --record it is kept, and the page is written anew."""

    def keep(measurement: Measurement) -> None:
        print(f"\n{measurement.title} ({measurement.unit}): {measurement.how}")
        for series in measurement.series:
            low, high = min(series.values), max(series.values)
            figures = ", ".join(map(report.figure, (low, series.median, high)))
            print(f"  {series.subject}: {figures} (min, median, max of {len(series.values)}) {series.note}")
        if pytestconfig.getoption("--record"):
            save(measurement)
            report.write()

    return keep
