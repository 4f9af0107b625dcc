"""The comparison of the OpenStack plugin with its PyPI package finds what differs."""

import json

import pytest

from tools.toolchain.openstack_names import differences

TOKEN = "openstack:networking/subnetRoute:SubnetRoute"


def plain(tf, required=False):
    return {"tf": tf, "input": True, "required": required, "type": "String"}


ROUTE = {
    "destinationCidr": plain("destination_cidr", required=True),
    "nextHop": plain("next_hop", required=True),
    "region": plain("region"),
    "subnetId": plain("subnet_id", required=True),
}


@pytest.fixture
def compare(tmp_path):
    def run(names):
        plugin = tmp_path / "plugin"
        plugin.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(names)}\nEND\n")
        plugin.chmod(0o755)
        return differences(plugin)

    return run


def test_a_plugin_that_speaks_as_the_package_does_has_no_difference(compare):
    assert compare({TOKEN: ROUTE}) == (1, [])


def test_a_property_of_another_name_is_found_on_both_sides(compare):
    other = {("hop" if name == "nextHop" else name): each for name, each in ROUTE.items()}
    _, found = compare({TOKEN: other})
    assert found == [
        f"{TOKEN}: Python has nextHop, the plugin has not",
        f"{TOKEN}: the plugin has hop (next_hop), Python has not",
    ]


def test_a_property_that_only_one_side_requires_is_found(compare):
    _, found = compare({TOKEN: {**ROUTE, "nextHop": plain("next_hop")}})
    assert found == [f"{TOKEN}.nextHop: required by Python: True, by the plugin: False"]


def test_a_token_that_the_package_does_not_know_is_found(compare):
    _, found = compare({"openstack:networking/subnetRoad:SubnetRoad": ROUTE})
    assert found == ["openstack:networking/subnetRoad:SubnetRoad: no Python class or function has this token"]
