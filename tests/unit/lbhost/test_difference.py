"""A change of an LB host's files is told as text, not as the base64 that the metadata holds."""

from dataclasses import replace

import pytest

from portico.lbhost import payload
from portico.lbhost.difference import MOST_LINES, difference
from portico.lbhost.tuning import Tuning
from tests.unit.lbhost.fleets import fleet


def metadata(told, host=0):
    return payload.pack(told, told.hosts[host], 1000).metadata


def test_a_worker_more_is_a_line_for_its_check_and_one_for_each_listener():
    said = difference(metadata(fleet(3)), metadata(fleet(4))).splitlines()
    assert said[:2] == ["--- haproxy.cfg now", "+++ haproxy.cfg then"]
    assert [line.split()[:3] for line in said[2:] if line.startswith("+")] == 3 * [
        ["+", "server", "worker-4"]
    ]
    assert not [line for line in said[2:] if line.startswith("-")]


def test_what_stays_is_not_told():
    assert difference(metadata(fleet()), metadata(fleet())) == ""


def test_a_file_may_be_left_out():
    before, after = fleet(), replace(fleet(), router_id=7, tuning=Tuning(balance="source"))
    assert "balance source" in difference(metadata(before), metadata(after))
    said = difference(metadata(before), metadata(after), frozenset({"haproxy.cfg"}))
    assert "virtual_router_id 7" in said
    assert "balance" not in said


def test_hundreds_of_workers_more_are_counted():
    said = difference(metadata(fleet(3)), metadata(fleet(300))).splitlines()
    assert len(said) == MOST_LINES + 1
    assert said[-1].endswith("lines more")


@pytest.mark.parametrize(
    "broken", [{}, {"portico-chunks": "1", "portico-000": "!", "portico-generation": "0"}]
)
def test_what_cannot_be_read_is_not_told(broken):
    assert difference(broken, metadata(fleet())) == ""
    assert difference({**metadata(fleet()), "portico-000": "AAAA"}, metadata(fleet(4))) == ""
