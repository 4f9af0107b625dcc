"""What a cloud tells of the place of a load balancer: who is in its network, the way out, the floating IP."""

from collections import Counter
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
    network,
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


def test_a_router_that_is_switched_off_is_named():
    off = with_routers(router(up=False), ports=[router_port()])
    (complaint,) = complaints(PAIR, off)
    assert "is switched off: way-out (router); `openstack router set --enable router`" in complaint
    beside = with_routers(router(up=False), router("b"), ports=[router_port(), router_port("b")])
    assert complaints(PAIR, beside) == []


def test_a_network_that_is_switched_off_is_refused():
    cloud = FakeCloud()
    cloud.network.networks_of_all[0].is_admin_state_up = False
    (complaint,) = complaints(PAIR, cloud)
    assert complaint.startswith("portico:loadBalancer.openstack.network = 'k8s': is switched off")


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


OF_HOSTS = Own(vips=frozenset({"p"}))
OF_OCTAVIA = Own(vips=frozenset({"p"}), octavia_vips=frozenset({"p"}))


@pytest.mark.parametrize(
    ("settings", "own", "refused"),
    [
        (PAIR, OF_HOSTS, False),
        (OCTAVIA, OF_OCTAVIA, False),
        (OCTAVIA, OF_HOSTS, True),
        (PAIR, OF_OCTAVIA, True),
    ],
    ids=["hosts", "octavia", "hosts to octavia", "octavia to hosts"],
)
def test_the_vip_that_the_stack_has_is_its_own_as_long_as_the_kind_stays(settings, own, refused):
    """A kind that goes keeps its address until the other one is made."""
    cloud = FakeCloud(octavia=("amphora",))
    cloud.network.all_ports.append(port("p", str(VIP)))
    assert bool(complaints(where(settings, vip=VIP), cloud, own)) == refused


@pytest.mark.parametrize("settings", [PAIR, OCTAVIA], ids=["hosts", "octavia"])
def test_a_floating_ip_of_the_load_balancers_own_network_is_refused(settings):
    cloud = FakeCloud(octavia=("amphora",))
    cloud.network.networks_of_all[0].is_router_external = True
    (complaint,) = complaints(where(settings, external_network="k8s"), cloud)
    assert complaint.startswith(
        "portico:loadBalancer.openstack.network = 'k8s': is the network that the floating IP comes from"
    )
    assert complaints(where(settings, public=False, external_network=None), cloud) == []


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


@pytest.mark.parametrize(
    ("call", "settings", "refused"),
    [
        ("find_network", where(public=False, external_network=None), 1),
        ("find_network", where(network=NETWORK_ID, public=False, external_network=None), 1),
        ("find_security_group", PAIR, 1),
        ("find_security_group", replace(PAIR, nodes=replace(PAIR.nodes, security_group=NETWORK_ID)), 0),
        ("ips", where(floating_ip="203.0.113.7", external_network=None), 0),
        ("ips", where(floating_ip=NETWORK_ID, external_network=None), 1),
    ],
    ids=["network", "its id", "group", "its id ", "address", "its id  "],
)
def test_what_may_not_be_looked_up_is_asked_for_by_what_is_enough_without(call, settings, refused):
    cloud = FakeCloud()
    setattr(cloud.network, call, Forbidden())
    assert len(asked(settings, cloud).problems) == refused


def test_an_image_a_flavor_and_a_key_pair_that_may_not_be_looked_up_are_used_by_name():
    cloud = FakeCloud()
    cloud.image.find_image = cloud.compute.find_flavor = cloud.compute.find_keypair = Forbidden()
    assert complaints(PAIR, cloud) == []


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
    cloud.network.networks_of_all.append(network("mine", "public"))
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


def narrow(*pools, ports=()):
    """A subnet with few addresses to give out, of which these are taken."""
    cloud = FakeCloud(octavia=("amphora",))
    cloud.network.all_subnets[0].allocation_pools = [{"start": first, "end": last} for first, last in pools]
    cloud.network.all_ports += [port(f"p{index}", address) for index, address in enumerate(ports)]
    return cloud


@pytest.mark.parametrize(
    ("cloud", "free"),
    [
        (narrow(("10.20.0.100", "10.20.0.104")), 5),
        (narrow(("10.20.0.100", "10.20.0.109"), ports=["10.20.0.100", "10.20.0.105", "10.20.0.9"] * 2), 8),
        (narrow(("10.20.0.100", "10.20.0.101"), ("10.20.0.200", "10.20.0.203")), 6),
        (narrow(), None),
    ],
    ids=["few", "some taken", "two pools", "not told"],
)
def test_how_many_addresses_a_subnet_has_left_is_told(cloud, free):
    assert asked(PAIR, cloud).openstack.subnet.free == free


def test_a_subnet_with_fewer_addresses_than_ports_that_are_needed_is_refused_with_the_figures():
    (complaint,) = complaints(PAIR, narrow(("10.20.0.100", "10.20.0.104")))
    assert complaint.startswith(
        "portico:loadBalancer.openstack.subnet = 'sub': has at most 5 free addresses in its "
        "allocation pools; still to be made are 6 ports"
    )
    assert complaints(PAIR, narrow(("10.20.0.100", "10.20.0.105"))) == []
    assert complaints(OCTAVIA, narrow(("10.20.0.100", "10.20.0.104"))) == []
    full = narrow(("10.20.0.100", "10.20.0.100"), ports=["10.20.0.100"])
    (complaint,) = complaints(OCTAVIA, full)
    assert "has at most 0 free addresses" in complaint
    assert complaints(where(OCTAVIA, vip=VIP), full) == []


def test_ports_that_stand_need_no_address_more():
    ports = [NAMES.of("vip"), *(NAMES.of(f"host-{number}-port") for number in range(1, 6))]
    own = Own(made={"ports": frozenset(ports)})
    assert complaints(PAIR, narrow(("10.20.0.100", "10.20.0.100"), ports=["10.20.0.100"]), own) == []


def test_a_network_of_which_nobody_tells_whether_it_is_external_is_not_said_to_be_none():
    cloud = FakeCloud()
    for each in cloud.network.networks_of_all:
        each.is_router_external = None
    assert asked(PAIR, cloud).problems == ()


def test_everything_that_is_wrong_with_a_place_is_said_at_once():
    cloud = narrow(("10.20.0.100", "10.20.0.101"))
    cloud.network.all_ports = []
    cloud.network.all_subnets[0].is_dhcp_enabled = False
    cloud.network.quota.ports = {"limit": 3, "used": 3}
    settings = where(vip=IPv4Address("10.20.0.1"))
    settings = replace(settings, nodes=replace(settings.nodes, security_group="nobody"))
    assert [
        complaint.partition(" = ")[0].partition(": ")[0] for complaint in complaints(settings, cloud)
    ] == [
        "portico:nodes.securityGroup",
        "portico:loadBalancer.openstack.vip",
        "portico:loadBalancer.openstack.externalNetwork",
        "portico:loadBalancer.openstack.subnet",
        "portico:loadBalancer.openstack.subnet",
        "portico:loadBalancer.openstack",
    ]


def counted(service, calls):
    """The service, with each of its calls written down."""

    class Counting:
        def __getattr__(self, name):
            def call(*said, **query):
                calls.append(name)
                return getattr(service, name)(*said, **query)

            return call

    return Counting()


def test_a_plan_costs_the_calls_that_it_needs_and_no_more():
    cloud, calls = FakeCloud(), []
    cloud.network = counted(cloud.network, calls)
    assert asked(PAIR, cloud).problems == ()
    usual = {
        "find_network": 2,
        "subnets": 1,
        "ports": 2,
        "routers": 1,
        "find_security_group": 1,
        "security_groups": 1,
        "security_group_rules": 1,
        "ips": 1,
        "extensions": 1,
        "get_quota": 1,
    }
    assert Counter(calls) == usual
    calls.clear()
    asked(where(vip=VIP), cloud)
    assert Counter(calls) == {**usual, "ports": 3}
    calls.clear()
    asked(where(external_network=EXTERNAL_ID), cloud)
    assert Counter(calls) == {**usual, "networks": 1}
