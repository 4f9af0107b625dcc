"""A network load balancer on AWS: what Pulumi is asked for. No AWS is near; the recorder stands in for it."""

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from portico.capabilities import OFFLINE
from portico.kinds.aws_nlb.component import AwsNlb
from portico.kinds.aws_nlb.plan import NAME_LENGTH, short
from portico.kinds.table import find
from portico.names import Names
from portico.plan import make as plan
from portico.problems import Refused
from portico.settings.model import HealthCheck, Settings, Timeouts
from portico.testing.recorder import Recorder, build
from tests.unit.contract.subjects import ANSWERS, NAMES, settings

BY_ADDRESS = settings(find("aws-nlb"))
NODES = "sg-0123456789abcdef0"


def aws(said: Settings, **changes: object) -> Settings:
    """The same settings with another `aws` section."""
    balancer = said.load_balancer
    assert balancer.aws
    changed = replace(balancer.aws, **changes)  # type: ignore[arg-type]
    return replace(said, load_balancer=replace(balancer, aws=changed))


BY_GROUP = replace(aws(BY_ADDRESS, auto_scaling_group="workers"), nodes=None)


def make(said: Settings, names: Names = NAMES) -> Recorder:
    planned = plan.make(said, OFFLINE, names)

    def program() -> object:
        made = AwsNlb("balancer", planned)
        return {"address": made.address, "sources": made.source_addresses, "ready": made.ready}

    return build(program, answers=ANSWERS)


def target_group_names(said: Settings) -> set[str]:
    return {group.inputs["name"] for group in make(said).of("TargetGroup")}


def test_clients_reach_the_listeners_and_nothing_else() -> None:
    allowed = (IPv4Network("198.51.100.0/24"), IPv4Network("192.0.2.7/32"))
    recorded = make(
        replace(BY_ADDRESS, load_balancer=replace(BY_ADDRESS.load_balancer, allowed_clients=allowed))
    )
    own = recorded.one("ec2/securityGroup:SecurityGroup")
    admitted = {
        (rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["cidrIpv4"])
        for rule in recorded.of("SecurityGroupIngressRule")
        if own.urn in rule.property_dependencies.get("securityGroupId", ())
    }
    assert admitted == {(port, port, str(cidr)) for port in (80, 443) for cidr in allowed}


def test_nodes_admit_the_load_balancers_group_and_nobody_else() -> None:
    recorded = make(BY_ADDRESS)
    own = recorded.one("ec2/securityGroup:SecurityGroup")
    rules = [
        rule for rule in recorded.of("SecurityGroupIngressRule") if rule.inputs["securityGroupId"] == NODES
    ]
    assert {rule.inputs["fromPort"] for rule in rules} == {30080, 30443, 30082}
    for rule in rules:
        assert "cidrIpv4" not in rule.inputs
        assert own.urn in rule.property_dependencies["referencedSecurityGroupId"]


def test_nodes_in_the_subnets_whose_headers_are_believed_are_refused_by_name() -> None:
    among = aws(BY_ADDRESS, subnet_cidrs=(IPv4Network("10.20.0.0/28"), IPv4Network("10.20.2.0/24")))
    with pytest.raises(Refused) as refused:
        make(among)
    (problem,) = refused.value.problems
    assert (problem.path, problem.value) == ("portico:loadBalancer.aws.subnetCidrs", "10.20.0.0/28")
    assert "worker-1 10.20.0.11, worker-2 10.20.0.12" in problem.rule
    assert make(aws(among, trust_nodes=True)).result["sources"] == ["10.20.0.0/28", "10.20.2.0/24"]


def test_the_load_balancer_sends_to_the_nodes_alone() -> None:
    rules = make(BY_ADDRESS).of("SecurityGroupEgressRule")
    assert {rule.inputs["fromPort"] for rule in rules} == {30080, 30443, 30082}
    assert {rule.inputs["referencedSecurityGroupId"] for rule in rules} == {NODES}


def test_without_a_group_of_the_nodes_the_load_balancer_may_send_anywhere() -> None:
    recorded = make(BY_GROUP)
    assert {rule.inputs["cidrIpv4"] for rule in recorded.of("SecurityGroupEgressRule")} == {"0.0.0.0/0"}
    assert all(
        "referencedSecurityGroupId" not in rule.inputs for rule in recorded.of("SecurityGroupIngressRule")
    )


def test_nodes_by_address_are_targets_one_by_one() -> None:
    recorded = make(BY_ADDRESS)
    assert {group.inputs["targetType"] for group in recorded.of("TargetGroup")} == {"ip"}
    targets = {
        (each.inputs["targetId"], each.inputs["port"]) for each in recorded.of("TargetGroupAttachment")
    }
    assert targets == {(f"10.20.0.{node}", port) for node in (11, 12) for port in (30080, 30443)}


def test_an_auto_scaling_group_registers_its_instances_itself() -> None:
    recorded = make(BY_GROUP)
    assert {group.inputs["targetType"] for group in recorded.of("TargetGroup")} == {"instance"}
    assert recorded.of("TargetGroupAttachment") == ()
    attached = recorded.of("autoscaling/attachment:Attachment")
    assert [each.inputs["autoscalingGroupName"] for each in attached] == ["workers", "workers"]


@pytest.mark.parametrize("said", [BY_ADDRESS, BY_GROUP], ids=["ip", "instance"])
def test_targets_get_a_proxy_header_and_the_load_balancers_own_address(said: Settings) -> None:
    recorded = make(said)
    for group in recorded.of("TargetGroup"):
        assert group.inputs["proxyProtocolV2"] is True
        assert group.inputs["preserveClientIp"] == "false"
    assert recorded.result["sources"] == ["10.20.1.0/24", "10.20.2.0/24"]


def test_health_is_asked_of_the_controllers_own_endpoint() -> None:
    for group in make(BY_ADDRESS).of("TargetGroup"):
        check = group.inputs["healthCheck"]
        assert (check["protocol"], check["port"], check["path"], check["matcher"]) == (
            "HTTP",
            "30082",
            "/ping",
            "200",
        )
        figures = ("interval", "timeout", "healthyThreshold", "unhealthyThreshold")
        assert [check[figure] for figure in figures] == [5, 3, 2, 2]


def test_health_is_asked_as_the_settings_say() -> None:
    asked = HealthCheck(interval=30, timeout=10, down=4, up=5)
    said = replace(BY_ADDRESS, load_balancer=replace(BY_ADDRESS.load_balancer, health_check=asked))
    for group in make(said).of("TargetGroup"):
        check = group.inputs["healthCheck"]
        figures = ("interval", "timeout", "healthyThreshold", "unhealthyThreshold")
        assert [check[figure] for figure in figures] == [30, 10, 5, 4]


@pytest.mark.parametrize(("word", "stickiness"), [(None, None), ("source", {"type": "source_ip"})])
def test_a_client_stays_with_its_target_where_that_is_said(
    word: str | None, stickiness: dict[str, str] | None
) -> None:
    said = replace(BY_ADDRESS, load_balancer=replace(BY_ADDRESS.load_balancer, balance=word))
    for group in make(said).of("TargetGroup"):
        assert group.inputs.get("stickiness") == stickiness


@pytest.mark.parametrize("idle", [60, 3600, 6000])
def test_listeners_forget_what_is_silent_for_as_long_as_the_settings_say(idle: int) -> None:
    said = replace(BY_ADDRESS, load_balancer=replace(BY_ADDRESS.load_balancer, timeouts=Timeouts(idle=idle)))
    for listener in make(said).of("lb/listener:Listener"):
        assert listener.inputs["tcpIdleTimeoutSeconds"] == idle


def test_the_address_is_the_load_balancers_name() -> None:
    recorded = make(BY_ADDRESS)
    assert recorded.result["address"] == "portico-test-lb.elb.eu-central-1.amazonaws.com"
    assert recorded.result["ready"] == "AWS has made 2 listeners"


@pytest.mark.parametrize(("scheme", "internal"), [("internet-facing", False), ("internal", True)])
def test_the_scheme_decides_who_can_see_it(scheme: str, internal: bool) -> None:
    recorded = make(aws(BY_ADDRESS, scheme=scheme))
    assert recorded.one("lb/loadBalancer:LoadBalancer").inputs["internal"] is internal


def test_a_target_group_that_must_be_replaced_gets_another_name() -> None:
    assert target_group_names(BY_ADDRESS) == target_group_names(BY_ADDRESS)
    other_port = replace(
        BY_ADDRESS, ingress=replace(BY_ADDRESS.ingress, node_ports={"http": 30180, "https": 30443})
    )
    assert len(target_group_names(BY_ADDRESS) & target_group_names(other_port)) == 1
    for other in (aws(BY_ADDRESS, vpc="vpc-00000000000000000"), BY_GROUP):
        assert not target_group_names(BY_ADDRESS) & target_group_names(other)


def test_no_name_is_longer_than_aws_takes() -> None:
    recorded = make(BY_ADDRESS, Names("portico-a-stack-with-quite-a-long-name"))
    for resource in (*recorded.of("TargetGroup"), *recorded.of("lb/loadBalancer:LoadBalancer")):
        assert len(resource.inputs["name"]) <= NAME_LENGTH
        assert resource.inputs["name"].startswith("portico-a-stack-with")


def test_a_name_that_fits_is_left_alone() -> None:
    assert short("portico-test-lb") == "portico-test-lb"
    assert short("portico-test-http", "30080") != short("portico-test-http", "30081")


def test_only_the_load_balancer_has_a_name_that_its_successor_needs() -> None:
    found = {each.type for each in make(BY_ADDRESS).registered if each.delete_before_replace}
    assert found == {"aws:lb/loadBalancer:LoadBalancer"}


def clients(count: int, said: Settings = BY_ADDRESS) -> Settings:
    networks = tuple(IPv4Network((0xC6336400 + index, 32)) for index in range(count))
    return replace(said, load_balancer=replace(said.load_balancer, allowed_clients=networks))


def complaints(said: Settings) -> list[str]:
    try:
        plan.make(said, OFFLINE, NAMES)
    except Refused as refused:
        return [str(problem) for problem in refused.problems]
    return []


def test_more_rules_than_a_security_group_may_have_are_refused_with_the_limit() -> None:
    assert complaints(clients(120)) == [
        "portico:loadBalancer.allowedClients = 120 networks: needs 240 inbound rules in one security group, "
        "one for each of 2 listeners, and AWS allows 60; name fewer or wider networks, or have AWS raise the "
        "quota and say so in aws.rulesPerGroup"
    ]


@pytest.mark.parametrize(
    ("count", "allowed", "refused"), [(30, 60, False), (31, 60, True), (120, 240, False), (120, 239, True)]
)
def test_what_aws_allows_is_what_the_settings_say(count: int, allowed: int, refused: bool) -> None:
    assert bool(complaints(aws(clients(count), rules_per_group=allowed))) == refused


def test_more_node_ports_than_a_security_group_may_have_rules_for_are_refused() -> None:
    (complaint,) = complaints(aws(BY_ADDRESS, rules_per_group=2))
    assert complaint.startswith("portico:loadBalancer.listeners = 2 listeners: needs 3 outbound rules")
