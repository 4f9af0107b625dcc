"""Settings as somebody might write them, right to begin with, and ways to change and to read them."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from portico.problems import Problem, Refused
from portico.settings import Settings, parse

FILE = "stacks/Pulumi.test.yaml"

PAIR = {
    "nodes": {"from": "addresses", "addresses": ["10.20.0.11", {"name": "w2", "address": "10.20.0.12"}]},
    "loadBalancer": {
        "type": "openstack-haproxy",
        "openstack": {"network": "k8s", "externalNetwork": "public"},
        "hosts": {"image": "debian-12", "flavor": "m1.small"},
    },
}
OCTAVIA = {
    "nodes": {"from": "openstack", "tag": "k8s-worker"},
    "loadBalancer": {"type": "octavia", "openstack": {"network": "k8s", "externalNetwork": "public"}},
}
AWS = {
    "nodes": {"from": "addresses", "addresses": ["10.0.1.11"], "securityGroup": "sg-0123456789abcdef0"},
    "loadBalancer": {
        "type": "aws-nlb",
        "aws": {
            "vpc": "vpc-0123456789abcdef0",
            "subnets": ["subnet-0123456789abcdef0"],
            "subnetCidrs": ["10.0.1.0/24"],
        },
    },
}
METALLB = {"loadBalancer": {"type": "metallb", "metallb": {"addresses": ["192.0.2.10-192.0.2.20"]}}}
APP = {"name": "shop", "host": "shop.example.org", "service": {"name": "shop", "port": 8080}}

KINDS = {"openstack-haproxy": PAIR, "octavia": OCTAVIA, "aws-nlb": AWS, "metallb": METALLB}

NOTHING = object()
"""Takes a key out."""


def but(base: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, Any]:
    """The same with other values at some paths, as in `{"nodes.addresses.0.name": "w1"}`."""
    made = deepcopy(dict(base))
    for path, value in changes.items():
        *above, last = (int(step) if step.isdigit() else step for step in path.split("."))
        here: Any = made
        for step in above:
            here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
        if value is NOTHING:
            del here[last]
        else:
            here[last] = value
    return made


def read(base: Mapping[str, Any], **changes: object) -> Settings:
    """The settings; `section={...}` replaces a section."""
    return parse({**base, **changes}, FILE)


def problems(raw: Mapping[str, Any]) -> tuple[Problem, ...]:
    """What is wrong; at least something has to be."""
    with pytest.raises(Refused) as refused:
        parse(raw, FILE)
    return refused.value.problems


def complaints(raw: Mapping[str, Any]) -> list[str]:
    """The messages, without the prefix that all paths have."""
    return [str(problem).removeprefix("portico:") for problem in problems(raw)]
