"""A machine that is not let in is told so before anything is made: it would ask for nothing in the end."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from portico import planning, preflight
from portico.plan.way import Way
from portico.serving import reach
from portico.settings.model import Wait
from portico.testing.recorder import build
from tests.unit.contract.subjects import ONLINE
from tests.unit.settings.said import PAIR, but

OFFICE = Way(clients=(IPv4Network("192.0.2.0/24"), IPv4Network("198.51.100.0/24")))


@pytest.fixture
def said_from(monkeypatch, logged):
    """What a machine of that address is told."""

    def say(address, way=OFFICE, wait=None):
        logged.clear()
        monkeypatch.setattr(reach, "own_address", lambda: IPv4Address(address) if address else None)
        reach.say(way, wait or Wait())
        return logged

    return say


def test_a_machine_that_is_none_of_the_clients_is_told_with_its_address_and_both_remedies(said_from):
    (said,) = said_from("10.0.0.9")
    assert "this machine's address (10.0.0.9, unless a NAT changes it) is none of" in said
    assert "portico:loadBalancer.allowedClients" in said
    assert "add it, or say portico:wait.address: false" in said


def test_a_machine_without_a_way_out_is_told_too(said_from):
    assert "which is not known" in said_from(None)[0]


@pytest.mark.parametrize(
    ("address", "way", "wait"),
    [
        ("198.51.100.7", OFFICE, Wait()),
        ("10.0.0.9", Way(), Wait()),
        ("10.0.0.9", OFFICE, Wait(address=False)),
    ],
    ids=["one of the clients", "everybody is let in", "nobody asks"],
)
def test_there_is_nothing_to_be_said_where(said_from, address, way, wait):
    assert said_from(address, way, wait) == []


def test_an_address_inside_is_said(said_from):
    way = Way(inside=("this machine has no way into the VPC",))
    (said,) = said_from("10.0.0.9", way)
    assert said.startswith("`up` asks the published address from here in the end. From outside, this machine")
    assert "has no way into the VPC" in said


def test_the_own_address_is_one_of_this_machine_or_unknown():
    assert reach.own_address() is None or not reach.own_address().is_unspecified


@pytest.mark.parametrize("preview", [True, False])
def test_it_is_said_once_and_before_anything_is_made(monkeypatch, logged, preview):
    monkeypatch.setattr(reach, "own_address", lambda: IPv4Address("10.0.0.9"))
    monkeypatch.setattr(preflight, "capabilities", lambda *_: ONLINE)
    door = {
        **but(PAIR, {"loadBalancer.allowedClients": ["192.0.2.0/24"]}),
        "wait": {"rolling": False, "hosts": False},
    }

    def planned():
        planning.plan("portico", door, planning.Source("here"), {"openstack": None, "kubernetes": None})

    build(planned, preview=preview)
    assert [text for text in logged if "this machine's address (10.0.0.9" in text] == logged
    assert len(logged) == 1
