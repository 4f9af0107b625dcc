"""Two exposures of one program: what both would make is refused, each setting in one sentence."""

from dataclasses import replace

import pytest

from portico.kubernetes.neighbours import Neighbour, clashes
from portico.names import for_component
from portico.settings.model import Ingress, Kubernetes
from tests.unit.plan.worlds import PAIR

SHOP = Neighbour("shop", PAIR, for_component("web", "prod", "shop"))
API = for_component("web", "prod", "api")
APART = replace(
    PAIR,
    ingress=Ingress(
        namespace="api", ingress_class="api", node_ports={"http": 31080, "https": 31443}, health_port=31082
    ),
)


def paths(settings, *others, names=API):
    return [problem.path for problem in clashes(settings, names, others)]


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
    sentence = str(next(clashes(PAIR, API, [SHOP])))
    assert "is made by the Exposure 'shop' of this program" in sentence


def test_two_that_are_told_apart_go_beside_each_other():
    assert paths(APART, SHOP) == []


def test_in_another_cluster_the_defaults_do():
    assert paths(replace(PAIR, kubernetes=Kubernetes(context="other")), SHOP) == []


def test_one_name_is_not_given_twice():
    assert paths(APART, SHOP, names=SHOP.names) == ["the component's name"]


@pytest.mark.parametrize(("key", "field"), [("floatingIp", "floating_ip"), ("vip", "vip")])
def test_one_address_is_not_given_twice(key, field):
    def at(settings):
        where = replace(settings.load_balancer.openstack, **{field: "203.0.113.7"})
        return replace(settings, load_balancer=replace(settings.load_balancer, openstack=where))

    assert paths(at(APART), replace(SHOP, settings=at(PAIR))) == [f"portico:loadBalancer.openstack.{key}"]
