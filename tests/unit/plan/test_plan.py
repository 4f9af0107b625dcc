"""Settings and capabilities become one plan, and every choice in it says why."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from portico.capabilities import OFFLINE, Capabilities
from portico.kinds.openstack_haproxy.plan import Group, OpenStackHAProxyPlan
from portico.lbhost import STATUS_PORT, userdata
from portico.names import Names, for_stack
from portico.plan.choice import is_id
from portico.plan.make import make
from portico.settings.model import Ingress, Listener, ListenerCheck, Nodes
from portico.traffic import Backend
from tests.unit.plan.worlds import ABLE, CLOUD, NETWORK, PAIR

NAMES = Names("portico-test")


def pair(settings=PAIR, capabilities=ABLE):
    plan = make(settings, capabilities, NAMES)
    assert isinstance(plan.load_balancer, OpenStackHAProxyPlan)
    return plan.load_balancer


def nodes(**changes):
    return replace(PAIR, nodes=replace(PAIR.nodes, **changes))


def hosts(**changes):
    return replace(
        PAIR, load_balancer=replace(PAIR.load_balancer, hosts=replace(PAIR.load_balancer.hosts, **changes))
    )


def test_the_same_nodes_in_another_order_make_the_same_plan():
    other = nodes(addresses=tuple(reversed(PAIR.nodes.addresses)))
    assert make(PAIR, ABLE, NAMES) == make(other, ABLE, NAMES)


def test_every_reason_is_a_sentence():
    reasons = make(PAIR, ABLE, NAMES).reasons()
    assert {"kind", "client_ip", "backends", "hosts", "timers", "workload"} <= set(reasons)
    assert all(len(reason.split()) > 2 for reason in reasons.values())


@pytest.mark.parametrize(("most", "said", "share"), [(4000, None, 2000), (101, None, 50), (100, 100, 100)])
def test_one_source_has_half_of_the_connections_unless_the_settings_say_otherwise(most, said, share):
    planned = pair(hosts(max_connections=most, max_connections_per_source=said))
    assert planned.max_connections_per_source.value == share


def test_hosts_take_the_zones_in_turn():
    three = pair(hosts(count=3, availability_zones=("a", "b")), OFFLINE)
    zones = [host.zone for host in three.hosts.value]
    assert zones == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("count", "wish", "policy"),
    [
        (2, "soft", "soft-anti-affinity"),
        (2, "hard", "anti-affinity"),
        (2, "none", None),
        (1, "soft", "soft-anti-affinity"),
        (1, "none", None),
    ],
)
def test_the_server_group_follows_the_wish_and_never_the_number_of_hosts(count, wish, policy):
    assert pair(hosts(count=count, anti_affinity=wish)).server_group_policy.value == policy


def test_nodes_admit_the_hosts_alone_and_on_the_planned_ports_alone():
    rules = [rule for rule in pair().rules if rule.group is Group.NODES]
    assert {rule.port for rule in rules} == {30080, 30443, 30082}
    assert all(rule.source is Group.HOSTS for rule in rules)


def test_hosts_admit_clients_to_listeners_and_one_another_to_vrrp_and_nobody_to_ssh():
    rules = [rule for rule in pair().rules if rule.group is Group.HOSTS]
    assert {rule.port for rule in rules if isinstance(rule.source, IPv4Network)} == {80, 443}
    assert {rule.protocol for rule in rules if rule.source is Group.HOSTS} == {"vrrp", "tcp"}


def test_ssh_is_opened_to_those_who_were_named():
    sources = [
        rule.source
        for rule in pair(hosts(ssh_from=(IPv4Network("192.0.2.0/24"),)), OFFLINE).rules
        if rule.port == 22
    ]
    assert sources == [IPv4Network("192.0.2.0/24")]


def test_an_ssh_server_that_moved_is_opened_where_it_is():
    networks = (IPv4Network("192.0.2.0/24"),)
    planned = pair(hosts(ssh_from=networks, ssh_port=2222, key_pair="me"), OFFLINE)
    assert planned.ssh_port == 2222
    assert [(rule.name, rule.port) for rule in planned.rules if rule.name.startswith("ssh")] == [
        ("ssh-2222-192.0.2.0-24", 2222)
    ]


@pytest.mark.parametrize(("port", "key_pair", "listens"), [(80, None, 22), (22, None, None), (80, "me", 22)])
def test_an_ssh_server_that_nobody_can_log_in_to_makes_room_for_a_listener(port, key_pair, listens):
    said = hosts(key_pair=key_pair).load_balancer
    said = replace(said, listeners=(Listener("http", port),))
    planned = pair(replace(PAIR, load_balancer=said), OFFLINE)
    assert planned.ssh_port == listens
    assert 22 not in {rule.port for rule in planned.rules if port != 22}


def test_nodes_admit_the_question_for_somebodys_own_service():
    ssh = Listener("ssh", 2222, protocol="tcp", health_check=ListenerCheck("http", 30023))
    said = replace(PAIR.load_balancer, listeners=(ssh,))
    ingress = replace(PAIR.ingress, node_ports={"ssh": 30022})
    rules = pair(replace(PAIR, load_balancer=said, ingress=ingress), OFFLINE).rules
    assert {rule.port for rule in rules if rule.group is Group.NODES} == {30022, 30023, 30082}


def test_figures_are_open_to_those_who_were_named_and_to_nobody_else():
    def sources(planned):
        return [rule.source for rule in planned.rules if rule.port == STATUS_PORT]

    monitoring = IPv4Network("192.0.2.0/24")
    watched = pair(hosts(metrics_from=(monitoring,)), OFFLINE)
    assert sources(pair()) == [Group.HOSTS]
    assert sources(watched) == [Group.HOSTS, monitoring]
    assert watched.metrics_from == (monitoring,)


@pytest.mark.parametrize(("patching", "hours"), [("image", [None, None, None]), ("in-turn", [2, 3, 4])])
def test_hosts_are_patched_when_the_image_says_or_in_turn(patching, hours):
    planned = pair(hosts(count=3, patching=patching), OFFLINE)
    told = [host.user_data for host in planned.hosts.value]
    assert told == [userdata.render(patch_hour=hour) for hour in hours]


def test_rules_have_names_of_their_own():
    two = replace(
        PAIR.load_balancer, allowed_clients=(IPv4Network("192.0.2.0/24"), IPv4Network("198.51.100.0/24"))
    )
    names = [rule.name for rule in pair(replace(PAIR, load_balancer=two), OFFLINE).rules]
    assert len(names) == len(set(names))


def test_without_a_nodes_group_no_rule_is_made_there():
    assert all(rule.group is Group.HOSTS for rule in pair(nodes(security_group=None)).rules)


def test_an_id_in_the_settings_is_used_offline_and_a_name_is_unknown():
    assert pair(capabilities=OFFLINE).place.network.id is None
    where = replace(PAIR.load_balancer.openstack, network=NETWORK)
    by_id = replace(PAIR, load_balancer=replace(PAIR.load_balancer, openstack=where))
    assert pair(by_id, OFFLINE).place.network.id == NETWORK


def test_the_nodes_of_a_cidr_are_all_its_addresses_but_those_excluded():
    subnet = Nodes("cidr", cidr=IPv4Network("10.20.0.0/29"), exclude=(IPv4Address("10.20.0.1"),))
    backends = make(replace(PAIR, nodes=subnet), ABLE, NAMES).backends.value
    assert [str(backend.address) for backend in backends] == [f"10.20.0.{last}" for last in range(2, 7)]


def test_servers_are_unknown_until_they_are_looked_up():
    looked_up = replace(PAIR, nodes=Nodes("openstack", tag="worker"))
    assert make(looked_up, OFFLINE, NAMES).backends.value is None
    found = (Backend("w1", IPv4Address("10.20.0.11")),)
    assert make(looked_up, Capabilities(openstack=CLOUD, backends=found), NAMES).backends.value == found


def test_a_controller_of_ones_own_leaves_the_ingress_out():
    assert make(replace(PAIR, ingress=Ingress(controller="none")), ABLE, NAMES).ingress is None


def test_a_number_of_replicas_makes_a_deployment():
    assert (
        make(replace(PAIR, ingress=Ingress(replicas=3)), ABLE, NAMES).ingress.workload.value == "Deployment"
    )


@pytest.mark.parametrize(
    ("said", "whether"),
    [
        (NETWORK, True),
        (NETWORK.replace("-", ""), True),
        ("k8s", False),
        ("deadbeef", False),
        (f"x{NETWORK}", False),
    ],
)
def test_ids_are_told_from_names(said, whether):
    assert is_id(said) is whether


@pytest.mark.parametrize("stack", ["prod", "org/project", "Prod_2", "x" * 90])
def test_a_stacks_names_are_dns_labels(stack):
    assert len(for_stack(stack).of("host", 1)) <= 63


@pytest.mark.parametrize("prefix", ["", "-a", "A", "a" * 41])
def test_a_prefix_that_is_no_dns_label_is_refused(prefix):
    with pytest.raises(ValueError, match="DNS label"):
        Names(prefix)
