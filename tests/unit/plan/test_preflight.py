"""What the platform cannot carry is refused before anything is made, every reason at once, each with its
remedy."""

import hashlib
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from portico.capabilities import OFFLINE, Capabilities
from portico.kinds.octavia.settings import Octavia
from portico.names import Names
from portico.openstack.answers import Admission, OpenStack, Own, Quota, Stranger, Subnet
from portico.openstack.settings import OpenStack as Where
from portico.plan.make import make
from portico.problems import Problem, Refused
from portico.settings.model import Listener, LoadBalancer, NodeAddress, Nodes
from portico.traffic import Backend
from tests.unit.plan.worlds import ABLE, CLOUD, PAIR

NAMES = Names("portico-test")


def refusal(settings=PAIR, **answers):
    with pytest.raises(Refused) as caught:
        make(settings, Capabilities(openstack=replace(CLOUD, **answers)), NAMES)
    return caught.value.problems


def test_a_cloud_with_just_enough_room_is_accepted():
    make(PAIR, ABLE, NAMES)


@pytest.mark.parametrize("resource", sorted(CLOUD.quotas))
def test_a_quota_one_short_is_one_error_with_the_command_that_raises_it(resource):
    enough = CLOUD.quotas[resource]
    (problem,) = refusal(quotas={**CLOUD.quotas, resource: Quota(enough.limit - 1, enough.used)})
    assert "more" in problem.rule
    assert "openstack quota set" in problem.remedy


RULES = (
    *("clients-80-0.0.0.0-0", "clients-443-0.0.0.0-0", "vrrp", "generation"),
    *("node-30080", "node-30443", "node-30082"),
)
STANDS = {
    "instances": frozenset({NAMES.of("host-1"), NAMES.of("host-2")}),
    "ports": frozenset({NAMES.of("vip"), *(NAMES.of(f"host-{number}-port") for number in range(1, 6))}),
    "security_groups": frozenset({NAMES.of("hosts")}),
    "server_groups": frozenset({NAMES.of("hosts")}),
    "floating_ips": frozenset({NAMES.description("address")}),
    "security_group_rules": frozenset(NAMES.description(rule) for rule in RULES),
}
"""A pair that is up, as its state tells it."""
FULL = {name: Quota(1, 1) for name in CLOUD.quotas}


def test_what_the_stack_has_made_needs_no_more_quota():
    make(PAIR, Capabilities(openstack=replace(CLOUD, quotas=FULL, own=Own(made=STANDS))), NAMES)


@pytest.mark.parametrize("quota", sorted(STANDS))
def test_what_a_living_stack_lacks_needs_quota(quota):
    lacks = {**STANDS, quota: frozenset(sorted(STANDS[quota])[1:])}
    (problem, *more) = refusal(quotas=FULL, own=Own(made=lacks))
    assert quota.replace("_", " ") in f"{problem.rule} {[str(each) for each in more]}"


def clients(count, settings=PAIR):
    networks = tuple(IPv4Network(f"198.51.100.{index}/32") for index in range(count))
    return replace(settings, load_balancer=replace(settings.load_balancer, allowed_clients=networks))


def test_more_clients_of_a_living_stack_need_quota_for_their_rules_alone():
    room = {**FULL, "security_group_rules": Quota(10, 7)}
    (problem,) = refusal(clients(10), quotas=room, own=Own(made=STANDS))
    assert problem.rule == "needs 20 more security group rules, and the quota of 10 has room for 3"
    room = {**FULL, "security_group_rules": Quota(27, 7)}
    make(clients(10), Capabilities(openstack=replace(CLOUD, quotas=room, own=Own(made=STANDS))), NAMES)


def test_a_full_quota_and_a_plan_that_grows_to_205_rules_are_refused_with_the_figures():
    (problem,) = refusal(clients(100), quotas={"security_group_rules": Quota(20, 20)}, own=Own(made=STANDS))
    assert problem.rule == "needs 200 more security group rules, and the quota of 20 has room for 0"
    assert problem.remedy.startswith("raise it (`openstack quota set --secgroup-rules 220 PROJECT`)")


def test_the_rules_on_the_nodes_group_count_as_those_of_the_hosts():
    ports = {"ingress": replace(PAIR.ingress, node_ports={"http": 31080, "https": 31443})}
    (problem,) = refusal(
        replace(PAIR, **ports), quotas={"security_group_rules": Quota(20, 19)}, own=Own(made=STANDS)
    )
    assert problem.rule == "needs 2 more security group rules, and the quota of 20 has room for 1"


def test_an_unlimited_quota_is_never_short():
    make(PAIR, Capabilities(openstack=replace(CLOUD, quotas={"ports": Quota(-1, 10_000)})), NAMES)


def test_a_network_of_another_project_is_refused_unless_its_owner_allows_address_pairs():
    (problem,) = refusal(foreign_network=True)
    assert "allowed address pairs" in problem.rule
    allowed = replace(
        PAIR.load_balancer, openstack=Where("k8s", external_network="public", address_pairs_allowed=True)
    )
    make(
        replace(PAIR, load_balancer=allowed),
        Capabilities(openstack=replace(CLOUD, foreign_network=True)),
        NAMES,
    )


def test_a_missing_extension_is_named():
    (problem,) = refusal(extensions=frozenset({"port-security", "security-group"}))
    assert "allowed-address-pairs" in problem.rule


def test_all_reasons_come_at_once():
    problems = refusal(foreign_network=True, extensions=frozenset(), quotas={"ports": Quota(0, 0)})
    assert len(problems) == 5


def test_what_a_probe_could_not_find_is_refused_too():
    unknown = Problem("portico:loadBalancer.openstack.network", "'k9s'", "there is no such network")
    with pytest.raises(Refused, match="k9s"):
        make(PAIR, Capabilities(openstack=CLOUD, problems=(unknown,)), NAMES)


def test_what_was_not_asked_is_not_judged():
    make(PAIR, OFFLINE, NAMES)
    make(PAIR, Capabilities(openstack=OpenStack()), NAMES)


OCTAVIA = replace(
    PAIR,
    load_balancer=LoadBalancer(
        "octavia", openstack=Where("k8s", external_network="public"), octavia=Octavia("ovn")
    ),
)


def test_a_region_without_octavia_points_to_the_pair():
    (problem,) = refusal(OCTAVIA, octavia_providers=())
    assert "openstack-haproxy" in problem.remedy


def test_octavias_rules_on_the_nodes_group_need_quota_too():
    room = {"security_group_rules": Quota(10, 7)}
    (problem,) = refusal(clients(10, OCTAVIA), quotas=room, octavia_providers=("ovn",))
    assert problem.rule == "needs 22 more security group rules, and the quota of 10 has room for 3"


LISTENERS = frozenset({(NAMES.of("lb"), 80), (NAMES.of("lb"), 443)})
BALANCER = {"load_balancers": frozenset({NAMES.of("lb")})}
STOOD = Own(made={**STANDS, **BALANCER}, listeners=LISTENERS, pools=dict.fromkeys(LISTENERS, 2))
"""A load balancer with two listeners and two nodes that is up, as its state tells it."""
NEEDED = {
    "load_balancers": (1, "openstack loadbalancer quota set --loadbalancer 1 PROJECT"),
    "listeners": (2, "openstack loadbalancer quota set --listener 2 PROJECT"),
    "pools": (2, "openstack loadbalancer quota set --pool 2 PROJECT"),
    "members": (4, "openstack loadbalancer quota set --member 4 PROJECT"),
    "health_monitors": (2, "openstack loadbalancer quota set --healthmonitor 2 PROJECT"),
    "ports": (1, "openstack quota set --ports 1 PROJECT"),
}


@pytest.mark.parametrize("quota", NEEDED)
def test_octavias_own_quotas_are_asked_with_what_is_planned(quota):
    count, command = NEEDED[quota]
    (problem,) = refusal(OCTAVIA, quotas={quota: Quota(0, 0)}, octavia_providers=("ovn",))
    assert problem.rule.startswith(f"needs {count} more {quota.replace('_', ' ')}, and the quota of 0")
    assert f"`{command}`" in problem.remedy
    able = replace(CLOUD, quotas={quota: Quota(count, 0)}, octavia_providers=("ovn",))
    make(OCTAVIA, Capabilities(openstack=able), NAMES)


FILLED = {quota: Quota(1, 1) for quota in NEEDED}


def octavia_needs(settings, own=STOOD, provider="ovn"):
    """What more a full project would have to allow."""
    can = replace(CLOUD, quotas=FILLED, own=own, octavia_providers=(provider,))
    try:
        make(settings, Capabilities(openstack=can), NAMES)
    except Refused as refused:
        return {problem.rule.partition(",")[0] for problem in refused.problems}
    return set()


def test_a_load_balancer_that_stands_needs_no_more_of_octavia():
    assert octavia_needs(OCTAVIA) == set()


@pytest.mark.parametrize(
    ("stands", "vip", "needed"),
    [
        ({}, None, 0),
        ({"loadbalancerProvider": "amphora"}, None, 1),
        ({"vipSubnetId": "another"}, None, 1),
        ({"flavorId": "another"}, None, 0),
        ({"loadbalancerProvider": "amphora"}, "10.20.0.50", 0),
    ],
    ids=["as planned", "provider", "subnet", "a flavor that is not planned", "gives its address back first"],
)
def test_a_load_balancer_that_is_replaced_needs_room_beside_the_old_one(stands, vip, needed):
    outputs = {"loadbalancerProvider": "ovn", "vipSubnetId": "subnet", **stands}
    own = replace(STOOD, recorded={"load_balancers": {NAMES.of("lb"): outputs}})
    where = replace(OCTAVIA.load_balancer.openstack, vip=vip and IPv4Address(vip))
    said = replace(OCTAVIA, load_balancer=replace(OCTAVIA.load_balancer, openstack=where))
    assert octavia_needs(said, own) == (
        {"needs 1 more load balancers", "needs 1 more ports"} if needed else set()
    )


def test_a_node_more_needs_a_member_behind_each_listener():
    more = (*OCTAVIA.nodes.addresses, NodeAddress(IPv4Address("10.20.0.13"), "w3"))
    grown = replace(OCTAVIA, nodes=replace(OCTAVIA.nodes, addresses=more))
    assert octavia_needs(grown) == {"needs 2 more members"}


def test_a_listener_that_moves_to_another_port_needs_room_beside_the_old_one():
    moved = replace(
        OCTAVIA.load_balancer, listeners=(Listener("http", 8080), Listener("https", 443, tls=True))
    )
    needed = {"listeners": 1, "pools": 1, "members": 2, "health monitors": 1}
    assert octavia_needs(replace(OCTAVIA, load_balancer=moved)) == {
        f"needs {count} more {what}" for what, count in needed.items()
    }


def test_a_listener_for_figures_is_one_listener_more_and_nothing_else():
    told = Octavia("amphora", trust_nodes=True, metrics_from=(IPv4Network("192.0.2.0/24"),))
    watched = replace(OCTAVIA, load_balancer=replace(OCTAVIA.load_balancer, octavia=told))
    assert octavia_needs(watched, provider="amphora") == {"needs 1 more listeners"}
    stood = replace(STOOD, listeners=LISTENERS | {(NAMES.of("lb"), 8088)})
    assert octavia_needs(watched, stood, provider="amphora") == set()


def test_a_listener_that_is_renamed_needs_none():
    renamed = replace(
        OCTAVIA,
        ingress=replace(OCTAVIA.ingress, node_ports={"web": 30080, "https": 30443}),
        load_balancer=replace(
            OCTAVIA.load_balancer, listeners=(Listener("web", 80), Listener("https", 443, tls=True))
        ),
    )
    assert octavia_needs(renamed) == set()


def test_a_listener_whose_pool_an_interrupted_up_did_not_make_needs_the_pool_alone():
    pools = {(NAMES.of("lb"), 443): 2}
    needed = {"pools": 1, "members": 2, "health monitors": 1}
    assert octavia_needs(OCTAVIA, replace(STOOD, pools=pools)) == {
        f"needs {count} more {what}" for what, count in needed.items()
    }


OURS = {
    "ports": ("vip", "host-1-port", "host-2-port"),
    "instances": ("host-1", "host-2"),
    "security_groups": ("hosts",),
    "server_groups": ("hosts",),
}
DESCRIBED = {"floating_ips": "address", "security_group_rules": "vrrp"}
TAKEN = [
    *(Stranger(quota, NAMES.of(part), "5e0f") for quota, parts in OURS.items() for part in parts),
    *(Stranger(quota, NAMES.description(what), "5e0f") for quota, what in DESCRIBED.items()),
]


@pytest.mark.parametrize("there", TAKEN, ids=lambda there: f"{there.quota} {there.name}")
def test_what_is_there_and_not_the_stacks_own_is_refused_by_name(there):
    (problem,) = refusal(strangers=(there,))
    assert there.name in problem.value
    assert there.id in problem.value
    assert problem.rule == "is there, and is not in this stack's state"
    assert "python -m portico.recovery" in problem.remedy
    assert ("openstack.floatingIp" in problem.remedy) == (there.quota == "floating_ips")


def test_an_octavia_load_balancer_that_is_not_the_stacks_own_is_refused_by_name():
    there = Stranger("load_balancers", NAMES.of("lb"), "5e0f")
    (problem,) = refusal(OCTAVIA, strangers=(there,), octavia_providers=("ovn",))
    assert problem.value == "load balancer 'portico-test-lb' (5e0f)"


def test_every_stranger_is_said_at_once_with_whatever_else_is_wrong():
    problems = refusal(strangers=tuple(TAKEN), foreign_network=True)
    assert len(problems) == len(TAKEN) + 1


@pytest.mark.parametrize(
    "there",
    [
        Stranger("ports", NAMES.of("host-6-port"), "5e0f"),
        Stranger("ports", "portico-test-host-1-host-1-port", "5e0f"),
        Stranger("ports", "portico-test-eu-vip", "5e0f"),
        Stranger("instances", NAMES.of("vip"), "5e0f"),
        Stranger("floating_ips", Names("portico-test-eu").description("address"), "5e0f"),
        Stranger("ports", None, "5e0f"),
    ],
    ids=lambda there: f"{there.quota} {there.name}",
)
def test_a_name_that_this_plan_does_not_give_is_in_nobodys_way(there):
    make(PAIR, Capabilities(openstack=replace(CLOUD, strangers=(there,))), NAMES)


def test_an_address_that_was_kept_is_in_nobodys_way_once_it_is_named():
    where = replace(PAIR.load_balancer.openstack, floating_ip="203.0.113.7")
    named = replace(PAIR, load_balancer=replace(PAIR.load_balancer, openstack=where))
    kept = Stranger("floating_ips", NAMES.description("address"), "5e0f")
    make(named, Capabilities(openstack=replace(CLOUD, strangers=(kept,))), NAMES)


def test_a_rule_that_neutron_would_refuse_a_second_time_is_named_before_anything_is_made():
    there = Admission(30080, CLOUD.subnet.cidr, "5e0f")
    (problem,) = refusal(OCTAVIA, admissions=(there,), octavia_providers=("ovn",))
    assert problem.value == "security group rule 5e0f"
    assert "10.20.0.0/24 to TCP port 30080" in problem.rule
    elsewhere = (Admission(30081, CLOUD.subnet.cidr, "a"), Admission(30080, IPv4Network("10.0.0.0/8"), "b"))
    able = replace(CLOUD, admissions=elsewhere, octavia_providers=("ovn",))
    make(OCTAVIA, Capabilities(openstack=able), NAMES)


def test_a_provider_that_the_region_lacks_is_refused_with_those_it_has():
    (problem,) = refusal(OCTAVIA, octavia_providers=("amphora",))
    assert "amphora" in problem.rule


@pytest.mark.parametrize(
    ("said", "providers", "remedy"),
    [
        ("ovn", ("amphorav2",), "set it to amphora"),
        ("ovn", ("octavia", "vmwareedge"), "set it to amphora"),
        ("amphora", ("ovn",), "set it to ovn"),
        ("amphora", ("f5", "vmwareedge"), "set loadBalancer.type: openstack-haproxy"),
    ],
)
def test_the_remedy_for_a_provider_is_one_that_the_settings_take(said, providers, remedy):
    (problem,) = refusal(octavia_with(said), octavia_providers=providers)
    assert problem.remedy == remedy


def octavia_with(provider):
    return replace(
        OCTAVIA, load_balancer=replace(OCTAVIA.load_balancer, octavia=Octavia(provider, trust_nodes=True))
    )


@pytest.mark.parametrize(
    ("listed", "stands", "provider"),
    [
        (("amphora", "amphorav2", "ovn"), None, "amphora"),
        (("amphorav2", "ovn"), None, "amphorav2"),
        (("octavia", "ovn"), None, "octavia"),
        (("amphora", "amphorav2"), "amphorav2", "amphorav2"),
        (("amphorav2",), "amphora", "amphora"),
        (("amphora", "ovn"), "ovn", "amphora"),
        (None, "amphorav2", "amphorav2"),
        (None, None, "amphora"),
    ],
)
def test_amphora_is_asked_for_by_the_name_that_the_region_has_and_stays_what_it_is(listed, stands, provider):
    told = replace(CLOUD, octavia_providers=listed, own=Own(octavia_provider=stands))
    planned = make(octavia_with("amphora"), Capabilities(openstack=told), NAMES)
    assert planned.load_balancer.provider.value == provider


def test_more_nodes_than_a_hosts_metadata_can_carry_are_refused_before_anything_is_made():
    subnet = Nodes("cidr", cidr=IPv4Network("10.20.0.0/22"), security_group="k8s-workers")
    (problem,) = refusal(replace(PAIR, nodes=subnet), metadata_items=20)
    assert problem.path == "portico:nodes"
    assert "metadata items" in problem.rule


def test_two_thousand_servers_that_the_cloud_lists_are_refused_with_what_to_do():
    found = tuple(
        Backend(f"worker-{hashlib.sha256(str(n).encode()).hexdigest()[:12]}", IPv4Address(n))
        for n in range(2**28, 2**28 + 2000)
    )
    listed = replace(PAIR, nodes=Nodes("openstack", tag="k8s-worker"))
    with pytest.raises(Refused) as caught:
        make(listed, Capabilities(openstack=CLOUD, backends=found), NAMES)
    (problem,) = caught.value.problems
    assert problem.path == "portico:nodes"
    assert "2000 backends" in problem.rule
    assert "name fewer nodes" in problem.rule
    assert "quota metadata_items raised" in problem.rule


def test_a_subnet_without_a_gateway_is_refused_for_the_hosts_could_be_told_nothing():
    subnet = Subnet("subnet-id", IPv4Network("10.20.0.0/16"), None)
    (problem,) = refusal(subnet=subnet)
    assert problem.path == "portico:loadBalancer.openstack.subnet"
    assert problem.rule.startswith("has no gateway")
