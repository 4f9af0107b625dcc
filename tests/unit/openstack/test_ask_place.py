"""What a cloud tells of the place of a load balancer: who is in its network, the way out, the floating IP."""

from dataclasses import replace
from ipaddress import IPv4Address
from types import SimpleNamespace as Thing

import pytest

from portico.kinds.octavia.settings import Octavia
from portico.names import Names
from portico.openstack.answers import Address, Holder, Own, Router
from portico.openstack.ask import ask
from portico.plan.make import make
from portico.problems import Refused
from tests.unit.openstack.fake_cloud import (
    EXTERNAL_ID,
    ME,
    NETWORK_ID,
    FakeCloud,
    Forbidden,
    port,
    router,
    router_port,
)
from tests.unit.plan.worlds import PAIR

NAMES = Names("portico-test")
NOTHING = Own()
VIP = IPv4Address("10.20.0.50")


def where(settings=PAIR, **changes):
    there = replace(settings.load_balancer.openstack, **changes)
    return replace(settings, load_balancer=replace(settings.load_balancer, openstack=there))


OCTAVIA = replace(
    PAIR,
    load_balancer=replace(
        PAIR.load_balancer, type="octavia", hosts=None, octavia=Octavia("amphora", trust_nodes=True)
    ),
)


def asked(settings, cloud, own=NOTHING):
    return ask(settings, NAMES, cloud, own)


def complaints(settings, cloud, own=NOTHING):
    """What is refused, as sentences."""
    try:
        make(settings, asked(settings, cloud, own), NAMES)
    except Refused as refused:
        return [str(problem) for problem in refused.problems]
    return []


def with_routers(*routers, ports=(), cloud=None):
    cloud = cloud or FakeCloud()
    cloud.network.all_routers, cloud.network.all_ports = list(routers), list(ports)
    return cloud


@pytest.mark.parametrize(
    "owner",
    [
        "network:router_interface",
        "network:router_interface_distributed",
        "network:ha_router_replicated_interface",
    ],
)
def test_a_router_that_joins_both_is_a_way_out(owner):
    cloud = with_routers(router(), ports=[router_port(owner=owner)])
    assert asked(PAIR, cloud).openstack.routers == (
        Router("router", "way-out", frozenset({EXTERNAL_ID}), maybe_more=False),
    )
    assert complaints(PAIR, cloud) == []


OTHERS = {
    "none": with_routers(),
    "not on the subnet": with_routers(router(), ports=[router_port(subnet="k8s-b")]),
    "without a gateway": with_routers(router(outside=None), ports=[router_port()]),
    "to another network": with_routers(router(outside="elsewhere"), ports=[router_port()]),
    "two to others": with_routers(
        router(outside="elsewhere"), router("b", outside=None), ports=[router_port(), router_port("b")]
    ),
}


@pytest.mark.parametrize("settings", [PAIR, OCTAVIA], ids=["hosts", "octavia"])
@pytest.mark.parametrize("cloud", OTHERS.values(), ids=OTHERS)
def test_without_a_router_that_joins_both_a_floating_ip_is_refused(cloud, settings):
    cloud._octavia = ("amphora",)
    (complaint,) = complaints(settings, cloud)
    assert complaint.startswith("portico:loadBalancer.openstack.externalNetwork = 'public': no router joins")
    assert f"the subnet sub (10.20.0.0/24) and the network {EXTERNAL_ID}" in complaint
    assert f"openstack router set --external-gateway {EXTERNAL_ID}" in complaint
    assert complaints(where(settings, public=False, external_network=None), cloud) == []


def test_of_several_routers_one_that_leads_out_is_enough():
    cloud = with_routers(router("a", outside=None), router("b"), ports=[router_port("a"), router_port("b")])
    assert complaints(PAIR, cloud) == []


def foreign(cloud):
    cloud.network.networks_of_all[0].project_id = "somebody"
    return cloud


NOT_SHOWN = {
    "ports forbidden": ("ports", with_routers()),
    "routers forbidden": ("routers", with_routers(router(outside=None), ports=[router_port()])),
    "router of another project": (None, with_routers(ports=[router_port()])),
    "network of another project": (None, foreign(with_routers())),
}


@pytest.mark.parametrize(("forbidden", "cloud"), NOT_SHOWN.values(), ids=NOT_SHOWN)
def test_routers_that_are_not_shown_are_not_said_to_be_missing(forbidden, cloud):
    if forbidden:
        setattr(cloud.network, forbidden, Forbidden())
    assert complaints(where(address_pairs_allowed=True), cloud) == []


@pytest.mark.parametrize(
    ("outside", "gateways", "refused"),
    [
        ("elsewhere", ["elsewhere", EXTERNAL_ID], False),
        ("elsewhere", ["elsewhere"], True),
        (None, [], True),
        (EXTERNAL_ID, Forbidden(), False),
        ("elsewhere", Forbidden(), False),
    ],
    ids=["second", "one", "none", "the first is it", "not told"],
)
def test_a_router_may_have_more_gateways_than_its_first(outside, gateways, refused):
    cloud = with_routers(router(outside=outside), ports=[router_port()])
    if isinstance(gateways, Forbidden):
        cloud.network.get = gateways
    cloud.network.all_routers[0].gateways = gateways
    aliases = [each.alias for each in cloud.network.extensions()]
    cloud.network.extensions = lambda: [
        Thing(alias=alias) for alias in (*aliases, "external-gateway-multihoming")
    ]
    assert bool(complaints(PAIR, cloud)) == refused


def test_a_network_whose_project_is_not_told_is_nobodys_and_not_another_ones():
    cloud = FakeCloud()
    cloud.network.networks_of_all[0].project_id = None
    answers = asked(PAIR, cloud).openstack
    assert (answers.foreign_network, answers.routers) == (False, None)
    assert complaints(PAIR, cloud) == []


def test_a_subnet_with_dhcp_switched_off_is_refused_for_hosts_alone():
    cloud = FakeCloud(octavia=("amphora",))
    cloud.network.all_subnets[0].is_dhcp_enabled = False
    (complaint,) = complaints(PAIR, cloud)
    assert complaint.startswith(
        "portico:loadBalancer.openstack.subnet = 'sub': has DHCP switched off, and the hosts get "
    )
    assert "openstack subnet set --dhcp SUBNET" in complaint
    assert complaints(OCTAVIA, cloud) == []


@pytest.mark.parametrize(
    ("servers", "ports", "warned"),
    [
        ([], [], "names no DNS server"),
        ([], [port("d", device_id="dhcp0a1b-net", device_owner="network:dhcp")], "names no DNS server"),
        ([], [port("m", device_id="ovnmeta-net", device_owner="network:distributed")], None),
        ([], [port("m", device_id="ovnmeta-net", device_owner="network:dhcp")], None),
        (["0.0.0.0"], [port("m", device_id="ovnmeta-net", device_owner="network:distributed")], "handed out"),
        (["192.0.2.53"], [], None),
        (None, [], None),
    ],
    ids=["nobody seen", "agent", "ovn", "older ovn", "nobody", "named", "not told"],
)
def test_hosts_that_may_learn_of_no_dns_server_are_warned_of(servers, ports, warned):
    cloud = FakeCloud(octavia=("amphora",))
    cloud.network.all_subnets[0].dns_nameservers = servers
    cloud.network.all_ports += ports
    warnings = asked(PAIR, cloud).warnings
    assert len(warnings) == (warned is not None)
    assert all(warned in warning and "--dns-nameserver" in warning for warning in warnings)
    assert complaints(PAIR, cloud) == []
    assert asked(OCTAVIA, cloud).warnings == ()


def test_who_has_the_address_of_the_vip_is_told():
    cloud = FakeCloud()
    cloud.network.all_ports.append(port("p", str(VIP), name="db", device_owner="compute:nova"))
    assert asked(where(vip=VIP), cloud).openstack.vip_holders == (Holder("p", "db", "compute:nova"),)
    assert asked(PAIR, cloud).openstack.vip_holders is None


@pytest.mark.parametrize(
    "other",
    [
        port("p", str(VIP)),
        port("p", str(VIP), name="db", device_owner="compute:nova"),
        port("p", str(VIP), project_id="somebody", device_owner="network:dhcp"),
    ],
    ids=["free port", "server", "dhcp"],
)
@pytest.mark.parametrize("settings", [PAIR, OCTAVIA], ids=["hosts", "octavia"])
def test_a_vip_that_a_port_has_already_is_refused_with_the_port(settings, other):
    cloud = FakeCloud(octavia=("amphora",))
    cloud.network.all_ports.append(other)
    (complaint,) = complaints(where(settings, vip=VIP), cloud)
    assert complaint.startswith("portico:loadBalancer.openstack.vip = '10.20.0.50': is taken: the port ")
    assert "(p)" in complaint


def test_the_vip_that_the_stack_has_is_its_own():
    cloud = FakeCloud()
    cloud.network.all_ports.append(port("p", str(VIP)))
    assert complaints(where(vip=VIP), cloud, Own(vips=frozenset({"p"}))) == []


def test_the_address_of_the_stacks_own_host_is_taken_all_the_same():
    cloud = FakeCloud()
    cloud.network.all_ports.append(port("host", str(VIP), name="portico-test-host-1-port"))
    own = Own(ids=frozenset({"host", "p"}), vips=frozenset({"p"}))
    assert len(complaints(where(vip=VIP), cloud, own)) == 1


@pytest.mark.parametrize(
    "other",
    [port("p", "10.20.0.5"), port("p", str(VIP), network_id="elsewhere")],
    ids=["begins alike", "another network"],
)
def test_a_vip_that_nobody_has_is_free(other):
    cloud = FakeCloud()
    cloud.network.all_ports.append(other)
    assert complaints(where(vip=VIP), cloud) == []


def test_a_vip_of_which_nobody_may_be_asked_is_not_said_to_be_taken():
    cloud = FakeCloud()
    cloud.network.all_ports.append(port("p", str(VIP)))
    cloud.network.ports = Forbidden()
    assert complaints(where(vip=VIP), cloud) == []


def floating_ip(port_id=None, network=EXTERNAL_ID, project=ME):
    facts = {"floating_network_id": network, "project_id": project, "description": ""}
    return Thing(id="f", floating_ip_address="203.0.113.7", port_id=port_id, **facts)


def adopting(*floating_ips, **changes):
    cloud = FakeCloud()
    cloud.network.floating_ips = list(floating_ips)
    return where(floating_ip="203.0.113.7", **changes), cloud


def test_a_free_floating_ip_is_adopted():
    answers = asked(*adopting(floating_ip()))
    assert answers.openstack.floating_ip.address == IPv4Address("203.0.113.7")
    assert answers.openstack.external_network_id == EXTERNAL_ID
    assert complaints(*adopting(floating_ip())) == []


def test_a_floating_ip_in_use_is_refused_unless_it_is_on_the_stacks_own_vip():
    held = adopting(floating_ip("p"))
    assert asked(*held, Own(vips=frozenset({"p"}))).problems == ()
    (problem,) = asked(*held, Own(vips=frozenset({"another"}))).problems
    assert problem.rule == "is in use: it belongs to the port p"


def test_a_floating_ip_of_another_pool_than_the_external_network_is_refused():
    cloud_of = adopting(floating_ip(network="elsewhere"))
    (problem,) = asked(*cloud_of).problems
    assert problem.path == "portico:loadBalancer.openstack.floatingIp"
    assert problem.rule == (
        f"comes from the network elsewhere, and openstack.externalNetwork is {EXTERNAL_ID}"
    )
    assert asked(*adopting(floating_ip(network="elsewhere"), external_network=None)).problems == ()


def test_a_floating_ip_is_led_to_by_the_router_of_the_pool_that_it_comes_from():
    elsewhere = adopting(floating_ip(network="elsewhere"), external_network=None)
    (complaint,) = complaints(*elsewhere)
    assert complaint.startswith("portico:loadBalancer.openstack.floatingIp = '203.0.113.7': no router joins")
    elsewhere[1].network.all_routers = [router(outside="elsewhere")]
    assert complaints(*elsewhere) == []


def test_a_floating_ip_of_another_project_is_none_of_ours_even_where_it_is_shown():
    (problem,) = asked(*adopting(floating_ip(project="somebody"))).problems
    assert "no such floating IP in this project" in problem.rule


def twins():
    """A cloud in which a network of the project is called as the external one is."""
    cloud = FakeCloud()
    cloud.network.networks_of_all.append(
        Thing(id="mine", name="public", project_id=ME, is_router_external=False)
    )
    return cloud


@pytest.mark.parametrize("said", ["public", EXTERNAL_ID])
def test_a_new_floating_ip_is_refused_where_its_networks_name_means_several(said):
    (problem,) = asked(where(external_network=said), twins()).problems
    assert problem.path == "portico:loadBalancer.openstack.externalNetwork"
    assert (
        f"several networks have{' this name' if said == 'public' else ''}: {EXTERNAL_ID}, mine"
        in problem.rule
    )
    assert "openstack floating ip create ID" in problem.remedy


def test_an_external_network_given_by_id_is_asked_for_by_its_only_name():
    answers = asked(where(external_network=EXTERNAL_ID), FakeCloud())
    assert answers.problems == ()
    assert answers.openstack.external_network == "public"


def test_an_address_that_stands_asks_its_network_for_no_other():
    own = Own(addresses=(Address("f", IPv4Address("203.0.113.7"), "public"),))
    assert asked(where(external_network=EXTERNAL_ID), twins(), own).problems == ()


def test_of_two_own_addresses_either_may_be_named():
    """One of them the engine has still to delete; nobody tells which."""
    both = ("203.0.113.7", "203.0.113.8")
    own = Own(addresses=tuple(Address(said, IPv4Address(said), "public") for said in both))
    for said in both:
        settings, cloud = adopting(floating_ip())
        cloud.network.floating_ips[0].floating_ip_address = said
        settings = where(settings, floating_ip=said)
        planned = make(settings, asked(settings, cloud, own), NAMES)
        assert not planned.load_balancer.place.adopts


def test_the_network_is_used_by_its_id():
    planned = make(PAIR, asked(PAIR, FakeCloud()), NAMES)
    assert planned.load_balancer.place.network.id == NETWORK_ID
