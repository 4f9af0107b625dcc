"""What the state tells of the cloud: what is the stack's own, and what look-ups found."""

import json
from dataclasses import fields, replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from portico import memory
from portico.names import Names, for_component, for_stack
from portico.openstack.answers import Address, FloatingIp, OpenStack, Own, Subnet
from portico.state import EXPOSURE, Resource, State
from tests.unit.plan.worlds import CLOUD, PAIR

NAMES = Names("portico-test")
FLAT = replace(CLOUD, quotas={}, extensions=None, flavor_cores=0, flavor_ram=0)
"""What is worth remembering of the answers."""


def resource(type, **outputs):
    return Resource(f"urn:pulumi:test::portico::{type}::x", type, outputs)


def test_before_the_first_up_nothing_is_the_stacks_own():
    assert memory.own(State(), NAMES) == Own()


def test_what_is_in_the_state_is_the_stacks_own_by_id_name_and_description():
    own = memory.own(
        State(
            (
                resource("openstack:compute/instance:Instance", id="i", name="portico-test-host-1"),
                resource("openstack:networking/port:Port", id="p", name="portico-test-vip"),
                resource("openstack:networking/port:Port", id="q", name="portico-test-host-1-port"),
                resource("openstack:networking/secGroupRule:SecGroupRule", id="r", description="vrrp"),
                resource("openstack:loadbalancer/members:Members", id="m"),
                resource("kubernetes:core/v1:Service", id="s", name="portico-test-vip"),
                resource("portico:index:Exposure", address="203.0.113.7"),
            )
        ),
        NAMES,
    )
    assert own.ids == {"i", "p", "q", "r", "m"}
    assert own.vips == {"p"}
    assert own.made == {
        "instances": {"portico-test-host-1"},
        "ports": {"portico-test-vip", "portico-test-host-1-port"},
        "security_group_rules": {"vrrp"},
    }
    assert own.addresses == ()


def test_under_octavia_the_vip_is_the_load_balancers_port():
    balancer = resource(memory.LOAD_BALANCER, id="lb", name="portico-test-lb", vipPortId="octavias")
    own = memory.own(State((balancer,)), NAMES)
    assert own.vips == own.octavia_vips == {"octavias"}
    assert own.recorded["load_balancers"]["portico-test-lb"]["vipPortId"] == "octavias"


def test_the_vip_of_another_exposures_load_balancer_is_not_this_ones():
    balancer = resource(memory.LOAD_BALANCER, id="lb", name="portico-other-lb", vipPortId="theirs")
    assert memory.own(State((balancer,)), NAMES).vips == frozenset()


def test_of_an_octavia_load_balancer_its_listeners_and_members_are_known_by_port():
    state = State(
        (
            resource(memory.LOAD_BALANCER, id="lb", name="portico-test-lb"),
            resource(memory.LISTENER, id="a", loadbalancerId="lb", protocolPort=80),
            resource(memory.LISTENER, id="b", loadbalancerId="lb", protocolPort=443),
            resource(memory.LISTENER, id="c", loadbalancerId="lb", protocolPort=22),
            resource(memory.LISTENER, id="d", loadbalancerId="gone", protocolPort=25),
            resource(memory.POOL, id="p", listenerId="a"),
            resource(memory.POOL, id="q", listenerId="b"),
            resource(memory.MEMBERS, id="m", poolId="p", members=[{"address": "10.20.0.11"}]),
        )
    )
    own = memory.own(state, NAMES)
    assert own.listeners == {("portico-test-lb", port) for port in (80, 443, 22)}
    assert own.pools == {("portico-test-lb", 80): 1, ("portico-test-lb", 443): 0}


def test_the_provider_of_the_load_balancer_that_stands_is_known():
    ours = resource(memory.LOAD_BALANCER, id="lb", name=NAMES.of("lb"), loadbalancerProvider="amphorav2")
    other = resource(memory.LOAD_BALANCER, id="x", name="another", loadbalancerProvider="ovn")
    assert memory.own(State((other, ours)), NAMES).octavia_provider == "amphorav2"
    assert memory.own(State((other,)), NAMES).octavia_provider is None


def booted_of(state):
    return memory.booted(PAIR, "mycloud", state, memory.own(state, NAMES), NAMES)


def exposed(said, of=NAMES.prefix):
    """An exposure whose image's name has meant two images since it was said."""
    return resource(
        EXPOSURE, lookedUp={"image": {"said": json.dumps(said), "id": "new", "ids": "new old", "of": of}}
    )


@pytest.mark.parametrize(
    ("said", "booted"),
    [
        (["mycloud", "debian-12"], {NAMES.of("host", 1): "old"}),
        (["mycloud", "debian-13"], {}),
        (["another", "debian-12"], {}),
    ],
)
def test_the_image_of_a_volume_is_kept_while_the_settings_say_it_as_before(said, booted):
    block = [{"uuid": "old", "volumeSize": 10}]
    servers = (
        resource(memory.SERVER, id="1", name=NAMES.of("host", 1), blockDevices=block),
        resource(memory.SERVER, id="2", name=NAMES.of("host", 2), imageName="debian-12"),
    )
    assert booted_of(State((exposed(said), *servers))) == booted


SAID = ["mycloud", "debian-12"]


@pytest.mark.parametrize(
    ("exposure", "uuid"),
    [
        pytest.param(exposed(SAID), "from another name", id="an up that did not get to this host"),
        pytest.param(exposed(SAID, of="portico-other"), "old", id="another component says the same"),
        pytest.param(resource(EXPOSURE), "old", id="nothing was looked up"),
    ],
)
def test_a_host_of_an_image_that_its_name_never_meant_is_made_anew(exposure, uuid):
    server = resource(memory.SERVER, id="1", name=NAMES.of("host", 1), blockDevices=[{"uuid": uuid}])
    assert booted_of(State((exposure, server))) == {}


def test_what_a_name_has_meant_is_remembered_as_long_as_a_host_is_made_of_it():
    own = replace(Own(), booted={NAMES.of("host", 1): "old"})
    facts = memory.kept(PAIR, "mycloud", OpenStack(image_id="new", own=own), NAMES)
    assert facts["image"] == {"said": json.dumps(SAID), "id": "new", "ids": "new old", "of": NAMES.prefix}
    without = memory.kept(PAIR, "mycloud", OpenStack(image_id="new"), NAMES)
    assert without["image"]["ids"] == "new"


def floating_ip(description):
    return resource(memory.FLOATING_IP, id="f", address="203.0.113.7", pool="public", description=description)


def test_the_address_that_the_stack_made_is_known_by_its_description():
    own = memory.own(State((floating_ip(NAMES.description("address")),)), NAMES)
    assert own.addresses == (Address("f", IPv4Address("203.0.113.7"), "public"),)


def test_a_floating_ip_that_the_rest_of_the_program_made_is_not_the_stacks_address():
    assert memory.own(State((floating_ip("the mail server's"),)), NAMES).addresses == ()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("203.0.113.7", True),
        ("5E0F1C1E-0000-4000-8000-00000000000F", True),
        ("5e0f1c1e00004000800000000000000f", True),
        ("203.0.113.70", False),
        ("5e0f1c1e-0000-4000-8000-00000000000e", False),
    ],
)
def test_an_address_is_named_by_itself_or_by_its_id(said, meant):
    own = Address("5e0f1c1e-0000-4000-8000-00000000000f", IPv4Address("203.0.113.7"), "public")
    assert own.is_meant(said) == meant


def remembering(said, answers, cloud="mycloud"):
    # as JSON and back: that is how the engine keeps it
    kept = json.loads(json.dumps(memory.kept(said, cloud, answers, NAMES)))
    return State((resource(EXPOSURE, lookedUp=kept),))


def where(**changes):
    there = replace(PAIR.load_balancer.openstack, **changes)
    return replace(PAIR, load_balancer=replace(PAIR.load_balancer, openstack=there))


@pytest.mark.parametrize(
    "answers",
    [
        FLAT,
        replace(FLAT, subnet=Subnet("s", IPv4Network("10.0.0.0/8"), None)),
        replace(FLAT, metadata_items=-1),
        replace(FLAT, floating_ip=FloatingIp("f", IPv4Address("203.0.113.7"), None)),
        OpenStack(),
    ],
    ids=["all", "no gateway", "unlimited", "adopted", "nothing"],
)
def test_what_was_found_is_recalled_while_the_settings_say_the_same(answers):
    assert memory.recalled(PAIR, "mycloud", remembering(PAIR, answers)) == answers


@pytest.mark.parametrize(
    ("now", "forgotten"),
    [
        (where(network="k9s"), {"network_id", "subnet"}),
        (where(subnet="k8s-4"), {"subnet"}),
        (where(external_network="internet"), {"external_network"}),
        (where(external_network=None), {"external_network"}),
        (replace(PAIR, nodes=replace(PAIR.nodes, security_group="w")), {"node_security_group_id"}),
        (
            replace(
                PAIR,
                load_balancer=replace(
                    PAIR.load_balancer, hosts=replace(PAIR.load_balancer.hosts, flavor="m1.large")
                ),
            ),
            {"flavor_name", "metadata_items"},
        ),
    ],
    ids=["network", "subnet", "external network", "none", "group", "flavor"],
)
def test_what_the_settings_say_otherwise_now_is_unknown_and_nothing_else(now, forgotten):
    full = replace(FLAT, metadata_items=128)
    recalled = memory.recalled(now, "mycloud", remembering(PAIR, full))
    lost = {
        each.name for each in fields(recalled) if getattr(recalled, each.name) != getattr(full, each.name)
    }
    assert lost == forgotten


def test_another_cloud_has_other_ids():
    assert memory.recalled(PAIR, "other", remembering(PAIR, FLAT)) == OpenStack()


def test_a_state_without_memory_tells_nothing():
    state = State((resource(EXPOSURE, address="203.0.113.7"),))
    assert memory.recalled(PAIR, "mycloud", state) == OpenStack()


def below(component, part, type, **outputs):
    """A resource that a component made, as the state holds it."""
    chain = f"{EXPOSURE}$portico:index:Traefik${type}"
    return Resource(f"urn:pulumi:prod::web::{chain}::{component}-{part}", type, outputs)


@pytest.mark.parametrize(
    "standing",
    [
        below("shop", "lb-vip", memory.PORT, name="portico-prod-vip"),
        below("shop", "lb", memory.LOAD_BALANCER, name="portico-prod-lb"),
        below(
            "shop", "ingress-role", "kubernetes:Role", metadata={"labels": {memory.INSTANCE: "portico-prod"}}
        ),
    ],
    ids=["pair", "load balancer", "controller"],
)
def test_what_stands_under_the_names_of_its_stack_keeps_them(standing):
    assert memory.names(State((standing,)), "web", "prod", "shop") == for_stack("prod")


@pytest.mark.parametrize(
    "state",
    [
        State(),
        State((below("shop-api", "lb-vip", memory.PORT, name="portico-prod-vip"),)),
        State((below("shop", "lb-vip", memory.PORT, name="portico-prod-shop--0123456789-vip"),)),
        State((resource(memory.PORT, name="portico-prod-vip"),)),
    ],
    ids=["nothing", "another component's", "its own", "somebody else's"],
)
def test_any_other_component_has_names_of_its_own(state):
    assert memory.names(state, "web", "prod", "shop") == for_component("web", "prod", "shop")
