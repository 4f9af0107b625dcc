"""The figures on the README and on the page of failures are those that were recorded last."""

import re
from pathlib import Path

import pytest

from portico.lbhost.tuning import changes_that_fit
from tests.benchmarks.record import load

CHECKOUT = Path(__file__).parents[3]
ROWS = [
    line
    for page in ("README.md", "docs/failures.md")
    for line in (CHECKOUT / page).read_text().splitlines()
    if line.startswith("| ")
]
RECORDED = {measurement.name: measurement for measurement in load()}


def rows(event):
    found = [row for row in ROWS if event in row]
    assert found, "the event is in a table"
    return found


def series(name, subject):
    (measured,) = [series for series in RECORDED[name].series if series.subject == subject]
    return measured


def failed(names):
    """`M of N failed`, summed over what Portico's series note."""
    notes = [
        series.note
        for name in names
        for series in RECORDED[name].series
        if series.subject.startswith("Portico")
    ]
    counts = [re.match(r"(\d+) of (\d+) requests failed", note) for note in notes]
    return f"{sum(int(count[1]) for count in counts)} of {sum(int(count[2]) for count in counts)} failed"


@pytest.mark.parametrize(
    ("event", "name", "subject"),
    [
        ("dies without a word", "failover-1-host", "Portico, steady"),
        ("the same, `fast`", "failover-1-host", "Portico, fast"),
        ("the same with the timers `fast`", "failover-1-host", "Portico, fast"),
        ("HAProxy dies on its host", "failover-3-haproxy", "Portico, steady"),
        ("keepalived dies", "failover-4-keepalived", "Portico, steady"),
        ("keepalived is stopped in good order", "failover-5-planned", "Portico, steady"),
    ],
)
def test_a_time_without_an_answer_is_the_median_and_the_longest_that_was_recorded(event, name, subject):
    measured = series(name, subject)
    sentence = f"no answer for {measured.median:.2f} s, at most {max(measured.values):.2f} s"
    for row in rows(event):
        assert sentence in row
        assert re.search(rf"\b{len(measured.values)}\b", row), "how often it was run"


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ("limits", ["change-1-reloads"]),
        ("a host comes back", ["failover-6-back"]),
    ],
)
def test_requests_that_failed_are_counted_over_all_runs(event, names):
    assert [row for row in rows(event) if failed(names) not in row] == []


@pytest.mark.parametrize("nodes", [3, 100, 1000])
def test_what_old_workers_hold_is_the_most_that_was_recorded_and_a_small_host_bears_it(nodes):
    measured = series("drain-1-memory", f"Portico, {nodes} nodes")
    changes, most = changes_that_fit(nodes, 2), max(measured.values)
    assert measured.note == f"after {changes} changes"
    page = (CHECKOUT / "docs" / "lb-host.md").read_text()
    assert f"| {nodes} | {changes} | {most:.0f} MiB |" in page
    assert most < 512 / 2


def test_a_worker_that_leaves_in_good_order_fails_what_was_recorded():
    subjects = [
        "Portico: the controller's pod on it is deleted",
        "Portico: it is drained: the controller leaves it, and comes back",
    ]
    sent = [re.match(r"0 of (\d+) requests", series("worker-2-goes", subject).note) for subject in subjects]
    assert [
        row for row in rows("pod is deleted") if f"0 of {sum(int(s[1]) for s in sent)} failed" not in row
    ] == []
