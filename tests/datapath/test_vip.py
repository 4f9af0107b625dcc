"""The watch over the VIP itself: it counts moves and notices two masters."""

import subprocess
import sys

import pytest

from tests.datapath.faults.hosts import GUEST
from tests.datapath.vip import Held


@pytest.mark.parametrize(
    ("spans", "doubled", "moves"),
    [
        ([[(0, 9)], []], 0, 0),
        ([[(0, 4)], [(5, 9)]], 0, 1),
        ([[(0, 5)], [(4, 9)]], 1, 1),
        ([[(0, 3), (6, 9)], [(2, 8)]], 2, 2),
    ],
    ids=["it stayed", "it moved", "both held it for a while", "it went and came back"],
)
def test_moves_and_double_masters_are_told_from_who_held_it_when(spans, doubled, moves):
    held = Held(spans)
    assert (held.doubled, held.moves) == (doubled, moves)


@pytest.mark.parametrize(("address", "there"), [("127.0.0.1", 1), ("192.0.2.1", 0)])
def test_the_watch_sees_an_address_that_is_here_and_none_that_is_not(address, there):
    command = [sys.executable, GUEST, "watch", address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout.readline() == "watching\n"
        said, _ = watcher.communicate(timeout=10)
    assert said.count("[") - 1 == there
