"""Octavia with the OVN provider, for real: the same front door with another load balancer."""

import json
import subprocess
import sys

import pytest

from sandbox.openstack import clouds
from sandbox.openstack.site import OCTAVIA_REGION
from tests.datapath.sending import FORGED, proxy_header, say
from tests.datapath.stranger import stranger
from tests.engine import listing
from tests.engine.door import base
from tests.engine.pair import CLIENT, ask, header
from tools import places

OVN = {"portico:loadBalancer": {"type": "octavia", "hosts": None, "octavia": {"provider": "ovn"}}}


@pytest.fixture
def octavia(sandbox):
    """The sandbox's region with Octavia."""
    if not sandbox.parts().octavia:
        command = [sys.executable, "-m", "sandbox", "up", "--octavia"]
        subprocess.run(command, cwd=places.CHECKOUT, check=True, timeout=600)
    return sandbox


def test_the_same_door_stands_on_octavia_and_leaves_nothing(octavia, door):
    everybody = base()["portico:nodes"]["addresses"]
    fewer = {"portico:nodes": {"addresses": everybody[:-1]}}
    stack = door("octavia", OVN, fewer)
    before = everything(octavia, stack)
    refused = stack.up().failed()
    assert "this region has no Octavia" in refused.output
    # clouds.yaml names the region without. Whoever asks and whoever builds are both told the other one.
    stack.extra = {"OS_REGION_NAME": OCTAVIA_REGION}
    up = stack.up().succeeded()
    outputs = stack.outputs()
    print(f"Octavia up: {up.seconds:.1f} s, {outputs['answer']}")
    assert outputs["answer"] == "HTTP 200"
    assert header(ask(outputs["address"], stack.host), "X-Real-Ip") == [CLIENT]
    believes_no_header(octavia, outputs, stack.host)

    stack.extra = {}
    stack.change(OVN, {"openstack:region": OCTAVIA_REGION})
    preview = stack.preview()
    counts = preview.counts
    assert counts.pop(("update", "openstack"), 1) == 1
    assert counts == {("update", "Members"): 2}, "one for each of the two pools"
    more = stack.up().succeeded()
    print(f"Octavia, a worker more: {more.seconds:.1f} s")
    stack.up("--expect-no-changes").succeeded()
    stack.refresh("--expect-no-changes").succeeded()

    destroy = stack.destroy().succeeded()
    print(f"Octavia destroy: {destroy.seconds:.1f} s")
    assert everything(octavia, stack) == before


def believes_no_header(sandbox, outputs, host):
    """From the internet, from a worker as a pod behind it is seen, and from another server of the network."""
    (worker, *_) = json.loads(sandbox.paths.facts.read_text())["workers"]
    address, node_port = outputs["address"], outputs["nodePorts"]["http"]
    with stranger(sandbox) as server:
        ways = [
            (sandbox.paths.inet, address, 80),
            (worker["netns"], address, 80),
            (worker["netns"], worker["address"], node_port),
            (server.netns, address, 80),
            (server.netns, worker["address"], node_port),
        ]
        for place, target, port in ways:
            assert " 200" in say(place, target, port, host).partition("\n")[0], (place, target)
            for version in (1, 2):
                assert FORGED not in say(place, target, port, host, proxy_header(version, target))


def everything(sandbox, stack):
    there = listing.cloud(sandbox, clouds.OCTAVIA) | listing.cluster()
    return listing.without_others(there, stack.stack)
