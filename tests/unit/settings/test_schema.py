"""The JSON schema takes every stack file of this checkout, and refuses what an editor should mark."""

import json

import jsonschema
import pytest
import yaml

from tests.unit.settings.said import APP, KINDS, PAIR, but
from tools import places
from tools.make import settings_schema

STACKS = sorted((places.CHECKOUT / "stacks").glob("Pulumi.*.yaml"))
SCHEMA = jsonschema.Draft202012Validator(json.loads(settings_schema.FILE.read_text()))


def stack(raw):
    return {"config": {f"portico:{section}": value for section, value in raw.items()}}


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_the_schema_takes_every_stack_file_and_each_names_it(file):
    SCHEMA.validate(yaml.safe_load(file.read_text()))
    first = file.read_text().partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../docs/settings.schema.json"


@pytest.mark.parametrize("base", KINDS.values(), ids=KINDS)
def test_the_schema_takes_the_least_that_must_be_said(base):
    SCHEMA.validate(stack({**base, "apps": [APP]}))


@pytest.mark.parametrize(
    "changes",
    [
        {"node": {}},
        {"loadBalancer.type": "haproxy"},
        {"loadBalancer.hosts.flavour": "m1.small"},
        {"loadBalancer.hosts.count": 6},
        {"loadBalancer.hosts": 5},
        {"loadBalancer.octavia": {}},
        {"nodes.addresses": []},
        {"ingress": {"controller": "nginx"}},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_wrong_by_itself(changes):
    assert not SCHEMA.is_valid(stack(but(PAIR, changes)))


def test_every_setting_is_described_where_it_is_written():
    for name, section in SCHEMA.schema["$defs"].items():
        for key, value in section.get("properties", {}).items():
            assert value.get("description"), f"{name}.{key}"
