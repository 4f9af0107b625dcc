"""Settings from a Python program: keys in snake_case, and messages in the words of the program."""

import pytest

from portico.later import Later
from portico.problems import Refused
from portico.settings import parse
from tests.unit.settings.said import PAIR, but


def snake(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def spelt(value):
    if isinstance(value, dict):
        return {snake(key): spelt(inner) for key, inner in value.items()}
    return [spelt(inner) for inner in value] if isinstance(value, list) else value


def complaints(raw):
    with pytest.raises(Refused) as refused:
        parse(raw, "shop", program=True)
    return [str(problem) for problem in refused.value.problems]


def test_a_program_may_spell_its_keys_in_snake_case_or_as_a_stack_file():
    assert parse(spelt(PAIR), "", program=True) == parse(PAIR, "", program=True) == parse(PAIR, "")


def test_a_stack_file_spells_its_keys_in_one_way():
    with pytest.raises(Refused, match="load_balancer: is no setting; did you mean 'loadBalancer'"):
        parse(spelt(PAIR), "")


def test_a_message_shows_a_key_as_the_program_spells_it():
    raw = spelt(but(PAIR, {"loadBalancer.hosts.maxConnections": 1, "loadBalancer.hosts.keyPiar": "a"}))
    assert complaints(raw) == [
        "portico:load_balancer.hosts.max_connections = 1: must be a whole number from 100 to 200000",
        "portico:load_balancer.hosts.key_piar: is no setting; did you mean 'key_pair'?",
    ]


def test_a_key_in_both_spellings_is_one_too_many():
    raw = spelt(but(PAIR, {"nodes.securityGroup": "a"}))
    raw["nodes"]["securityGroup"] = "b"
    (complaint,) = complaints(raw)
    assert "is written twice; keep one of security_group and securityGroup" in complaint


def test_what_decides_the_shape_is_known_at_once():
    raw = but(PAIR, {"loadBalancer.hosts.count": Later(None), "nodes.addresses.0": Later(None)})
    (complaint,) = complaints(raw)
    assert complaint.startswith("portico:loadBalancer.hosts.count = an Output: must be known before anything")


@pytest.mark.parametrize(
    "section", ["nodes", "apps", "loadBalancer", "loadBalancer.hosts", "nodes.addresses"]
)
def test_a_whole_section_is_known_at_once(section):
    (complaint,) = complaints(but(PAIR, {section: Later(None)}))
    assert complaint.startswith(f"portico:{section} = an Output: must be known before anything")


def test_nodes_whose_addresses_are_known_later_are_named_by_their_number():
    nodes = parse(but(PAIR, {"nodes.addresses": [Later(None), Later(None)]}), "", program=True).nodes
    assert [node.name for node in nodes.addresses] == ["node-1", "node-2"]
