"""What a server beside them, or the internet, can do to the hosts: be a client, and nothing else."""

import time
from collections import Counter
from contextlib import contextmanager
from functools import partial

from tests.datapath.ear import ear
from tests.datapath.faults.hosts import on
from tests.datapath.load import Load, under
from tests.datapath.sending import (
    VRRP,
    VRRP_GROUP,
    advertise,
    announce,
    connects,
    datagram,
    open_ports,
    ping,
)
from tests.datapath.stranger import admitted
from tests.engine.pair import CLIENT, INSIDE, ask, entered

HIGHER, HIGHEST = 250, 255
"""VRRP priorities above those of Portico; the second is that of who owns the address (RFC 5798, 5.2.4)."""


def test_another_server_reaches_the_listeners_and_no_other_port_of_hosts_and_workers(pair, stranger, workers):
    doors = [pair.details["vip"], *pair.details["hostAddresses"]]
    asked = sorted({*range(1, 1025), 61404, *node_ports(pair)})
    assert open_ports(stranger.netns, doors, asked) == {door: [80, 443] for door in doors}
    nodes = [worker["address"] for worker in workers]
    asked = [22, 53, 80, 111, 179, 443, 6443, 10248, 10249, 10250, 10256, *node_ports(pair)]
    assert open_ports(stranger.netns, nodes, asked) == {node: [] for node in nodes}


def test_nothing_but_tcp_to_a_listener_reaches_a_host(pair, stranger):
    """Neither a datagram (HTTP/3) nor a ping nor an advert, from the internet or from the next server."""
    place, vip, address = pair.holder(), pair.details["vip"], pair.door.outputs()["address"]
    heard = Counter()
    with ear(entered(pair.details["hosts"][place]), heard):
        for sender, source, target in (
            (pair.sandbox.paths.inet, CLIENT, address),
            (stranger.netns, stranger.address, vip),
            (stranger.netns, stranger.address, pair.details["hostAddresses"][place]),
        ):
            for port in (80, 443, 500, 61404):
                datagram(sender, target, port)
            ping(sender, target)
            advertise(sender, source, target, vip, router_id(pair), HIGHEST)
            assert open_ports(sender, [target], [80, 443, 61404]) == {target: [80, 443]}
    known = {CLIENT, stranger.address}
    assert {(what, whom) for what, source, whom in heard if source in known and what != "arp"} == {
        ("tcp", f"{target}:{port}")
        for target in (vip, pair.details["hostAddresses"][place])
        for port in (80, 443)
    }


def test_an_answer_offers_no_http_3(pair):
    answer = ask(pair.door.outputs()["address"], pair.door.host, scheme="https")
    assert " 200" in answer.splitlines()[0]
    assert "alt-svc" not in answer.lower()


def test_forged_adverts_reach_no_host(pair, stranger):
    with unmoved(pair) as heard:
        claim_the_vip(pair, stranger)
    first, second = pair.details["hostAddresses"]
    assert ("vrrp", first, second) in heard or ("vrrp", second, first) in heard, "the ear is deaf"
    assert not [each for each in heard if each[:2] == ("vrrp", stranger.address)]


def test_forged_adverts_that_do_reach_the_hosts_are_not_believed(pair, stranger):
    """With the security group open for the stranger: what is left is that keepalived knows its partners."""
    group = f"{pair.door.prefix}-hosts"
    with unmoved(pair) as heard, admitted(pair.sandbox, group, stranger.address, str(VRRP)):
        claim_the_vip(pair, stranger)
    for target in pair.details["hostAddresses"]:
        assert ("vrrp", stranger.address, target) in heard, "the adverts did not arrive"


def test_a_forged_announcement_of_the_vip_reaches_nobody_and_costs_no_client_a_request(
    pair, stranger, workers
):
    vip, heard = pair.details["vip"], Counter()
    near = [*INSIDE[:-1], f"--in={workers[0]['name']}", "--"]
    on_the_network = under(Load(vip, pair.door.host), near)
    with pair.traffic() as far_client, on_the_network as near_client, ear(near, heard):
        for _ in range(20):
            announce(stranger.netns, stranger.mac, vip)
            announce(stranger.netns, stranger.mac, stranger.address)
            time.sleep(0.1)
    assert ("arp", stranger.address, stranger.mac) in heard, "the ear is deaf"
    assert ("arp", vip, stranger.mac) not in heard
    for client in (far_client, near_client):
        report = client.stop()
        print(f"\nthe VIP announced by a stranger: {report}")
        assert not report.failed
    assert set(near_client.stop().seen) == {workers[0]["address"]}


def test_another_server_cannot_use_the_address_of_a_host(pair, stranger, workers):
    """Not the VIP either. Who could would be admitted to the node ports and believed there."""
    (target, partner), heard = pair.details["hostAddresses"], Counter()
    with ear(entered(pair.details["hosts"][0]), heard):
        assert connects(stranger.netns, target, 80)
        for borrowed in (partner, pair.details["vip"]):
            with stranger.as_well(borrowed):
                targets = [target, workers[0]["address"]]
                found = open_ports(stranger.netns, targets, [80, *node_ports(pair)], source=borrowed)
            assert found == {each: [] for each in targets}
    to_the_listener = {source for what, source, whom in heard if (what, whom) == ("tcp", f"{target}:80")}
    assert to_the_listener == {stranger.address}


@contextmanager
def unmoved(pair):
    """Meanwhile the VIP stays and keepalived changes its state on no host; what the hosts hear."""
    place, before, heard = pair.holder(), states(pair), Counter()
    first, second = (entered(server) for server in pair.details["hosts"])
    with ear(first, heard), ear(second, heard):
        yield heard
    assert states(pair) == before
    assert pair.holds(place)


def states(pair):
    """What keepalived has logged of its states on each host."""
    words = ("run", "journalctl", "--unit=keepalived", "--output=short-monotonic", "--no-pager")
    logs = [on(pair, place, *words).splitlines() for place in (0, 1)]
    found = [[line for line in log if " STATE" in line] for log in logs]
    assert all(found), "keepalived has logged no state"
    return found


def claim_the_vip(pair, stranger):
    """Two seconds of adverts, as a master would send them: to each host, and to the group of all."""
    say = partial(advertise, stranger.netns, stranger.address)
    for priority in (HIGHER, HIGHEST):
        for _ in range(10):
            for target in (*pair.details["hostAddresses"], VRRP_GROUP):
                say(target, pair.details["vip"], router_id(pair), priority)
            time.sleep(0.1)


def router_id(pair):
    return pair.door.own["portico:loadBalancer"]["hosts"]["routerId"]


def node_ports(pair):
    ingress = pair.door.own["portico:ingress"]
    return [*ingress["nodePorts"].values(), ingress["healthPort"]]
