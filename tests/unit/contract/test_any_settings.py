"""Settings that are read without a complaint are built, or refused in words of the settings: no rule speaks
later than that, and none in another's words."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pulumi
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from portico import planning
from portico.exposure import Exposure
from portico.kinds import table
from portico.settings.model import Kubernetes, Wait
from portico.testing.recorder import build
from portico.traffic import Backend
from tests.unit.contract.subjects import ANSWERS, APART
from tests.unit.settings.written import right_settings, written

printable = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=80)
"""What Nova takes for a server's name (nova.api.validation.parameter_types)."""

found = st.lists(
    st.builds(Backend, printable, st.integers(1, 200).map(lambda at: IPv4Address(2886729728 + at))),
    min_size=1,
    max_size=4,
    unique_by=lambda node: node.address,
).map(tuple)
"""Servers of a cloud, whose names nobody of ours chose."""


def small(said):
    """The same settings with few nodes: each is a resource, and a subnet of a thousand takes a minute."""
    nodes = said.nodes
    if nodes is None or nodes.cidr is None:
        return said
    few = IPv4Network((nodes.cidr.network_address, 29))
    return replace(said, nodes=replace(nodes, cidr=few, exclude=()))


@pytest.mark.parametrize("type", table.TYPES)
@settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=12,
    phases=[Phase.explicit, Phase.generate],  # an example takes half a second, too long to be made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), servers=found)
def test_settings_that_are_right_are_built_or_refused_in_their_own_words(monkeypatch, type, data, servers):
    said = small(data.draw(right_settings(types=(type,))))
    said = replace(said, kubernetes=Kubernetes(), wait=Wait(rolling=False, hosts=False, address=False))
    monkeypatch.setattr(planning.preflight, "capabilities", lambda *_, **__: replace(APART, backends=servers))
    try:
        made = build(lambda: Exposure("portico", written(said)).url, preview=True, answers=ANSWERS)
    except pulumi.RunError as error:
        refusal = str(error)
    else:
        event("built")
        assert made.one("portico:index:Exposure")
        return
    event("refused")
    title, *lines = refusal.split("\n")
    assert lines, title
    assert [line for line in lines if not line.startswith("  portico:")] == []
    assert "cannot be told" not in refusal, "a renderer knew a rule that no setting has"
