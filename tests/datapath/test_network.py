"""The network between the hosts, or in front of them, fails: what is lost, and that it heals."""

import time

from tests.datapath.faults import network
from tests.datapath.vip import watched
from tests.engine.pair import until

REFRESH = 2
"""Seconds until the host that keeps the VIP announces itself again (garp_master_refresh)."""
SPARE = 0.5


def test_hosts_that_do_not_hear_one_another_serve_all_the_same(pair):
    """Both believe to be master; the one whose VIP has no way out any more gives it up and stays out."""
    with watched(pair) as held, pair.traffic(rate=200) as client:
        with network.drop_vrrp(pair):
            time.sleep(15)
        time.sleep(2)
    report = client.stop()
    share = len(report.failed) / report.sent
    print(f"VRRP lost for 15 s: {report}, {share:.1%}; both held the VIP for {held.doubled:.1f} s")
    assert held.doubled > 0, "the hosts did hear one another"
    assert held.moves == 1
    assert report.healed
    assert len(report.failed) < 200 * (REFRESH + SPARE)
    pair.holder()


def test_a_master_whose_link_is_dead_is_replaced_and_one_holds_the_vip_when_it_is_back(pair):
    master = pair.holder()
    with pair.traffic(rate=200, patience=15) as client:
        with network.cut_link(pair, master):
            time.sleep(2)  # a program that asks takes time from those that are measured
            until("the other host holds the VIP", lambda: pair.holds(1 - master), 30)
        time.sleep(3)
    report = client.stop()
    print(f"link cut: {report}")
    assert report.slow or report.failed, "the load did not notice the fault"
    assert report.healed
    pair.holder()


def test_a_floating_ip_that_somebody_detaches_is_given_back_by_up_refresh(pair):
    with pair.traffic() as client, network.detach_floating_ip(pair):
        time.sleep(1)
        pair.door.up("--refresh").succeeded()
        time.sleep(1)
        report = client.stop()
    print(f"floating IP detached: {report}")
    assert report.failed, "the load did not notice the fault"
    assert report.healed
    pair.door.up("--expect-no-changes").succeeded()
