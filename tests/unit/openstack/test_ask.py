"""What a cloud answers becomes capabilities; what it cannot answer becomes a problem with its path and
remedy."""

import os
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from types import SimpleNamespace as Thing

import pytest
from openstack.config import loader

from portico.kinds.octavia.ask import octavia_providers
from portico.kinds.octavia.settings import Octavia
from portico.names import Names
from portico.openstack.answers import Admission, Own, Quota, Stranger
from portico.openstack.ask import Asker, ask
from portico.openstack.cloud import connect, located
from portico.openstack.credentials import credentials
from portico.openstack.settings import OpenStack as Where
from portico.plan.make import make
from portico.problems import Refused
from portico.settings.model import Nodes
from portico.traffic import Backend
from tests.unit.openstack.fake_cloud import ME, NETWORK_ID, FakeCloud, Forbidden, image, network, port, server
from tests.unit.plan.worlds import PAIR

NAMES = Names("portico-test")
NOTHING = Own()
"""What a stack has made before its first `up`."""


def where(**changes):
    there = replace(PAIR.load_balancer.openstack, **changes)
    return replace(PAIR, load_balancer=replace(PAIR.load_balancer, openstack=there))


def hosts(**changes):
    changed = replace(PAIR.load_balancer.hosts, **changes)
    return replace(PAIR, load_balancer=replace(PAIR.load_balancer, hosts=changed))


def nodes(**changes):
    return replace(PAIR, nodes=Nodes("openstack", **changes))


def asked(settings, cloud, own=NOTHING):
    return ask(settings, NAMES, cloud, own)


def only_problem(settings, cloud):
    (problem,) = asked(settings, cloud).problems
    return problem


def test_an_able_cloud_answers_everything_and_has_no_problem():
    answers = asked(PAIR, FakeCloud())
    assert answers.problems == ()
    assert answers.openstack.network_id == NETWORK_ID
    assert answers.openstack.subnet.gateway == IPv4Address("10.20.0.1")
    assert answers.openstack.node_security_group_id == "sg"
    assert answers.openstack.metadata_items == 128
    assert answers.openstack.quotas["ports"] == Quota(10, 3)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        (where(network="k9s"), "portico:loadBalancer.openstack.network"),
        (where(external_network="pubic"), "portico:loadBalancer.openstack.externalNetwork"),
        (where(external_network="k8s"), "portico:loadBalancer.openstack.externalNetwork"),
        (where(subnet="k8s-6"), "portico:loadBalancer.openstack.subnet"),
        (where(floating_ip="203.0.113.7"), "portico:loadBalancer.openstack.floatingIp"),
        (hosts(image="debian-11"), "portico:loadBalancer.hosts.image"),
        (hosts(flavor="m1.tiny"), "portico:loadBalancer.hosts.flavor"),
        (hosts(key_pair="nobody"), "portico:loadBalancer.hosts.keyPair"),
        (hosts(availability_zones=("mars",)), "portico:loadBalancer.hosts.availabilityZones"),
        (
            replace(PAIR, nodes=replace(PAIR.nodes, security_group="workers")),
            "portico:nodes.securityGroup",
        ),
        (nodes(tag="worker"), "portico:nodes.from"),
        (nodes(names=("w1",)), "portico:nodes.names"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_exist_is_one_problem_with_its_path(settings, path):
    problem = only_problem(settings, FakeCloud())
    assert problem.path == path
    assert problem.remedy


def test_a_name_that_several_things_have_is_a_problem():
    cloud = FakeCloud()
    cloud.image.all_images.append(image("deb2"))
    assert only_problem(PAIR, cloud).rule == "several images have this name: deb, deb2"


def test_two_subnets_need_a_name():
    cloud = FakeCloud()
    cloud.network.all_subnets.append(
        Thing(**{**vars(cloud.network.all_subnets[0]), "id": "two", "name": "k8s-b"})
    )
    assert "k8s-4 (sub), k8s-b (two)" in only_problem(PAIR, cloud).rule
    assert asked(where(subnet="k8s-b"), cloud).openstack.subnet.id == "two"


def test_a_network_of_another_project_is_foreign():
    cloud = FakeCloud()
    cloud.network.networks_of_all[0].project_id = "somebody"
    assert asked(PAIR, cloud).openstack.foreign_network


def test_a_hidden_quota_is_not_judged():
    cloud = FakeCloud()
    cloud.network.quota = None
    assert "ports" not in asked(PAIR, cloud).openstack.quotas


def crowded():
    """A cloud in which somebody has made a pair of the stack's name."""
    cloud = FakeCloud(octavia=("ovn",))
    cloud.network.all_ports = [port("vip", name="portico-test-vip")]
    cloud.network.groups.append(Thing(id="hosts", name="portico-test-hosts", project_id=ME))
    cloud.network.floating_ips = [
        Thing(id="ip", description=NAMES.description("address"), port_id=None, project_id=ME)
    ]
    cloud.network.rules = [rule(id="vrrp", description=NAMES.description("vrrp"), protocol="vrrp")]
    cloud.compute.all_servers = [Thing(id="host", name="portico-test-host-1")]
    cloud.compute.groups = [Thing(id="apart", name="portico-test-hosts")]
    cloud.balancers = [
        Thing(id="lb", name="portico-test-lb", project_id=ME, provisioning_status="ACTIVE"),
        Thing(id="gone", name="portico-test-lb", project_id=ME, provisioning_status="PENDING_DELETE"),
    ]
    return cloud


def rule(**changes):
    return Thing(
        **{
            "id": "r",
            "description": "",
            "project_id": ME,
            "security_group_id": "sg",
            "direction": "ingress",
            "ether_type": "IPv4",
            "protocol": "tcp",
            "port_range_min": 30080,
            "port_range_max": 30080,
            "remote_ip_prefix": "10.20.0.0/24",
            **changes,
        }
    )


PAIRS_OWN = frozenset({"vip", "hosts", "ip", "vrrp", "host", "apart"})
OCTAVIA = replace(
    PAIR,
    load_balancer=replace(
        PAIR.load_balancer, type="octavia", hosts=None, octavia=Octavia("amphora", trust_nodes=True)
    ),
)


def strangers(settings, cloud, *own):
    there = asked(settings, cloud, Own(ids=frozenset(own))).openstack.strangers
    return {each.id for each in there} - {"sg", "router-port"}


def test_what_is_there_and_not_in_the_state_is_a_stranger():
    assert strangers(PAIR, crowded()) == PAIRS_OWN
    assert strangers(OCTAVIA, crowded()) == {"vip", "hosts", "ip", "vrrp", "lb"}


def test_what_is_in_the_state_is_no_stranger():
    assert strangers(PAIR, crowded(), *PAIRS_OWN) == set()
    assert strangers(OCTAVIA, crowded(), *PAIRS_OWN, "lb") == set()


def test_a_state_that_has_lost_one_thing_makes_that_one_a_stranger():
    for lost in PAIRS_OWN:
        assert strangers(PAIR, crowded(), *PAIRS_OWN - {lost}) == {lost}


def test_what_the_engine_has_still_to_delete_stands_beside_the_stacks_own_and_is_no_stranger():
    cloud = crowded()
    cloud.network.all_ports.append(port("old", name="portico-test-vip"))
    assert strangers(PAIR, cloud, *PAIRS_OWN) == set()
    assert strangers(PAIR, cloud, *PAIRS_OWN - {"vip"}) == {"vip", "old"}


def test_what_belongs_to_another_project_is_no_stranger():
    cloud = FakeCloud()
    cloud.network.all_ports.append(port("p", name="portico-test-vip", project_id="somebody"))
    assert strangers(PAIR, cloud) == set()


def test_a_stranger_is_told_by_quota_name_and_id():
    cloud = FakeCloud()
    cloud.network.all_ports.append(port("p", name="portico-test-vip"))
    assert Stranger("ports", "portico-test-vip", "p") in asked(PAIR, cloud).openstack.strangers


@pytest.mark.parametrize(
    ("changes", "admits"),
    [
        ({}, True),
        ({"protocol": "6"}, True),
        ({"protocol": "udp"}, False),
        ({"protocol": None, "port_range_min": None, "port_range_max": None}, False),
        ({"port_range_max": 30090}, False),
        ({"direction": "egress"}, False),
        ({"ether_type": "IPv6", "remote_ip_prefix": "2001:db8::/64"}, False),
        ({"remote_ip_prefix": None}, False),
        ({"security_group_id": "another"}, False),
    ],
    ids=str,
)
def test_what_the_nodes_group_admits_already_is_known(changes, admits):
    cloud = FakeCloud()
    cloud.network.rules = [rule(**changes)]
    there = (Admission(30080, IPv4Network("10.20.0.0/24"), "r"),) if admits else ()
    assert asked(PAIR, cloud).openstack.admissions == there
    assert asked(PAIR, cloud, Own(ids=frozenset({"r"}))).openstack.admissions == ()


@pytest.mark.parametrize(
    "chosen",
    [{"tag": "worker"}, {"names": ("w1", "w2")}, {"metadata": {"role": "worker"}}],
    ids=["tag", "names", "metadata"],
)
def test_servers_are_found_by_tag_name_and_metadata(chosen):
    cloud = FakeCloud()
    worker = {"tags": ("worker",), "metadata": {"role": "worker"}}
    cloud.compute.all_servers = [
        server("w1", "10.20.0.11", **worker),
        server("w2", "10.20.0.12", **worker),
        server("db", "10.20.0.50"),
    ]
    backends = asked(nodes(**chosen), cloud).backends
    assert backends == (Backend("w1", IPv4Address("10.20.0.11")), Backend("w2", IPv4Address("10.20.0.12")))


def test_a_server_on_another_network_is_a_problem():
    cloud = FakeCloud()
    cloud.compute.all_servers = [server("w1", network="storage", tags=("worker",))]
    assert "w1" in only_problem(nodes(tag="worker"), cloud).rule


WORKERS = "portico:nodes.from = 'openstack': the server w2 (w2) is left out, for its status is"


@pytest.mark.parametrize("status", ["ERROR", "BUILD", "DELETED", "SOFT_DELETED"])
@pytest.mark.parametrize("address", ["10.20.0.12", None], ids=["with an address", "without"])
def test_a_worker_that_cannot_serve_is_left_out_and_said(status, address):
    cloud = FakeCloud()
    cloud.compute.all_servers = [server("w1"), server("w2", address, status=status)]
    answers = asked(nodes(), cloud)
    assert answers.problems == ()
    assert answers.backends == (Backend("w1", IPv4Address("10.20.0.11")),)
    (warning,) = answers.warnings
    assert str(warning).startswith(f"{WORKERS} {status}; ")


@pytest.mark.parametrize(
    "elsewhere", [{"address": None}, {"network": "storage"}], ids=["nowhere", "elsewhere"]
)
def test_a_worker_without_an_address_is_left_out_and_said(elsewhere):
    cloud = FakeCloud()
    cloud.compute.all_servers = [server("w1"), server("w2", **elsewhere)]
    answers = asked(nodes(names=("w1", "w2")), cloud)
    assert answers.problems == ()
    assert [backend.name for backend in answers.backends] == ["w1"]
    (warning,) = answers.warnings
    assert str(warning) == (
        "portico:nodes.network = 'k8s': the server w2 (w2) is left out, for it has no IPv4 address there; "
        "name its network"
    )


@pytest.mark.parametrize("status", ["SHUTOFF", "REBOOT", "PAUSED", "SUSPENDED", "RESCUE", "VERIFY_RESIZE"])
def test_a_worker_that_may_come_back_by_itself_stays(status):
    """Health checks tell when it serves."""
    cloud = FakeCloud()
    cloud.compute.all_servers = [server("w1", status=status)]
    answers = asked(nodes(), cloud)
    assert (answers.problems, answers.warnings, len(answers.backends)) == ((), (), 1)


def test_where_no_worker_is_left_each_is_a_problem():
    cloud = FakeCloud()
    cloud.compute.all_servers = [
        server("w1", status="ERROR"),
        server("w2", None),
        server("w3", status="BUILD"),
    ]
    answers = asked(nodes(), cloud)
    assert answers.warnings == ()
    assert len(answers.problems) == 3
    assert all(problem.rule.endswith(", and no other is left") for problem in answers.problems)


def listed(name, *addresses, **rest):
    """A server with these addresses in one network."""
    made = server(name, **rest)
    entries = [
        {"addr": address, "version": 6 if ":" in address else 4, "OS-EXT-IPS:type": "fixed"}
        for address in addresses
    ]
    made.addresses = {"k8s": entries}
    return made


@pytest.mark.parametrize(
    "addresses",
    [
        ("2001:db8::50", "10.20.0.50"),
        ("10.20.0.50", "2001:db8::50"),
        ("10.99.0.50", "10.20.0.50"),
        ("10.20.0.50", "10.99.0.50"),
        ("10.20.0.60", "10.20.0.50"),
        ("10.20.0.50", "10.20.0.60"),
        ("10.20.0.100", "10.20.0.50"),
    ],
    ids=", ".join,
)
def test_of_several_addresses_of_a_server_the_same_one_counts_in_whatever_order(addresses):
    cloud = FakeCloud()
    cloud.compute.all_servers = [listed("w1", *addresses, tags=("worker",))]
    assert asked(nodes(tag="worker"), cloud).backends == (Backend("w1", IPv4Address("10.20.0.50")),)


def twins():
    """A cloud with two networks called storage, and a worker in both."""
    cloud = FakeCloud()
    cloud.network.networks_of_all += [network(each, "storage") for each in ("one", "two")]
    worker = server("w1", "10.3.0.5", network="storage", tags=("worker",))
    worker.addresses["storage"].append({"addr": "10.2.0.5", "version": 4})
    cloud.compute.all_servers = [worker]
    cloud.network.all_ports += [
        port("a", "10.3.0.5", network_id="one", device_id="w1"),
        port("b", "10.2.0.5", network_id="two", device_id="w1"),
    ]
    return cloud


@pytest.mark.parametrize(("network", "address"), [("one", "10.3.0.5"), ("two", "10.2.0.5")])
def test_a_network_of_the_nodes_that_was_looked_up_is_used_by_its_id(network, address):
    assert asked(nodes(tag="worker", network=network), twins()).backends == (
        Backend("w1", IPv4Address(address)),
    )


def test_two_networks_of_the_nodes_name_are_refused_with_both_ids():
    problem = only_problem(nodes(tag="worker", network="storage"), twins())
    assert problem.path == "portico:nodes.network"
    assert problem.rule == "several networks have this name: one, two"


def test_where_ports_are_not_told_a_servers_addresses_are_nova_s():
    cloud = FakeCloud()
    cloud.network.ports = Forbidden()
    cloud.compute.all_servers = [server("w1", tags=("worker",))]
    answers = asked(nodes(tag="worker"), cloud)
    assert answers.backends == (Backend("w1", IPv4Address("10.20.0.11")),)
    assert answers.problems == ()


def test_two_networks_of_one_name_are_refused_with_both_ids():
    cloud = FakeCloud()
    cloud.network.networks_of_all.append(network("other", "k8s"))
    assert only_problem(PAIR, cloud).rule == f"several networks have this name: {NETWORK_ID}, other"


def test_two_groups_of_one_name_are_refused_with_both_ids():
    cloud = FakeCloud()
    cloud.network.groups.append(Thing(id="sg2", name="k8s-workers", project_id="shared"))
    assert only_problem(PAIR, cloud).rule == "several security groups have this name: sg, sg2"


def test_ids_that_the_cloud_does_not_tell_are_left_out():
    cloud = FakeCloud()
    cloud.network.networks_of_all.append(network("other", "k8s"))
    cloud.network.networks = Forbidden()
    assert only_problem(PAIR, cloud).rule == "several networks have this name"


LISTINGS = ("ports", "routers", "security_groups", "security_group_rules", "extensions", "get_quota")


@pytest.mark.parametrize("listing", LISTINGS)
def test_what_a_cloud_forbids_to_list_is_not_asked_and_blocks_nothing(listing):
    cloud = FakeCloud()
    setattr(cloud.network, listing, Forbidden())
    answers = asked(PAIR, cloud)
    assert answers.problems == ()
    make(PAIR, answers, NAMES)


def test_whatever_a_cloud_forbids_to_list_blocks_nothing():
    cloud = FakeCloud(octavia=("ovn",))
    for listing in (*LISTINGS, "ips", "networks"):
        setattr(cloud.network, listing, Forbidden())
    cloud.compute.server_groups = cloud.load_balancers = cloud.get_quota = Forbidden()
    for settings in (PAIR, OCTAVIA):
        answers = asked(settings, cloud)
        assert answers.problems == ()
        assert answers.openstack.extensions is None
        assert answers.openstack.routers is None


def test_the_nodes_network_may_be_given_by_id():
    cloud = FakeCloud()
    cloud.compute.all_servers = [server("w1", tags=("worker",))]
    assert len(asked(nodes(tag="worker", network=NETWORK_ID), cloud).backends) == 1


@pytest.mark.parametrize(
    ("octavia", "providers"),
    [(None, ()), (("ovn", "amphora"), ("amphora", "ovn"))],
    ids=["no service", "two providers"],
)
def test_octavias_providers_are_told_in_order(octavia, providers):
    assert octavia_providers(Asker(FakeCloud(octavia), [])) == providers


@pytest.fixture
def clouds_yaml(monkeypatch, tmp_path):
    """The only clouds.yaml there is, and no other credentials."""
    for name in ("OS_CLOUD", "OS_AUTH_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(loader, "CONFIG_FILES", [])
    file = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    return file


def test_without_credentials_there_is_no_connection(clouds_yaml):
    assert connected() is None


@pytest.mark.parametrize("text", [None, "", "clouds: {}"])
def test_a_cloud_that_is_named_where_there_are_no_clouds_at_all_is_no_connection(clouds_yaml, text):
    if text is not None:
        clouds_yaml.write_text(text)
    assert connected(cloud="mycloud") is None


WELL = "clouds: {mycloud: {auth: {auth_url: https://cloud.invalid}}}"


def test_a_cloud_that_is_misspelt_is_named_with_those_that_are_there(clouds_yaml):
    clouds_yaml.write_text(WELL)
    assert mistake("mycluod") == (
        f"openstack:cloud = 'mycluod': must name a cloud in {clouds_yaml}, which has mycloud; "
        "did you mean 'mycloud'?"
    )


def test_a_cloud_that_the_environment_misspells_is_named_too(clouds_yaml, monkeypatch):
    clouds_yaml.write_text(WELL)
    monkeypatch.setenv("OS_CLOUD", "mycluod")
    assert mistake(None).startswith("OS_CLOUD = 'mycluod': must name a cloud")


def test_a_cloud_is_not_named_where_only_the_environment_tells_of_one(clouds_yaml, monkeypatch):
    monkeypatch.setenv("OS_AUTH_URL", "https://cloud.invalid")
    assert "there is no such file" in mistake("mycloud")


@pytest.mark.filterwarnings("ignore:Couldn't find the vendor profile")
@pytest.mark.parametrize(
    "text",
    [
        "clouds:\n\tmycloud: {}\n",
        "clouds: [mycloud]",
        "mycloud",
        "clouds: {mycloud: here}",
        "clouds: {mycloud: {auth_type: v3appcred, auth: {auth_url: https://cloud.invalid}}}",
        "clouds: {mycloud: {auth: here}}",
        "clouds: {mycloud: {profile: nosuchvendor}}",
    ],
    ids=["tab", "list", "word", "no mapping", "auth type", "no auth", "vendor"],
)
def test_a_clouds_yaml_that_is_wrong_is_one_sentence(clouds_yaml, text):
    clouds_yaml.write_text(text)
    said = mistake("mycloud")
    assert said.startswith("openstack:cloud = 'mycloud': ")
    assert "\n" not in said


def connected(**configured):
    return connect(located(credentials(configured, os.environ)))


def mistake(cloud):
    with pytest.raises(Refused) as caught:
        connected(cloud=cloud)
    (problem,) = caught.value.problems
    return str(problem)


def test_where_a_floating_ip_is_not_wanted_none_is_looked_for():
    settings = where(public=False, floating_ip=None, external_network=None)
    assert isinstance(settings.load_balancer.openstack, Where)
    assert asked(settings, FakeCloud()).openstack.external_network is None


FEW = Thing(load_balancers=2, listeners=3, pools=4, members=10, health_monitors=None)


def busy(limits):
    cloud = FakeCloud(octavia=("ovn",))
    cloud.limits = limits
    cloud.balancers = [Thing(id="l", name="x", project_id=ME, provisioning_status="ACTIVE")]
    cloud.all_listeners = [Thing(project_id=ME), Thing(project_id=ME), Thing(project_id="another")]
    cloud.all_pools = [Thing(project_id=ME, members=[1, 2]), Thing(project_id=ME, members=None)]
    return cloud


def test_of_octavias_quotas_what_is_used_is_counted():
    told = asked(OCTAVIA, busy(FEW)).openstack.quotas
    assert {name: told[name] for name in ("load_balancers", "listeners", "pools", "members")} == {
        "load_balancers": Quota(2, 1),
        "listeners": Quota(3, 2),
        "pools": Quota(4, 2),
        "members": Quota(10, 2),
    }
    assert "health_monitors" not in told


def test_octavias_parts_are_not_listed_where_they_are_not_limited():
    cloud = busy(FakeCloud().limits)
    cloud.listeners = cloud.pools = cloud.health_monitors = Forbidden()
    assert "listeners" not in asked(OCTAVIA, cloud).openstack.quotas


def test_parts_of_octavia_that_may_not_be_listed_are_not_counted_as_none():
    cloud = busy(FEW)
    cloud.pools = Forbidden()
    told = asked(OCTAVIA, cloud).openstack.quotas
    assert "pools" not in told
    assert "members" not in told
    assert told["listeners"] == Quota(3, 2)


@pytest.mark.parametrize(("limit", "used"), [(None, 3), (10, None)])
def test_a_quota_that_is_told_by_half_is_not_judged(limit, used):
    cloud = FakeCloud()
    cloud.network.quota.ports = {"limit": limit, "used": used}
    absolute = cloud.compute.get_limits().absolute
    absolute.instances, absolute.instances_used = limit, used
    cloud.compute.get_limits = lambda: Thing(absolute=absolute)
    told = asked(PAIR, cloud).openstack.quotas
    assert "ports" not in told
    assert "instances" not in told
