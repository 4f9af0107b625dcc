"""Where a VIP cannot be, said before anything is made, also where no cloud is asked."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from portico.capabilities import OFFLINE, Capabilities
from portico.kinds.octavia.settings import Octavia
from portico.names import Names
from portico.openstack.answers import OpenStack, Subnet
from portico.plan.make import make
from portico.problems import Refused
from portico.settings.model import LoadBalancer, Nodes
from tests.unit.plan.worlds import CLOUD, PAIR

NAMES = Names("portico-test")
OCTAVIA = replace(
    PAIR,
    load_balancer=LoadBalancer(
        "octavia", openstack=PAIR.load_balancer.openstack, octavia=Octavia("amphora", trust_nodes=True)
    ),
)


def at(vip, settings=PAIR):
    where = replace(settings.load_balancer.openstack, vip=IPv4Address(vip))
    return replace(settings, load_balancer=replace(settings.load_balancer, openstack=where))


def complaints(settings, can):
    try:
        make(settings, can, NAMES)
    except Refused as refused:
        return [str(problem) for problem in refused.problems]
    return []


MISPLACED = {
    "10.20.0.1": "is the gateway of the subnet 10.20.0.0/24",
    "10.20.0.0": "is the network address of the subnet 10.20.0.0/24",
    "10.20.0.255": "is the broadcast address of the subnet 10.20.0.0/24",
    "192.0.2.1": "must be an address of the subnet 10.20.0.0/24",
    "10.20.1.1": "must be an address of the subnet 10.20.0.0/24",
    "10.20.0.11": "is the address of the node w1",
}


@pytest.mark.parametrize("settings", [PAIR, OCTAVIA], ids=["hosts", "octavia"])
@pytest.mark.parametrize(("vip", "rule"), MISPLACED.items())
def test_a_vip_that_cannot_be_there_is_refused_by_name(settings, vip, rule):
    can = Capabilities(openstack=replace(CLOUD, octavia_providers=("amphora",)))
    assert complaints(at(vip, settings), can) == [
        f"portico:loadBalancer.openstack.vip = '{vip}': {rule}; name a free address, or leave it out"
    ]


@pytest.mark.parametrize("vip", ["10.20.0.2", "10.20.0.50", "10.20.0.254"])
def test_a_free_vip_may_be_anywhere_in_the_subnet(vip):
    assert complaints(at(vip), Capabilities(openstack=CLOUD)) == []


def test_what_the_last_up_found_is_enough_to_refuse_a_vip():
    remembered = OpenStack(subnet=CLOUD.subnet)
    assert len(complaints(at("10.20.0.1"), Capabilities(openstack=remembered))) == 1


def test_a_nodes_address_is_known_where_no_cloud_is_asked():
    (complaint,) = complaints(at("10.20.0.11"), OFFLINE)
    assert "is the address of the node w1" in complaint


def test_without_a_subnet_nothing_is_said_of_its_edges():
    assert complaints(at("10.20.0.1"), OFFLINE) == []


def test_a_subnet_of_two_addresses_has_no_edges():
    small = replace(CLOUD, subnet=Subnet("s", IPv4Network("10.20.0.8/31"), IPv4Address("10.20.0.9")))
    assert complaints(at("10.20.0.8"), Capabilities(openstack=small)) == []


def test_a_vip_in_the_nodes_range_is_no_node():
    ranged = replace(
        PAIR, nodes=Nodes("cidr", cidr=IPv4Network("10.20.0.0/28"), security_group="k8s-workers")
    )
    assert complaints(at("10.20.0.9", ranged), Capabilities(openstack=CLOUD)) == []
