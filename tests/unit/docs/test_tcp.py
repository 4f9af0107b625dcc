"""The examples of docs/ingress.md for TCP beside HTTP are settings that hold together."""

import re

import pytest
import yaml

from portico.settings import parse
from tests.unit.settings.said import AWS, PAIR
from tools import places

PAGE = (places.CHECKOUT / "docs/ingress.md").read_text()
SECTION = PAGE.partition("\n## TCP beside HTTP\n")[2].partition("\n## ")[0]
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)]


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("base", [PAIR, AWS], ids=["openstack-haproxy", "aws-nlb"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_right(base, example):
    said = {key.removeprefix("portico:"): value for key, value in example.items()}
    balancer = {**base["loadBalancer"], **said.pop("loadBalancer")}
    settings = parse({**base, **said, "loadBalancer": balancer}, "")
    assert {listener.protocol for listener in settings.load_balancer.listeners} == {"http", "tcp"}
