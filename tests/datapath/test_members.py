"""A worker or an ingress controller goes and comes under load."""

import time

import pytest

from tests.datapath.faults import members
from tests.engine.pair import until

WORKER = "w3"
CHECKED = 2 + 1
"""Seconds until the hosts have noticed: two checks a second apart, and one more for a busy machine."""


@pytest.fixture(autouse=True)
def _whole(pair):
    """Every worker has its controller before and after."""
    yield
    until("every controller is ready", lambda: len(members.controllers(pair)) == 3, 60)


def after(report, seconds):
    """The requests that failed later than so many seconds after the first that did."""
    failed = report.failed
    return [each for each in failed if each.at > failed[0].at + seconds]


def test_a_worker_that_is_cut_off_is_left_out(pair):
    with pair.traffic(rate=200) as client, members.stop_worker(pair.sandbox, WORKER):
        time.sleep(6)
    report = client.stop()
    print(f"worker cut off: {report}")
    assert report.healed
    assert not after(report, CHECKED)
    assert len(report.failed) < 0.02 * report.sent


def test_a_controller_that_is_killed_costs_no_more_than_the_checks_need(pair):
    with pair.traffic(rate=200) as client:
        members.kill_pod(pair, WORKER)
        time.sleep(2)
    report = client.stop()
    print(f"controller killed: {report}")
    assert report.healed
    assert len(report.failed) < 0.02 * report.sent


def test_a_worker_that_is_drained_costs_no_request(pair):
    gone = members.controllers(pair)[WORKER]["metadata"]["name"]
    with pair.traffic(rate=200) as client, members.move_pod_off_node(pair, WORKER):
        time.sleep(3)
    report = client.stop()
    print(f"worker drained: {report}")
    assert gone in {each.by for each in report.requests}, "it served nobody before"
    assert report.requests[-1].by != gone
    assert not report.failed
