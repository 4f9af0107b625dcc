"""The VRRP timers: what they promise follows from RFC 5798."""

import pytest

from portico.lbhost import FAST, STEADY, TIMERS, Timers


def test_a_profile_is_found_by_its_name():
    assert {"fast": FAST, "steady": STEADY} == TIMERS


def test_takeover_is_the_master_down_interval_of_rfc_5798():
    assert Timers("as in the RFC", advert_interval=100).takeover(priority=100) == pytest.approx(3.609375)


def test_fast_answers_a_silent_death_in_less_than_four_tenths_of_a_second():
    assert 0.3 < FAST.takeover() < 0.4


def test_steady_answers_in_less_than_seven_tenths_of_a_second():
    assert 0.5 < STEADY.takeover() < 0.7


def test_steady_bears_a_pause_of_half_a_second_with_a_tenth_to_spare_and_fast_does_not():
    assert STEADY.tolerated_pause() > 0.6
    assert FAST.tolerated_pause() < 0.5


def test_a_lower_priority_takes_over_later():
    assert STEADY.takeover(120) > STEADY.takeover(200)


@pytest.mark.parametrize(
    "values",
    [{"advert_interval": 0}, {"advert_interval": 4096}, {"advert_interval": 10, "missed_adverts": 0}],
)
def test_an_interval_that_vrrp_cannot_carry_is_refused(values):
    with pytest.raises(ValueError, match="must be"):
        Timers("odd", **values)
