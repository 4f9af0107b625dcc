"""A change of node ports on a front door that is up is said before it is made, with what it costs."""

import pulumi
import pytest

from portico import state
from portico.exposure import Exposure
from portico.ingress import moved
from portico.ingress.table import chosen
from portico.names import Names
from portico.testing.recorder import build
from portico.traffic import Health, Listener
from tests.unit.settings.said import METALLB, PAIR, but

NAMES = Names("portico-test")
LISTENERS = (Listener("http", 80, 30080), Listener("https", 443, 30443, tls=True))


def service(name="portico-test-traefik", **ports):
    """The state of a stack with one Service that has these node ports."""
    spec = {"ports": [{"name": each.replace("_", "-"), "nodePort": port} for each, port in ports.items()]}
    urn = f"urn:pulumi:test::portico::portico:index:Traefik${moved.SERVICE}::portico-ingress-service"
    return {urn: {"type": moved.SERVICE, "outputs": {"metadata": {"name": name}, "spec": spec}}}


def said(kept, health=30082):
    resources = (state.Resource(urn, each["type"], each["outputs"]) for urn, each in kept.items())
    return moved.sentence(state.State(tuple(resources)), NAMES, chosen("traefik"), LISTENERS, Health(health))


def test_every_port_that_moves_is_named_with_what_it_costs():
    sentence = said(service(http=30080.0, https=31443, portico_health=31082))
    assert "(https from 31443 to 30443, portico-health from 31082 to 30082)" in sentence
    assert "ten seconds" in sentence


@pytest.mark.parametrize(
    "kept",
    [
        {},
        service(http=30080, https=30443, portico_health=30082),
        service(https=30443),
        service(http=30080, https=30443, old=30999),
        service(http=None),
        service("somebody-elses", http=31080),
    ],
    ids=["nothing", "the same", "a new listener", "one that goes", "no node ports", "another Service"],
)
def test_what_moves_no_port_is_not_worth_a_word(kept):
    assert said(kept) is None


@pytest.mark.parametrize(
    ("settings", "times"),
    [
        (METALLB, 0),
        (but(PAIR, {"ingress.controller": "none"}), 0),
        (PAIR, 1),
    ],
    ids=["metallb", "another controller", "pair"],
)
def test_the_program_says_it_once(monkeypatch, settings, times):
    warnings = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: warnings.append(text))
    kept = service() if settings is METALLB else service(http=31080)
    build(
        lambda: Exposure("portico", {**settings, "wait": {"until": "nothing"}}) and None,
        preview=True,
        stack="test",
        state=kept,
    )
    assert len([each for each in warnings if "from 31080 to 30080" in each]) == times
