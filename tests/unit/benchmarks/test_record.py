"""What is computed from the values of a series."""

import pytest

from tests.benchmarks.record import paired


def test_a_machine_that_slows_down_changes_no_ratio_of_neighbouring_runs():
    assert paired([110, 55, 22], [100, 50, 20], "more") == (pytest.approx(1.1), pytest.approx(0))
    assert paired([100, 50, 20], [110, 55, 22], "less") == (pytest.approx(1.1), pytest.approx(0))


def test_twice_as_good_and_half_as_good_are_as_good():
    ratio, error = paired([200, 50], [100, 100], "more")
    assert ratio == pytest.approx(1)
    assert error > 0.5


def test_runs_without_a_partner_are_no_pairs():
    with pytest.raises(ValueError, match="zip"):
        paired([1, 2, 3], [1, 2], "less")
