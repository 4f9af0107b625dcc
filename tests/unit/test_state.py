"""What this stack made is known from its state, and from nothing else."""

from portico import state
from tests.unit.recorder import build

PORT = "urn:pulumi:test::portico::portico:index:Exposure$openstack:networking/port:Port::portico-lb-vip"


def test_a_stack_knows_what_it_made():
    kept = {
        PORT: {"type": "openstack:networking/port:Port", "outputs": {"id": "7", "name": "portico-test-vip"}}
    }
    read = build(state.read, state=kept).result
    (port,) = read.of("openstack:networking/port:Port")
    assert (port.name, port.outputs["id"]) == ("portico-lb-vip", "7")
    assert read.of("openstack:networking/floatingIp:FloatingIp") == ()


def test_a_stack_that_was_never_up_made_nothing():
    assert build(state.read).result.resources == ()
