"""Of several addresses the same one is meant, whatever the order in which an API lists them."""

from ipaddress import IPv4Address, IPv4Network
from itertools import permutations

import pytest

from portico.openstack.addresses import ipv4, preferred

SUBNET = IPv4Network("10.20.0.0/24")
BOTH = ("2001:db8::50", "10.20.0.50", "10.99.0.1", "10.20.0.60")


@pytest.mark.parametrize("listed", list(permutations(BOTH)), ids=", ".join)
def test_the_order_decides_nothing(listed):
    assert preferred(ipv4(listed), SUBNET) == IPv4Address("10.20.0.50")
    assert preferred(ipv4(listed), None) == IPv4Address("10.20.0.50")
    assert preferred(ipv4(listed), SUBNET, IPv4Address("10.20.0.60")) == IPv4Address("10.20.0.60")


def test_an_address_that_is_wanted_and_not_there_decides_nothing():
    assert preferred(ipv4(BOTH), SUBNET, IPv4Address("10.20.0.9")) == IPv4Address("10.20.0.50")


def test_an_address_outside_of_the_subnet_is_better_than_none():
    assert preferred(ipv4(["10.99.0.1", "2001:db8::1"]), SUBNET) == IPv4Address("10.99.0.1")


def test_where_there_is_no_ipv4_address_there_is_none():
    with pytest.raises(ValueError, match="empty"):
        preferred(ipv4(["2001:db8::1"]), SUBNET)
