"""Every row of the table of kinds keeps the contract: a new kind is under test the moment it is in the
table."""

from operator import attrgetter

import pytest

from portico.ingress.table import HEALTH
from portico.ingress.traefik.arguments import arguments
from portico.kinds.table import KINDS, Carries
from portico.settings.model import Timeouts
from portico.testing import Contract, Subject
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
