"""How HAProxy asks, chooses and lets go, and how many old workers the memory of a small host bears."""

from dataclasses import replace

import pytest

from portico.lbhost import haproxy
from portico.lbhost.tuning import SERVER_MIB, WORKER_MIB, WORKERS_MIB, Tuning, changes_that_fit
from portico.traffic import Checking
from tests.unit.lbhost.fleets import fleet


def lines(tuning):
    return [line.strip() for line in haproxy.render(replace(fleet(), tuning=tuning)).splitlines()]


def test_a_node_is_asked_as_it_is_said():
    said = lines(Tuning(Checking(interval=10, timeout=4, down=3, up=2)))
    assert "default-server check inter 10s fall 3 rise 2" in said
    assert "timeout check 4s" in said


@pytest.mark.parametrize("word", ["roundrobin", "leastconn", "source"])
def test_a_new_connection_goes_where_it_is_said(word):
    said = lines(Tuning(balance=word))
    assert f"balance {word}" in said
    assert ("hash-type consistent" in said) == (word == "source")


def test_a_slow_link_gets_its_time():
    said = lines(Tuning(connect_milliseconds=3000))
    assert "timeout connect 3000ms" in said
    assert any(line.endswith("so a dead node costs a client 1 s.") for line in said)


@pytest.mark.parametrize(("seconds", "written"), [(86_400, "24h"), (7200, "2h"), (90, "90s")])
def test_connections_from_before_a_change_last_as_long_as_it_is_said(seconds, written):
    said = lines(Tuning(drain_seconds=seconds, drain_changes=7))
    assert f"hard-stop-after {written}" in said
    assert "mworker-max-reloads 7" in said


@pytest.mark.parametrize(
    ("backends", "listeners", "fit"),
    [(0, 1, 50), (3, 2, 50), (10, 2, 50), (100, 2, 36), (1000, 2, 9), (1500, 4, 4), (100_000, 2, 1)],
)
def test_as_many_workers_last_as_a_small_host_bears(backends, listeners, fit):
    assert changes_that_fit(backends, listeners) == fit
    held = fit * (WORKER_MIB + SERVER_MIB * backends * (1 + listeners))
    assert held <= WORKERS_MIB or fit == 1
