"""What a stack made is its own, and nothing else is: a second checkout, its address, a preview in CI."""

import copy
import re

import pytest

from sandbox.openstack import clouds
from tests.engine import listing
from tests.engine.door import Door


@pytest.mark.alone
def test_a_second_checkout_without_the_state_is_refused_by_name_and_changes_nothing(pair, sandbox, tmp_path):
    second = Door("second", tmp_path / "second")
    second.stack = pair.door.stack
    second.file.write_text(pair.door.file.read_text())
    second.init()
    before = everything(sandbox, second)
    for run in (second.run("preview"), second.up()):
        run.failed()
        taken = re.findall(r"openstack = (.*?) '(.*?)' .* is not in this stack's state", run.output)
        things = {what for what, _ in taken}
        assert things == {
            *("port", "server", "server group", "floating IP"),
            *("security group", "security group rule"),
        }
        assert len(taken) == 6 + 2 + 1 + 1 + 1 + 7
        assert "python -m portico.recovery --stack" in run.output
    assert everything(sandbox, second) == before
    pair.door.up("--expect-no-changes").succeeded()


@pytest.mark.parametrize("by", ["address", "id"])
def test_the_stacks_own_address_may_be_named_and_stays_its_own(pair, by):
    before = floating_ip(pair)
    named = {"floatingIp": before["outputs"][by], "externalNetwork": None}
    pair.door.change({"portico:loadBalancer": {"openstack": named}})
    try:
        assert pair.door.preview().changes == ()
        pair.door.up("--expect-no-changes").succeeded()
        assert floating_ip(pair) == before
    finally:
        pair.door.change()


def test_a_preview_without_network_and_credentials_changes_nothing_of_a_stack_that_is_up(pair):
    elsewhere = copy.copy(pair.door)
    elsewhere.where = "offline"
    preview = elsewhere.preview()
    print(f"offline: {preview.seconds:.1f} s, {preview.counts}")
    assert {(step.op, step.type) for step in preview.changes} <= {
        ("update", "openstack"),
        ("update", "kubernetes"),
    }


def test_an_address_that_is_kept_outlives_its_stack_and_is_taken_again(door, sandbox):
    keeps = {"portico:loadBalancer": {"openstack": {"keepAddress": True}}}
    stack = door("kept", keeps)
    stack.up().succeeded()
    address = stack.outputs()["address"]
    stack.destroy().succeeded()
    try:
        refused = stack.up().failed()
        assert "to use it, name it in openstack.floatingIp" in refused.output
        stack.change({"portico:loadBalancer": {"openstack": {"floatingIp": address}}})
        stack.up().succeeded()
        assert stack.outputs()["address"] == address
        stack.destroy().succeeded()
        kept = [ip for ip in listing.cloud(sandbox) if stack.prefix in ip]
        assert [ip.rpartition(" ")[0] for ip in kept] == [f"floating IP address (Portico, {stack.prefix})"]
    finally:
        release(sandbox, address)


def floating_ip(pair):
    (there,) = (each for each in pair.door.state() if each["type"].endswith("floatingIp:FloatingIp"))
    return there


def release(sandbox, address):
    with clouds.connection(sandbox.paths) as cloud:
        for ip in cloud.network.ips(floating_ip_address=address):
            cloud.network.delete_ip(ip)


def everything(sandbox, stack):
    return listing.without_others(listing.cloud(sandbox) | listing.cluster(), stack.stack)
