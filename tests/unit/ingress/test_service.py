"""A listener that leads to a Service: the controller carries its bytes, on every kind."""

import json

import pytest

from portico.exposure import Exposure
from portico.kubernetes import objects
from portico.names import Names
from portico.settings import parse
from portico.testing.recorder import build
from tests.unit.settings.said import AWS, METALLB, OCTAVIA, PAIR, but

OVN = but(OCTAVIA, {"loadBalancer.octavia": {"provider": "ovn"}})
SERVICE = {"name": "gitea-ssh", "namespace": "git", "port": 2222}
SSH = {"name": "ssh", "port": 22, "protocol": "tcp", "service": SERVICE, "proxyProtocol": True}
SAID = {
    "loadBalancer.listeners": [{"name": "http", "port": 80}, SSH],
    "ingress.nodePorts": {"http": 30080, "ssh": 30022},
    "wait": {"rolling": False, "hosts": False, "address": False},
}


def made(base, **changes):
    said = but(base, {**SAID, **changes})
    return build(lambda: Exposure("portico", said) and None, preview=True, stack="test")


NLB = but(AWS, {"loadBalancer.aws.subnetCidrs": ["10.0.2.0/24"]})
ROWS = {"pair": PAIR, "amphora": OCTAVIA, "ovn": OVN, "aws-nlb": NLB, "metallb": METALLB}


@pytest.mark.parametrize("base", ROWS.values(), ids=ROWS)
def test_the_controllers_service_has_its_port_and_the_controller_its_route(base):
    recorded = made(base)
    (service,) = [each for each in recorded.of("v1:Service") if each.name == "portico-ingress-service"]
    ports = {port["name"]: port for port in service.inputs["spec"]["ports"]}
    assert (ports["ssh"]["port"], ports["ssh"]["targetPort"]) == (22, 30022)
    assert ports["ssh"].get("nodePort") == (None if base is METALLB else 30022)
    (routes,) = [each for each in recorded.of("ConfigMap") if each.name == "portico-ingress-routes"]
    route = json.loads(routes.inputs["data"]["tcp.yaml"])["tcp"]["services"]["ssh"]["loadBalancer"]
    assert route["servers"] == [{"address": "gitea-ssh.git.svc:2222"}]


def test_another_service_rolls_the_controller_out_and_none_changes_nothing_of_it():
    def template(recorded):
        (pods,) = recorded.of("DaemonSet")
        return pods.inputs["spec"]["template"]

    moved = [{"name": "http", "port": 80}, {**SSH, "service": {**SERVICE, "port": 2223}}]
    first, other = template(made(PAIR)), template(made(PAIR, **{"loadBalancer.listeners": moved}))
    assert first["metadata"]["annotations"] != other["metadata"]["annotations"]
    assert first["spec"] == other["spec"]
    alone = {"loadBalancer.listeners": [{"name": "http", "port": 80}], "ingress.nodePorts": {"http": 30080}}
    assert "annotations" not in template(made(PAIR, **alone))["metadata"]
    assert len(template(made(PAIR, **alone))["spec"]["volumes"]) == 1
    assert len(first["spec"]["volumes"]) == 2


def test_its_namespace_has_to_be_there_and_its_node_port_is_the_controllers():
    settings = parse(but(PAIR, SAID), "")
    names = Names("portico-test")
    assert [(each.object.name, each.path) for each in objects.needed(settings, names)] == [
        ("git", "portico:loadBalancer.listeners[1].service.namespace")
    ]
    assert 30022 in [each.port for each in objects.node_ports(settings, names)]
