"""What the platform cannot carry is refused before anything is made, every reason at once, each with its
remedy."""

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from portico.capabilities import OFFLINE, Capabilities, OpenStack, Quota
from portico.names import Names
from portico.plan import make
from portico.problems import Problem, Refused
from portico.settings.model import LoadBalancer, Nodes, Octavia
from portico.settings.model import OpenStack as Where
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


def test_what_is_there_already_needs_no_more_quota():
    made = frozenset(
        NAMES.of(part)
        for part in ("hosts", "vip", "host-1", "host-2", "host-1-port", "host-2-port", "address")
    )
    full = {name: Quota(1, 1) for name in CLOUD.quotas}
    make(PAIR, Capabilities(openstack=replace(CLOUD, quotas=full, made=made)), NAMES)


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


def test_a_provider_that_the_region_lacks_is_refused_with_those_it_has():
    (problem,) = refusal(OCTAVIA, octavia_providers=("amphora",))
    assert "amphora" in problem.rule


def test_more_nodes_than_a_hosts_metadata_can_carry_are_refused_before_anything_is_made():
    subnet = Nodes("cidr", cidr=IPv4Network("10.20.0.0/22"), security_group="k8s-workers")
    (problem,) = refusal(replace(PAIR, nodes=subnet), metadata_items=20)
    assert problem.path == "portico:nodes"
    assert "metadata items" in problem.rule
