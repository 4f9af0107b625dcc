"""What holds for any settings, right or wrong."""

import unicodedata
from collections.abc import Iterator
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portico.problems import Refused
from portico.settings import SECTIONS, Settings, parse
from tests.unit.settings.said import APP, KINDS, PAIR
from tests.unit.settings.written import right_settings, written

steady = settings(deadline=None, derandomize=True, database=None, max_examples=50)

KEYS = (
    *(
        "name",
        "host",
        "path",
        "type",
        "from",
        "port",
        "image",
        "addresses",
        "address",
        "names",
        "metadata",
        "cidr",
    ),
    *(
        "nodePorts",
        "nodePortRange",
        "controller",
        "listeners",
        "allowedClients",
        "openstack",
        "hosts",
        "octavia",
    ),
    *(
        "aws",
        "metallb",
        "vip",
        "floatingIp",
        "public",
        "count",
        "sshFrom",
        "service",
        "run",
        "exclude",
        "network",
    ),
    *("subnets", "subnetCidrs", "autoScalingGroup", "healthPort", "nodeSelector", "until", "minutes"),
)
WORDS = (
    *(
        "addresses",
        "openstack",
        "cidr",
        "openstack-haproxy",
        "octavia",
        "aws-nlb",
        "metallb",
        "traefik",
        "none",
    ),
    *(
        "10.0.0.1",
        "10.0.0.0/24",
        "10.0.0.1-10.0.0.9",
        "::1",
        "http",
        "https",
        "shop.example.org",
        "vpc-0123abcd",
    ),
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters())
    | st.sampled_from(WORDS)
    | st.sampled_from((30080, 30443, 30082, 80, 443, 2.0))
)
names = st.sampled_from(KEYS) | st.text()
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=25,
)
documents = st.dictionaries(st.sampled_from(SECTIONS) | st.text(), anything, max_size=7)


def told(raw: dict[str, object]) -> Refused | None:
    """The refusal, one line for each problem, or nothing; any other exception fails the test."""
    try:
        assert isinstance(parse(raw, "stacks/Pulumi.any.yaml"), Settings)
        return None
    except Refused as error:
        refused = error
    title, *lines = str(refused).split("\n")
    assert title.startswith("stacks/Pulumi.any.yaml: ")
    assert len(lines) == len(refused.problems) > 0
    assert all(line.startswith("  portico:") and line.isprintable() for line in lines)
    return refused


@steady
@given(documents)
def test_anything_is_read_or_refused_line_by_line(raw):
    told(raw)


@steady
@given(st.sampled_from(tuple(KINDS.values())), documents, st.data())
def test_anything_below_a_right_section_is_read_or_refused(base, wild, data):
    raw = {**deepcopy(base), "apps": [deepcopy(APP)]}
    holder, key = data.draw(st.sampled_from(tuple(places(raw))))
    holder[key] = data.draw(anything)
    told({**wild, **raw})


@steady
@given(right_settings(), st.sampled_from((int, float)))
def test_what_is_written_down_is_read_back(value, number):
    assert parse(written(value, number), "") == value


@steady
@given(right_settings(), st.data())
def test_a_control_character_anywhere_is_refused(value, data):
    raw = written(value)
    holder, key = data.draw(st.sampled_from([place for place in places(raw) if is_text(place)]))
    text = holder[key]
    cut = data.draw(st.integers(0, len(text)))
    control = data.draw(st.characters(categories=("Cc",)))
    holder[key] = text[:cut] + control + text[cut:]
    assert told(raw) is not None


@steady
@given(right_settings(), st.data())
def test_a_control_character_in_any_key_is_refused(value, data):
    raw = written(value)
    holder, key = data.draw(st.sampled_from([place for place in places(raw) if isinstance(place[1], str)]))
    control = data.draw(st.characters(categories=("Cc",)))
    holder[key + control] = holder.pop(key)
    assert told(raw) is not None


@steady
@given(right_settings(), st.data())
def test_an_unknown_key_anywhere_makes_one_message(value, data):
    raw = written(value)
    sections = [holder[key] for holder, key in places(raw) if is_section(holder, key)]
    data.draw(st.sampled_from([raw, *sections]))["x"] = "y"
    refused = told(raw)
    assert refused is not None
    assert len(refused.problems) == 1


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0)])
def test_each_control_character_is_refused_in_a_name(code):
    assert unicodedata.category(chr(code)) == "Cc"
    assert told({**PAIR, "kubernetes": {"context": f"a{chr(code)}b"}}) is not None


def places(raw: object) -> Iterator[tuple[dict, str] | tuple[list, int]]:
    """Every value below: what holds it, and under which key."""
    pairs = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in pairs:
        yield raw, key
        yield from places(value)


def is_text(place) -> bool:
    holder, key = place
    return isinstance(holder[key], str)


def is_section(holder, key) -> bool:
    return isinstance(holder[key], dict) and key not in ("metadata", "nodePorts", "nodeSelector")
