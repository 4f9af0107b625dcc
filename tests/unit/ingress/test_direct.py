"""A listener of somebody's own Service is none of the controller's business."""

from portico.exposure import Exposure
from portico.kubernetes import objects
from portico.names import Names
from portico.settings import parse
from portico.testing.recorder import build
from tests.unit.settings.said import PAIR, but

SAID = but(
    PAIR,
    {
        "loadBalancer.listeners": [
            {"name": "http", "port": 80},
            {"name": "ssh", "port": 2222, "protocol": "tcp"},
        ],
        "ingress.nodePorts": {"http": 30080, "ssh": 30022},
        "wait": {"rolling": False, "hosts": False, "address": False},
    },
)


def test_the_controller_gets_no_port_for_it():
    recorded = build(lambda: Exposure("portico", SAID) and None, preview=True, stack="test")
    (service,) = recorded.of("Service")
    assert [port["nodePort"] for port in service.inputs["spec"]["ports"]] == [30080, 30082]
    (pods,) = recorded.of("DaemonSet")
    (container,) = pods.inputs["spec"]["template"]["spec"]["containers"]
    assert [port["containerPort"] for port in container["ports"]] == [30080, 30082]


def test_its_node_port_may_be_taken_since_that_is_what_it_is_for():
    ports = objects.node_ports(parse(SAID, ""), Names("portico-test"))
    assert [each.port for each in ports] == [30080, 30082]
