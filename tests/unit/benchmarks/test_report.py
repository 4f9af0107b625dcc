"""The page and the picture say what is recorded."""

import xml.etree.ElementTree as ElementTree

import pytest

from tests.benchmarks import report
from tests.benchmarks.record import Measurement, Series, load, save


def measurement(*series, better="less", unit="s"):
    return Measurement("dies", "A host dies", unit, better, "It is killed.", series)


OURS, THEIRS = Series("Portico", (0.5, 0.6, 0.7)), Series("others", (3.0, 3.6, 3.3))


def test_the_page_and_the_picture_in_docs_are_those_of_the_data_beside_them():
    assert report.PAGE.read_text() == report.page(load())
    assert report.PICTURE.read_text() == report.picture(load())


@pytest.mark.parametrize(("better", "ratio"), [("less", "5.50"), ("more", "0.18")])
def test_more_than_one_is_always_in_our_favour(better, ratio):
    assert report.ratio(measurement(OURS, THEIRS, better=better), THEIRS) == ratio


def test_we_are_not_compared_with_ourselves_nor_with_nothing():
    nothing, again = Series("others", (0.0,)), Series("Portico, another way", (1.0,))
    every = measurement(OURS, again, nothing)
    assert report.ratio(every, OURS) == report.ratio(every, again) == report.ratio(every, nothing) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.31234, "0.312"), (31.23, "31.2"), (312, "312"), (31234, "31,234"), (0.0123, "0.0123")],
)
def test_a_figure_has_three_digits_that_mean_something(value, text):
    assert report.figure(value) == text


def test_the_picture_has_a_dot_for_every_run():
    drawn = ElementTree.fromstring(report.picture([measurement(OURS, THEIRS), measurement(THEIRS)]))
    assert len(drawn.findall("{*}circle")) == 9


def test_a_series_of_as_many_runs_replaces_the_old_one_and_leaves_the_others(tmp_path):
    save(measurement(OURS, THEIRS), tmp_path)
    save(
        measurement(Series("Portico", (0.1,)), Series("others", (2.0, 2.0, 2.0)), Series("more", (1.0,))),
        tmp_path,
    )
    (kept,) = load(tmp_path)
    assert [(each.subject, each.values) for each in kept.series] == [
        ("Portico", (0.5, 0.6, 0.7)),
        ("others", (2.0, 2.0, 2.0)),
        ("more", (1.0,)),
    ]
    assert all("cores" in each.where for each in kept.series)
