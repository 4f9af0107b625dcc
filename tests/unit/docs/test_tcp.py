"""The examples of docs/ingress.md for TCP beside HTTP are settings that hold together."""

import re

import pytest
import yaml

from portico.problems import Refused
from portico.settings import parse
from tests.unit.settings.said import AWS, METALLB, OCTAVIA, PAIR
from tools import places

PAGE = (places.CHECKOUT / "docs/ingress.md").read_text()
SECTION = PAGE.partition("\n## TCP beside HTTP\n")[2].partition("\n## ")[0]
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)]


def test_there_are_examples():
    assert EXAMPLES


def led(example):
    """Whether every TCP listener leads to a Service."""
    listeners = example["portico:loadBalancer"]["listeners"]
    return all("service" in listener for listener in listeners if listener.get("protocol") == "tcp")


@pytest.mark.parametrize("base", [PAIR, OCTAVIA, AWS, METALLB], ids=lambda base: base["loadBalancer"]["type"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_right(base, example):
    said = {key.removeprefix("portico:"): value for key, value in example.items()}
    if base is METALLB and not led(example):
        with pytest.raises(Refused, match=r"service: is required with `type: metallb`"):
            parse({**base, **said, "loadBalancer": {**base["loadBalancer"], **said["loadBalancer"]}}, "")
        return
    balancer = {**base["loadBalancer"], **said.pop("loadBalancer")}
    settings = parse({**base, **said, "loadBalancer": balancer}, "")
    assert {listener.protocol for listener in settings.load_balancer.listeners} == {"http", "tcp"}
