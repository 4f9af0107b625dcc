"""What this stack made is known from its state, and from nothing else."""

from types import SimpleNamespace as Thing

import pulumi
import pytest

from portico import state
from portico.problems import Refused
from portico.testing.recorder import build

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


@pytest.fixture
def engine(monkeypatch):
    """An engine that fails to read the state so often, for a reason, and then reads it."""

    def fails(times, reason):
        asked = []

        def invoke(call, arguments):
            asked.append(arguments["stackName"])
            if len(asked) <= times:
                raise Exception(f"invoke of {call} failed: {reason}")
            return Thing(value={"outputs": {}})

        monkeypatch.setattr(pulumi.runtime, "invoke", invoke)
        monkeypatch.setattr(state, "PAUSE", 0)
        return asked

    return fails


def test_a_state_that_is_being_written_is_read_again(engine):
    asked = engine(3, "failed to load checkpoint: EOF")
    assert build(lambda: state.read().resources).result == []
    assert asked == ["organization/portico/test"] * 4


@pytest.mark.parametrize(
    ("reason", "tries"), [("failed to load checkpoint: EOF", state.TRIES), ("no such backend", 1)]
)
def test_a_state_that_cannot_be_read_is_refused(engine, reason, tries):
    asked = engine(1000, reason)
    with pytest.raises(Refused, match=reason):
        build(state.read)
    assert len(asked) == tries


def test_a_program_reads_its_state_once(engine):
    asked = engine(0, "")
    build(lambda: [state.read(), state.read()])
    assert len(asked) == 1
