"""An Octavia load balancer: what Pulumi is asked for, with each provider."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise

import pulumi
import pytest

from portico.capabilities import OFFLINE, Capabilities
from portico.kinds.face import Late
from portico.kinds.octavia.component import Octavia
from portico.kinds.octavia.settings import Octavia as Settled
from portico.kinds.table import find
from portico.later import Later
from portico.openstack.answers import Address, FloatingIp, OpenStack, Own
from portico.plan import make as plan
from portico.problems import Refused
from portico.settings.model import HealthCheck, Listener, NodeAddress, Settings, Timeouts
from portico.testing.recorder import UNKNOWN, Recorder, Resource, build
from tests.unit.contract.subjects import ANSWERS, APART, NAMES, ONLINE, settings

BY_DEFAULT = settings(find("octavia", "amphora"))
"""Refused where nodes stand in the load balancer's subnet."""
TRUSTING = Settled("amphora", trust_nodes=True)
AMPHORA = replace(BY_DEFAULT, load_balancer=replace(BY_DEFAULT.load_balancer, octavia=TRUSTING))
OVN = settings(find("octavia", "ovn"))
PARTS = ("Listener", "Pool", "Monitor", "Members")
SUBNET = "5e0f1c1e-0000-4000-8000-000000000002"
FLOATING_IP = "5e0f1c1e-0000-4000-8000-00000000000f"
ADDRESS = IPv4Address("203.0.113.7")


def make(said: Settings, can: Capabilities = ONLINE, preview: bool = False) -> Recorder:
    planned = plan.make(said, can, NAMES)

    def program() -> Mapping[str, object]:
        made = Octavia("balancer", planned)
        return {
            "address": made.address,
            "sources": made.source_addresses,
            "ready": made.ready,
            "details": made.details,
        }

    return build(program, preview=preview, answers=ANSWERS)


def where(said: Settings, **changes: object) -> Settings:
    """The same settings with another `openstack` section."""
    balancer = said.load_balancer
    assert balancer.openstack
    changed = replace(balancer.openstack, **changes)  # type: ignore[arg-type]
    return replace(said, load_balancer=replace(balancer, openstack=changed))


def parts(recorded: Recorder) -> dict[str, Resource]:
    """Everything that belongs to the load balancer itself, by type and listener."""
    made = {
        f"{part} {each.name.removeprefix('balancer-')}": each for part in PARTS for each in recorded.of(part)
    }
    return {"LoadBalancer": recorded.one("loadbalancer/loadBalancer:LoadBalancer"), **made}


def members(recorded: Recorder, port: int) -> list[dict[str, object]]:
    return recorded.one("Members", f"balancer-{port}").inputs["members"]  # type: ignore[no-any-return]


def rules(recorded: Recorder) -> set[tuple[int, str]]:
    return {
        (rule.inputs["portRangeMin"], rule.inputs["remoteIpPrefix"]) for rule in recorded.of("SecGroupRule")
    }


def test_each_part_waits_for_the_one_before_it() -> None:
    recorded = make(AMPHORA)
    made = parts(recorded)
    order = ["LoadBalancer", *(f"{part} {listener}" for listener in (80, 443) for part in PARTS)]
    assert set(made) == set(order)
    for before, after in pairwise(order):
        assert made[before].urn in recorded.after(made[after]), f"{after} does not wait for {before}"


def watched(*clients: str) -> Settings:
    can_ask = tuple(IPv4Network(each) for each in clients)
    return replace(
        AMPHORA,
        load_balancer=replace(AMPHORA.load_balancer, octavia=replace(TRUSTING, metrics_from=can_ask)),
    )


def test_its_figures_are_told_to_those_who_were_named_and_to_nobody_by_default() -> None:
    recorded = make(watched("192.0.2.0/24", "198.51.100.7/32"))
    told = recorded.one("Listener", "balancer-metrics")
    assert (told.inputs["protocol"], told.inputs["protocolPort"]) == ("PROMETHEUS", 8088)
    assert told.inputs["allowedCidrs"] == ["192.0.2.0/24", "198.51.100.7/32"]
    assert {each.inputs["protocol"] for each in make(AMPHORA).of("Listener")} == {"TCP"}


def test_the_listener_with_the_figures_comes_after_all_others_and_has_nobody_behind_it() -> None:
    recorded = make(watched("192.0.2.0/24"))
    told = recorded.one("Listener", "balancer-metrics")
    assert recorded.one("Members", "balancer-443").urn in recorded.after(told)
    assert len(recorded.of("Pool")) == len(make(AMPHORA).of("Pool"))


def test_what_cannot_be_doubled_is_deleted_before_it_is_replaced() -> None:
    for name, part in parts(make(AMPHORA)).items():
        assert part.delete_before_replace == (name != "LoadBalancer"), name


def test_a_load_balancer_with_a_chosen_address_gives_it_back_before_the_next_takes_it() -> None:
    recorded = make(where(AMPHORA, vip=IPv4Address("10.20.0.9")))
    balancer = recorded.one("loadbalancer/loadBalancer:LoadBalancer")
    assert balancer.inputs["vipAddress"] == "10.20.0.9"
    assert balancer.delete_before_replace


def test_slow_clouds_are_given_twenty_minutes() -> None:
    for name, part in parts(make(AMPHORA)).items():
        assert part.timeouts == {"create": "20m", "update": "20m", "delete": "20m"}, name


def test_amphorae_speak_proxy_and_ask_the_health_endpoint() -> None:
    recorded = make(AMPHORA)
    pool, monitor = recorded.one("Pool", "balancer-80"), recorded.one("Monitor", "balancer-80")
    assert (pool.inputs["protocol"], pool.inputs["lbMethod"]) == ("PROXYV2", "ROUND_ROBIN")
    assert monitor.inputs["type"] == "HTTP"
    assert (monitor.inputs["urlPath"], monitor.inputs["expectedCodes"]) == ("/ping", "200")
    assert {member["monitorPort"] for member in members(recorded, 80)} == {30082}
    assert recorded.result["sources"] == ["10.20.0.0/16"]


def test_ovn_keeps_the_source_and_is_asked_for_nothing_that_it_refuses() -> None:
    recorded = make(OVN)
    pool, monitor = recorded.one("Pool", "balancer-80"), recorded.one("Monitor", "balancer-80")
    listener = recorded.one("Listener", "balancer-80")
    assert (pool.inputs["protocol"], pool.inputs["lbMethod"]) == ("TCP", "SOURCE_IP_PORT")
    assert monitor.inputs["type"] == "TCP"
    assert not {"urlPath", "httpMethod", "expectedCodes"} & monitor.inputs.keys()
    assert not {"allowedCidrs", "timeoutClientData", "timeoutMemberData"} & listener.inputs.keys()
    assert all("monitorPort" not in member for member in members(recorded, 80))
    assert recorded.result["sources"] == []


@pytest.mark.parametrize("idle", [60, 3600])
def test_amphorae_cut_what_is_silent_for_as_long_as_the_settings_say(idle: int) -> None:
    said = replace(AMPHORA, load_balancer=replace(AMPHORA.load_balancer, timeouts=Timeouts(idle=idle)))
    for listener in make(said).of("loadbalancer/listener:Listener"):
        for side in ("timeoutClientData", "timeoutMemberData"):
            assert listener.inputs[side] == 1000 * idle


def test_the_amphorae_themselves_turn_other_clients_away() -> None:
    said = replace(
        AMPHORA,
        load_balancer=replace(AMPHORA.load_balancer, allowed_clients=(IPv4Network("198.51.100.0/24"),)),
    )
    for listener in make(said).of("loadbalancer/listener:Listener"):
        assert listener.inputs["allowedCidrs"] == ["198.51.100.0/24"]


def test_members_are_one_batch_on_the_listeners_node_port() -> None:
    recorded = make(AMPHORA)
    assert len(recorded.of("Members")) == 2
    assert members(recorded, 443) == [
        {
            "name": f"worker-{number}",
            "address": f"10.20.0.{number + 10}",
            "protocolPort": 30443,
            "monitorPort": 30082,
            "subnetId": SUBNET,
        }
        for number in (1, 2)
    ]


def test_a_listener_that_is_renamed_stays_what_it_is() -> None:
    renamed = replace(
        AMPHORA,
        ingress=replace(AMPHORA.ingress, node_ports={"web": 30080, "https": 30443}),
        load_balancer=replace(
            AMPHORA.load_balancer, listeners=(Listener("web", 80), Listener("https", 443, tls=True))
        ),
    )
    assert {part.urn for part in make(AMPHORA).registered} == {part.urn for part in make(renamed).registered}


def test_a_node_outside_of_the_subnet_is_reached_through_its_router() -> None:
    assert AMPHORA.nodes
    far = NodeAddress(IPv4Address("192.168.7.1"), "far")
    said = replace(AMPHORA, nodes=replace(AMPHORA.nodes, addresses=(*AMPHORA.nodes.addresses, far)))
    found = {str(member["name"]): "subnetId" in member for member in members(make(said), 80)}
    assert found == {"far": False, "worker-1": True, "worker-2": True}


def test_unknown_members_are_unknown_as_a_whole() -> None:
    assert AMPHORA.nodes
    looked_up = replace(
        AMPHORA, nodes=replace(AMPHORA.nodes, source="openstack", names=("w1",), addresses=())
    )
    for said in (AMPHORA, looked_up):
        recorded = make(said, OFFLINE, preview=True)
        assert {each.inputs["members"] for each in recorded.of("Members")} == {UNKNOWN}


def test_the_subnets_id_is_enough_for_a_preview_to_show_it() -> None:
    recorded = make(where(AMPHORA, subnet=SUBNET), OFFLINE, preview=True)
    balancer = recorded.one("loadbalancer/loadBalancer:LoadBalancer")
    assert balancer.inputs["vipSubnetId"] == SUBNET
    assert recorded.result["sources"] is UNKNOWN


def test_a_new_floating_ip_is_made_and_put_on_the_vip() -> None:
    recorded = make(AMPHORA)
    made, joined = recorded.one("FloatingIp"), recorded.one("FloatingIpAssociate")
    assert made.inputs["pool"] == "public"
    assert made.inputs["description"] == NAMES.description("address")
    assert joined.inputs == {"floatingIp": "203.0.113.10", "portId": "vip-port"}
    assert recorded.result["address"] == "203.0.113.10"


@pytest.mark.parametrize("said", [str(ADDRESS), FLOATING_IP])
def test_of_an_adopted_floating_ip_only_the_association_is_ours(said: str) -> None:
    assert ONLINE.openstack
    found = FloatingIp(FLOATING_IP, ADDRESS, None)
    can = replace(ONLINE, openstack=replace(ONLINE.openstack, floating_ip=found))
    recorded = make(where(AMPHORA, floating_ip=said), can)
    assert recorded.of("FloatingIp") == ()
    assert recorded.one("FloatingIpAssociate").inputs["floatingIp"] == str(ADDRESS)
    assert recorded.result["address"] == str(ADDRESS)


@pytest.mark.parametrize(("said", "shown"), [(str(ADDRESS), str(ADDRESS)), (FLOATING_IP, UNKNOWN)])
def test_a_preview_shows_an_adopted_address_unless_it_was_named_by_id(said: str, shown: object) -> None:
    recorded = make(where(AMPHORA, floating_ip=said), OFFLINE, preview=True)
    assert recorded.one("FloatingIpAssociate").inputs["floatingIp"] == shown


OWN = Own(addresses=(Address(FLOATING_IP, ADDRESS, "public"),))


@pytest.mark.parametrize("said", [None, str(ADDRESS), FLOATING_IP])
@pytest.mark.parametrize(
    ("can", "preview"),
    [(ONLINE.openstack, True), (ONLINE.openstack, False), (OpenStack(), True)],
    ids=["preview", "up", "offline"],
)
def test_an_address_that_the_stack_itself_made_stays_its_own(
    said: str | None, can: OpenStack, preview: bool
) -> None:
    named = where(AMPHORA, floating_ip=said, external_network=None if said else "public")
    known = Capabilities(openstack=replace(can, own=OWN, external_network=None if said else "public"))
    recorded = make(named, known, preview)
    before = make(AMPHORA, replace(ONLINE, openstack=replace(ONLINE.openstack, own=OWN)), preview)
    for kind in ("FloatingIp", "FloatingIpAssociate"):
        assert recorded.one(kind).urn == before.one(kind).urn
        assert recorded.one(kind).inputs == before.one(kind).inputs


def test_another_address_is_adopted_and_the_stacks_own_leaves_the_program() -> None:
    found = FloatingIp("another", IPv4Address("203.0.113.8"), None)
    can = replace(ONLINE, openstack=replace(ONLINE.openstack, own=OWN, floating_ip=found))
    recorded = make(where(AMPHORA, floating_ip="203.0.113.8"), can)
    assert recorded.of("FloatingIp") == ()


@pytest.mark.parametrize("keep", [True, False])
def test_an_address_outlives_the_stack_only_where_the_settings_say_so(keep: bool) -> None:
    recorded = make(where(AMPHORA, keep_address=keep))
    assert recorded.one("FloatingIp").request.retainOnDelete == keep
    assert not recorded.one("FloatingIpAssociate").request.retainOnDelete


def test_without_a_floating_ip_the_vip_is_the_address() -> None:
    recorded = make(where(AMPHORA, public=False, external_network=None))
    assert recorded.of("FloatingIp") == recorded.of("FloatingIpAssociate") == ()
    assert recorded.result["address"] == "10.20.0.5"


def test_nodes_admit_the_subnet_of_the_amphorae_and_nobody_else() -> None:
    assert rules(make(AMPHORA)) == {(port, "10.20.0.0/16") for port in (30080, 30443, 30082)}


def test_nodes_in_the_subnet_whose_headers_are_believed_are_refused_by_name() -> None:
    with pytest.raises(Refused) as refused:
        make(BY_DEFAULT)
    (problem,) = refused.value.problems
    assert problem.path == "portico:loadBalancer.openstack.subnet"
    assert "worker-1 10.20.0.11, worker-2 10.20.0.12" in problem.rule
    assert "loadBalancer.octavia.trustNodes: true" in problem.remedy


def test_nodes_of_a_range_are_refused_as_well() -> None:
    assert BY_DEFAULT.nodes
    nodes = replace(BY_DEFAULT.nodes, source="cidr", addresses=(), cidr=IPv4Network("10.20.7.0/29"))
    with pytest.raises(Refused, match=r"node-10-20-7-3 10\.20\.7\.3 and 3 more"):
        make(replace(BY_DEFAULT, nodes=nodes))


@pytest.mark.parametrize("can", [APART, OFFLINE], ids=["a subnet of its own", "nobody was asked"])
def test_nodes_elsewhere_or_not_known_are_no_objection(can: Capabilities) -> None:
    make(BY_DEFAULT, can, preview=True)


def test_an_ovn_load_balancer_sends_no_header_so_its_nodes_may_stand_anywhere() -> None:
    assert make(OVN).result["sources"] == []


def test_behind_ovn_nodes_admit_the_clients_and_the_health_checks() -> None:
    sources = ("198.51.100.0/24", "192.0.2.7/32", "10.20.0.0/16")
    assert rules(make(OVN)) == {(port, source) for port in (30080, 30443) for source in sources}


def test_clients_in_the_subnet_itself_are_admitted_once() -> None:
    said = replace(
        OVN, load_balancer=replace(OVN.load_balancer, allowed_clients=(IPv4Network("10.20.0.0/16"),))
    )
    assert len(make(said).of("SecGroupRule")) == 2
    assert rules(make(said)) == {(port, "10.20.0.0/16") for port in (30080, 30443)}


def late(said: Settings, can: Capabilities = ONLINE) -> Recorder:
    """What is asked for where the subnet is known only while the program runs."""
    assert can.openstack
    early = plan.make(said, replace(can, openstack=replace(can.openstack, subnet=None)), NAMES)
    whole = plan.make(said, can, NAMES)

    def program() -> None:
        known = Late(pulumi.Output.from_input(whole))
        Octavia("balancer", replace(early, late=Later(known)))

    return build(program, answers=ANSWERS)


@pytest.mark.parametrize(
    ("clients", "checks"),
    [
        (["10.20.0.0/16"], "10.20.0.0/32"),
        (["10.20.0.0/16", "10.20.0.0/32"], "10.20.0.1/32"),
        (["198.51.100.0/24"], "10.20.0.0/16"),
        (["10.20.0.0/15"], "10.20.0.0/16"),
    ],
    ids=", ".join,
)
def test_no_rule_is_doubled_where_the_subnet_is_known_late(clients: list[str], checks: str) -> None:
    networks = tuple(map(IPv4Network, clients))
    said = replace(OVN, load_balancer=replace(OVN.load_balancer, allowed_clients=networks))
    made = [
        (rule.inputs["portRangeMin"], rule.inputs["remoteIpPrefix"]) for rule in late(said).of("SecGroupRule")
    ]
    assert sorted(made) == sorted((port, source) for port in (30080, 30443) for source in (*clients, checks))
    assert len(set(made)) == len(made)


def refusals(said: Settings) -> list[str]:
    try:
        plan.make(said, ONLINE, NAMES)
    except Refused as refused:
        return [str(problem) for problem in refused.problems]
    return []


def with_nodes(said: Settings, *addresses: str) -> Settings:
    assert said.nodes
    listed = tuple(NodeAddress(IPv4Address(at), f"w{index}") for index, at in enumerate(addresses))
    return replace(said, nodes=replace(said.nodes, addresses=listed))


@pytest.mark.parametrize("said", [AMPHORA, OVN], ids=["amphora", "ovn"])
def test_two_nodes_of_one_address_are_refused_by_name(said: Settings) -> None:
    assert refusals(with_nodes(said, "10.20.0.11", "10.20.0.12", "10.20.0.11")) == [
        "portico:nodes = w0, w2: have the same address 10.20.0.11, and Octavia takes it once; name the node "
        "once"
    ]


def test_behind_ovn_a_node_outside_of_the_subnet_is_refused() -> None:
    far = [f"192.168.7.{number}" for number in range(1, 8)]
    (refusal,) = refusals(with_nodes(OVN, "10.20.0.11", *far))
    assert refusal.startswith("portico:nodes = w1 (192.168.7.1), w2 (192.168.7.2)")
    assert "and 2 more: must be in the load balancer's subnet 10.20.0.0/16" in refusal
    assert refusals(with_nodes(AMPHORA, "10.20.0.11", *far)) == []


def test_the_order_of_the_clients_makes_no_other_rule() -> None:
    balancer = OVN.load_balancer
    other = replace(
        OVN, load_balancer=replace(balancer, allowed_clients=tuple(reversed(balancer.allowed_clients)))
    )
    assert {each.urn for each in make(OVN).of("SecGroupRule")} == {
        each.urn for each in make(other).of("SecGroupRule")
    }


@pytest.mark.parametrize("said", [AMPHORA, OVN], ids=["amphora", "ovn"])
def test_what_stayed_unknown_ends_an_up_and_is_unknown_in_a_preview(said: Settings) -> None:
    assert ONLINE.openstack
    untold = replace(ONLINE, openstack=replace(ONLINE.openstack, subnet=None))
    assert make(said, untold, preview=True).of("LoadBalancer")
    with pytest.raises(pulumi.RunError, match="what only a look-up can tell"):
        make(said, untold)


def test_without_a_group_no_rule_is_made() -> None:
    assert AMPHORA.nodes
    said = replace(AMPHORA, nodes=replace(AMPHORA.nodes, security_group=None))
    assert make(said).of("SecGroupRule") == ()


def test_clients_that_nobody_would_turn_away_are_refused() -> None:
    assert OVN.nodes
    said = replace(OVN, nodes=replace(OVN.nodes, security_group=None))
    with pytest.raises(Refused, match=r"allowedClients = 198\.51\.100\.0/24.*nodes\.securityGroup"):
        make(said)


def test_a_node_that_ends_is_out_before_its_controller_stops_to_accept() -> None:
    for said in (AMPHORA, OVN):
        for monitor in make(said).of("Monitor"):
            assert monitor.inputs["timeout"] < monitor.inputs["delay"]
            assert monitor.inputs["delay"] * monitor.inputs["maxRetriesDown"] < 5


@pytest.mark.parametrize("said", [AMPHORA, OVN], ids=["amphora", "ovn"])
def test_monitors_ask_as_the_settings_say(said: Settings) -> None:
    asked = replace(said.load_balancer, health_check=HealthCheck(interval=10, timeout=9, down=3, up=4))
    for monitor in make(replace(said, load_balancer=asked)).of("Monitor"):
        figures = [monitor.inputs[key] for key in ("delay", "timeout", "maxRetriesDown", "maxRetries")]
        assert figures == [10, 9, 3, 4]


@pytest.mark.parametrize(
    ("word", "method"),
    [("roundrobin", "ROUND_ROBIN"), ("leastconn", "LEAST_CONNECTIONS"), ("source", "SOURCE_IP")],
)
def test_an_amphora_balances_as_the_settings_say(word: str, method: str) -> None:
    said = replace(AMPHORA, load_balancer=replace(AMPHORA.load_balancer, balance=word))
    assert {pool.inputs["lbMethod"] for pool in make(said).of("loadbalancer/pool:Pool")} == {method}


def test_an_amphora_waits_for_a_node_as_long_as_octavia_does_unless_it_is_told() -> None:
    slow = Timeouts(connect_milliseconds=3000)
    said = replace(AMPHORA, load_balancer=replace(AMPHORA.load_balancer, timeouts=slow))
    for settings_, waits in ((AMPHORA, None), (said, 3000)):
        for listener in make(settings_).of("loadbalancer/listener:Listener"):
            assert listener.inputs.get("timeoutMemberConnect") == waits


def test_octavia_itself_says_that_it_serves() -> None:
    assert make(AMPHORA).result["ready"] == "Octavia has applied the nodes to 2 pools"
    assert make(AMPHORA, preview=True).result["ready"] is UNKNOWN


def test_a_plan_of_another_kind_is_refused() -> None:
    planned = plan.make(settings(find("openstack-haproxy")), ONLINE, NAMES)
    with pytest.raises(TypeError, match="OpenStackHAProxyPlan"):
        build(lambda: Octavia("balancer", planned))
