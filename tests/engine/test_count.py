"""Another number of hosts rebuilds none that stays; clients notice that the VIP moves, if its holder goes."""

from collections import Counter

import pytest

from tests.engine.counting import count_to, give_vip

TAKEOVER = 1.5
"""Seconds: STEADY.takeover and what a client waits until it tries again."""


@pytest.fixture
def counted(pair):
    def change(count):
        done = count_to(pair, count)
        print(done)
        return done

    yield change
    pair.door.change({})
    pair.door.up().succeeded()


@pytest.mark.alone
def test_two_three_one_two(pair, counted):
    grown = counted(3)
    assert pair.holder() != 2, "the new host took the VIP"
    give_vip(pair, 2)
    shrunk = counted(1)
    assert shrunk.holder_left
    again = counted(2)
    for step in (grown, shrunk, again):
        assert step.replaced == 0
        assert not step.rolled_out
        made = {
            ("create" if step.after > step.before else "delete", "Instance"): abs(step.after - step.before)
        }
        assert step.preview.counts == Counter(made), "something else than the hosts that come or go"
        assert step.holder_left or not step.report.failed
        assert step.report.gap <= TAKEOVER
    assert pair.holder() == 0


@pytest.mark.alone
def test_of_two_that_leave_the_one_between_may_hold_the_vip(pair, counted):
    counted(3)
    give_vip(pair, 1)
    shrunk = counted(1)
    assert shrunk.holder_left
    assert shrunk.replaced == 0
    assert shrunk.report.gap <= TAKEOVER
