"""Two exposures of one program: what both would make is refused, each setting in one sentence."""

from dataclasses import replace

import pytest

from portico.kubernetes.neighbours import Neighbour, clashes
from portico.names import for_component
from portico.settings.model import Ingress, Kubernetes
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
