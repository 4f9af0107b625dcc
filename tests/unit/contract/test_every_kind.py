"""Every row of the table of kinds keeps the contract: a new kind is under test the moment it is in the
table."""

from dataclasses import replace
from operator import attrgetter

import pytest

from portico.ingress.table import HEALTH
from portico.ingress.traefik.arguments import arguments
from portico.kinds.table import KINDS, Carries, ClientIp
from portico.settings.model import ListenerCheck, Timeouts
from portico.testing import Contract, Subject, contract
from portico.traffic import Check
from tests.unit.contract import subjects


class TestEveryKind(Contract):
    @pytest.fixture(params=KINDS, ids=attrgetter("name"))
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        return subjects.subject(request.param)

    def test_the_health_port_believes_the_header_that_a_check_carries(self, subject: Subject) -> None:
        built = subject.build()
        told = arguments(
            built.plan.listeners,
            built.plan.health,
            built.plan.ingress_class,
            Timeouts(),
            trusted=built.face["source_addresses"],
        )
        believed = [word for word in told if word.startswith(f"--entryPoints.{HEALTH}.proxyProtocol")]
        assert len(believed) == (subject.kind.check_carries is Carries.PROXY_V2)

    def test_a_listener_of_somebodys_own_service_gets_bytes_alone_and_is_asked_by_itself(
        self, subject: Subject
    ) -> None:
        built = subject.build(direct=True)
        for child in built.children:
            if child.type == "openstack:loadbalancer/pool:Pool" and "-2222" in child.name:
                assert child.inputs["protocol"] == "TCP"
            if child.type == "openstack:loadbalancer/monitor:Monitor" and "-2222" in child.name:
                assert child.inputs["type"] == "TCP"
                assert "urlPath" not in child.inputs
            if child.type == "openstack:loadbalancer/members:Members" and "-2222" in child.name:
                assert all(
                    (member["protocolPort"], member.get("monitorPort")) == (30022, None)
                    for member in child.inputs["members"]
                )
            if child.type == "aws:lb/targetGroup:TargetGroup" and "-2222" in child.name:
                assert child.inputs["proxyProtocolV2"] is False
                assert child.inputs["healthCheck"]["protocol"] == "TCP"
                assert child.inputs["healthCheck"]["port"] == "traffic-port"

    def test_a_service_that_asks_for_it_gets_the_header_and_a_question_by_http(
        self, subject: Subject
    ) -> None:
        if subject.kind.client_ip is ClientIp.KEPT:
            return  # Refused by the row: test_mistakes.py.
        asks = replace(
            subjects.SSH, proxy_protocol=True, health_check=ListenerCheck("http", 30023, "/healthz")
        )
        said = subject.settings(2, True)
        balancer = replace(said.load_balancer, listeners=(*said.load_balancer.listeners[:-1], asks))
        changed = replace(subject, settings=lambda _nodes, _direct: replace(said, load_balancer=balancer))
        built = changed.build(direct=True)
        ssh = built.plan.listeners[-1]
        assert ssh.proxied
        assert ssh.check == Check(30023, "/healthz")
        found = {
            child.type.rpartition(":")[2]: child.inputs for child in built.children if "-2222" in child.name
        }
        if "Pool" in found:
            assert found["Pool"]["protocol"] == "PROXYV2"
            assert (found["Monitor"]["type"], found["Monitor"]["urlPath"]) == ("HTTP", "/healthz")
            assert all(member["monitorPort"] == 30023 for member in found["Members"]["members"])
        if "TargetGroup" in found:
            assert found["TargetGroup"]["proxyProtocolV2"] is True
            check = found["TargetGroup"]["healthCheck"]
            assert (check["protocol"], check["port"], check["path"]) == ("HTTP", "30023", "/healthz")
        admitted = {
            rule.inputs.get("portRangeMin", rule.inputs.get("fromPort"))
            for rule in contract.node_rules(built.children, changed.node_groups)
        }
        assert 30023 in admitted
