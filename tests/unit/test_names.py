"""No two stacks share a name: who destroys one takes nothing of another."""

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.kinds.aws_nlb.plan import NAME_LENGTH, short
from portico.names import Names, for_component, for_stack

STACKS = st.from_regex(r"[A-Za-z0-9_.\-]{1,100}", fullmatch=True)
"""What Pulumi takes as a stack's name (pulumi, tokens.IsName)."""

ALIKE = st.from_regex(r"[Pp]rod[-_.][Ee]u[-_.]?(host-[12]|vip|hosts|port|lb)?[-_.]?", fullmatch=True)

PORTS = ("vip", *(f"host-{index}-port" for index in range(1, 6)))
SERVERS = tuple(f"host-{index}" for index in range(1, 6))


@pytest.mark.parametrize("stack", ["prod", "prod-eu", "a", "7", "t1a2b-pair", "a" * 32])
def test_a_name_that_fits_is_used_as_it_is(stack):
    assert for_stack(stack).prefix == f"portico-{stack}"


@pytest.mark.parametrize(
    ("stack", "prefix"),
    [
        ("prod_eu", "portico-prod-eu--"),
        ("Prod", "portico-prod--"),
        ("prod--eu", "portico-prod-eu--"),
        ("-prod", "portico-prod--"),
        ("...", "portico--"),
        ("a" * 33, f"portico-{'a' * 22}--"),
    ],
)
def test_any_other_is_told_apart_by_a_digest(stack, prefix):
    assert re.fullmatch(re.escape(prefix) + "[0-9a-f]{8}", for_stack(stack).prefix)


@pytest.mark.parametrize(
    "stacks",
    [
        ("prod_eu", "prod-eu", "prod.eu", "Prod-eu", "prod-eu-", "prod--eu"),
        ("a" * 40 + "-a", "a" * 40 + "-b", "a" * 40),
        ("A" * 32, "a" * 32),
    ],
    ids=["dashes", "long", "case"],
)
def test_names_that_look_alike_are_different(stacks):
    assert len({for_stack(stack).prefix for stack in stacks}) == len(stacks)


@given(st.sets(STACKS | ALIKE, min_size=2, max_size=20))
def test_no_two_stacks_share_a_prefix_or_the_name_of_a_part(stacks):
    made = [for_stack(stack) for stack in sorted(stacks)]
    assert len({names.prefix for names in made}) == len(made)
    for one, other in combinations(made, 2):
        for parts in (PORTS, SERVERS, ("hosts",), ("lb",), ("traefik",), ("pool",)):
            mine, theirs = ({names.of(part) for part in parts} for names in (one, other))
            assert mine.isdisjoint(theirs)
        assert one.description("address") != other.description("address")


@given(STACKS)
def test_a_digest_is_never_the_name_of_another_stack(stack):
    prefix = for_stack(stack).prefix
    assert prefix == f"portico-{stack}" or for_stack(prefix.removeprefix("portico-")).prefix != prefix


@given(st.sets(STACKS, min_size=2, max_size=20), st.sampled_from(["lb", "443", "80"]))
def test_names_cut_short_for_aws_stay_different(stacks, part):
    names = [short(for_stack(stack).of(part)) for stack in stacks]
    assert len(set(names)) == len(names)
    assert all(len(name) <= NAME_LENGTH for name in names)


def test_a_prefix_leaves_room_in_a_label_of_63():
    assert len(Names("a" * 40).of("host", 5, "port")) <= 63


COMPONENTS = st.tuples(
    st.sampled_from(["portico", "Portico", "shop"]) | STACKS,
    STACKS | ALIKE,
    st.sampled_from(["portico", "shop", "api", "shop-api"]) | st.text(min_size=1, max_size=60),
)
"""Project, stack and component."""


def test_the_program_itself_keeps_the_names_of_its_stack():
    assert for_component("portico", "prod", "portico") == for_stack("prod")


def test_a_component_of_another_program_says_stack_and_component_and_a_digest():
    prefix = for_component("web", "prod", "shop").prefix
    assert re.fullmatch("portico-prod-shop--[0-9a-f]{10}", prefix)


@pytest.mark.parametrize(
    "alike",
    [
        [("web", "prod", "portico"), ("portico", "prod", "portico"), ("api", "prod", "portico")],
        [("web", "prod", "shop"), ("web", "prod", "api")],
        [("web", "prod-a", "b"), ("web", "prod", "a-b")],
        [("web", "a" * 60, "shop"), ("web", "a" * 61, "shop")],
    ],
    ids=["projects", "components", "dashes", "long"],
)
def test_projects_stacks_and_components_that_look_alike_are_different(alike):
    assert len({for_component(*words).prefix for words in alike}) == len(alike)


@given(st.sets(COMPONENTS, min_size=2, max_size=20))
def test_no_two_components_share_a_prefix_or_the_name_of_a_part(components):
    every = [for_component(*words) for words in sorted(components)]
    assert len({names.prefix for names in every}) == len(every)
    for one, other in combinations(every, 2):
        for parts in (PORTS, SERVERS, ("hosts",), ("lb",), ("traefik",), ("pool",)):
            mine, theirs = ({names.of(part) for part in parts} for names in (one, other))
            assert mine.isdisjoint(theirs)


@given(COMPONENTS, STACKS | ALIKE)
def test_a_component_never_has_the_names_of_another_programs_stack(words, stack):
    project, own, component = words
    names = for_component(*words)
    assert names != for_stack(stack) or (project, component, own) == ("portico", "portico", stack)
