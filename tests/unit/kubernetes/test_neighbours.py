"""Two exposures of one program: what both would make is refused, each setting in one sentence."""

from dataclasses import replace

import pytest

from portico.kinds.metallb.settings import MetalLb
from portico.kubernetes.neighbours import Neighbour, clashes, undecided
from portico.later import Later
from portico.names import for_component
from portico.settings.model import Ingress, Kubernetes, LoadBalancer
from tests.unit.plan.worlds import PAIR

SHOP = Neighbour("shop", PAIR, for_component("web", "prod", "shop"), PAIR.kubernetes)
API = for_component("web", "prod", "api")
APART = replace(
    PAIR,
    ingress=Ingress(
        namespace="api", ingress_class="api", node_ports={"http": 31080, "https": 31443}, health_port=31082
    ),
)


def api(settings, names=API, cluster=None, cloud=None):
    return Neighbour("api", settings, names, cluster or settings.kubernetes, cloud)


def paths(settings, *others, **mine):
    return [problem.path for problem in clashes(api(settings, **mine), others)]


def test_the_first_has_no_neighbours():
    assert paths(PAIR) == []


def test_the_defaults_of_both_are_refused_with_the_settings_that_tell_them_apart():
    assert paths(PAIR, SHOP) == [
        "portico:ingress.namespace",
        "portico:ingress.ingressClass",
        "portico:ingress.nodePorts.http",
        "portico:ingress.nodePorts.https",
        "portico:ingress.healthPort",
    ]


def test_the_sentence_names_the_other():
    sentence = str(next(clashes(api(PAIR), [SHOP])))
    assert "is made by the Exposure 'shop' of this program" in sentence


def test_two_that_are_told_apart_go_beside_each_other():
    assert paths(APART, SHOP) == []


def test_in_another_cluster_the_defaults_do():
    assert paths(replace(PAIR, kubernetes=Kubernetes(context="other")), SHOP) == []


def test_through_another_provider_the_defaults_do():
    assert paths(PAIR, SHOP, cluster="a given provider") == []
    assert paths(PAIR, replace(SHOP, cluster="a given provider"), cluster="another one") == []
    assert "portico:ingress.namespace" in paths(PAIR, replace(SHOP, cluster="one"), cluster="one")


def test_one_name_is_not_given_twice():
    assert paths(APART, SHOP, names=SHOP.names) == ["the component's name"]


def at(settings, **where):
    place = replace(settings.load_balancer.openstack, **where)
    return replace(settings, load_balancer=replace(settings.load_balancer, openstack=place))


@pytest.mark.parametrize(("key", "field"), [("floatingIp", "floating_ip"), ("vip", "vip")])
def test_one_address_is_not_given_twice_in_a_cloud(key, field):
    address = {field: "203.0.113.7"}
    other = replace(SHOP, settings=at(PAIR, **address))
    assert paths(at(APART, **address), other) == [f"portico:loadBalancer.openstack.{key}"]
    assert paths(at(APART, **address), other, cloud="a given provider") == []


def test_another_network_may_have_the_same_vip():
    other = replace(SHOP, settings=at(PAIR, vip="10.20.0.9"))
    assert paths(at(APART, vip="10.20.0.9", network="another"), other) == []


@pytest.mark.parametrize(("key", "field"), [("floatingIp", "floating_ip"), ("vip", "vip")])
def test_one_output_is_one_address_whatever_it_will_be(key, field):
    output = object()
    other = replace(SHOP, settings=at(PAIR, **{field: Later(output)}))
    (problem,) = clashes(api(at(APART, **{field: Later(output)})), [other])
    assert str(problem) == (
        f"portico:loadBalancer.openstack.{key}: the Exposure 'shop' of this program has it; "
        "choose another one"
    )
    assert paths(at(APART, **{field: Later(object())}), other) == []


def test_one_output_is_one_network():
    network = Later(object())
    other = replace(SHOP, settings=at(PAIR, vip="10.20.0.9", network=network))
    same = at(APART, vip="10.20.0.9", network=Later(network.output))
    assert paths(same, other) == ["portico:loadBalancer.openstack.vip"]


@pytest.mark.parametrize(
    ("address", "cloud", "waited"),
    [
        ("203.0.113.7", None, True),
        (Later(object()), None, True),
        (None, None, False),
        ("203.0.113.7", "one", False),
    ],
    ids=["plain", "an Output", "none", "in another cloud"],
)
def test_an_address_that_the_other_learns_later_is_waited_for_where_it_can_clash(address, cloud, waited):
    known = Later(object())
    other = replace(SHOP, settings=at(PAIR, floating_ip=Later(object())), known=known)
    expected = {"shop": known} if waited else {}
    assert undecided(api(at(APART, floating_ip=address), cloud=cloud), [other]) == expected


def test_nobody_waits_for_one_whose_address_is_known():
    assert undecided(api(at(APART, floating_ip="203.0.113.7")), [replace(SHOP, settings=at(PAIR))]) == {}


def used(settings, *existing):
    return replace(settings, ingress=replace(settings.ingress, existing=existing))


def test_a_namespace_that_both_only_use_is_shared_and_a_class_is_not():
    apart = replace(APART.ingress, namespace="shared", ingress_class="public", existing=("namespace",))
    mine, theirs = replace(APART, ingress=apart), used(PAIR, "namespace")
    theirs = replace(theirs, ingress=replace(theirs.ingress, namespace="shared"))
    assert paths(mine, replace(SHOP, settings=theirs)) == []
    both = ("namespace", "ingressClass")
    theirs = replace(theirs, ingress=replace(theirs.ingress, ingress_class="public", existing=both))
    (problem,) = clashes(api(used(mine, *both)), [replace(SHOP, settings=theirs)])
    assert str(problem) == (
        "portico:ingress.ingressClass = 'public': the controller of the Exposure 'shop' of this program "
        "serves this class; give each a class of its own"
    )


def test_two_without_a_controller_may_name_one_class():
    mine, theirs = (
        replace(each, ingress=replace(each.ingress, controller="none", ingress_class="public"))
        for each in (APART, PAIR)
    )
    assert paths(mine, replace(SHOP, settings=theirs)) == []


def in_the_cluster(settings, addresses, **more):
    metallb = MetalLb(addresses, install=False, **more)
    return replace(settings, nodes=None, load_balancer=LoadBalancer("metallb", metallb=metallb))


def test_two_pools_of_one_metallb_hold_different_addresses():
    theirs = replace(SHOP, settings=in_the_cluster(PAIR, ("192.0.2.10-192.0.2.20",)))
    (problem,) = clashes(api(in_the_cluster(APART, ("192.0.2.1/32", "192.0.2.16/28"))), [theirs])
    assert str(problem) == (
        "portico:loadBalancer.metallb.addresses[1] = '192.0.2.16/28': overlaps 192.0.2.10-192.0.2.20 of the "
        "Exposure 'shop' of this program; leave those addresses out"
    )
    assert paths(in_the_cluster(APART, ("192.0.2.32/28",)), theirs) == []
    assert paths(in_the_cluster(APART, ("192.0.2.16/28",), namespace="another"), theirs) == []
