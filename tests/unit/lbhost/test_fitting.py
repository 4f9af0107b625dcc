"""Servers may have any names, and share one: in the files each node has one that fits, and keeps it."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portico.lbhost import Backend, haproxy
from portico.lbhost.fitting import fitting
from portico.lbhost.guard import word
from tests.unit.lbhost.fleets import fleet

ADDRESSES = st.integers(int(IPv4Address("10.0.0.0")), int(IPv4Address("10.0.0.20"))).map(IPv4Address)
NAMES = st.sampled_from(("worker", "worker-10-0-0-1", "worker-10-0-0-2", "w" * 77, "")) | st.text(max_size=90)
BACKENDS = st.lists(
    st.builds(Backend, NAMES, ADDRESSES), max_size=8, unique_by=lambda node: node.address
).map(tuple)


def fitted(*names):
    nodes = tuple(Backend(name, IPv4Address("10.20.0.11") + at) for at, name in enumerate(names))
    return [node.name for node in fitting(nodes)]


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("K8s Worker 1", "K8s-Worker-1-10-20-0-11"),
        ("wörker-2", "w-rker-2-10-20-0-11"),
        ("w" * 77, "w" * 47 + "-10-20-0-11"),
        ("名前", "node-10-20-0-11"),
        ("a\n    server evil 10.0.0.1:80", "a-server-evil-10.0.0.1-80-10-20-0-11"),
    ],
)
def test_a_name_that_does_not_fit_is_made_fit_with_its_address(name, fits):
    assert fitted(name, "worker") == [fits, "worker"]


def test_servers_of_one_name_are_told_apart_by_their_addresses():
    assert fitted("worker", "other", "worker") == ["worker-10-20-0-11", "other", "worker-10-20-0-13"]


def test_a_name_that_another_got_with_its_address_is_told_from_it():
    names = fitted("worker", "worker", "worker-10-20-0-11")
    assert len(set(names)) == 3
    assert names[1] == "worker-10-20-0-12"


@settings(deadline=None, derandomize=True, database=None)
@given(BACKENDS)
def test_whatever_the_names_each_fits_is_there_once_and_belongs_to_its_node(nodes):
    made = fitting(nodes)
    names = [node.name for node in made]
    assert len(set(names)) == len(names)
    assert [word(name) for name in names] == names
    assert [node.address for node in made] == [node.address for node in nodes]
    assert haproxy.render(replace(fleet(), backends=made))


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True), max_size=8, unique=True))
def test_names_that_fit_stay_what_they_are(names):
    assert fitted(*names) == names
