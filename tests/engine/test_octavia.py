"""Octavia with the OVN provider, for real: the same front door with another load balancer."""

import json
import subprocess
import sys

import pytest

from sandbox import namespaces
from sandbox.openstack import clouds
from sandbox.openstack.site import OCTAVIA_REGION
from tests.datapath.hearing import heard
from tests.datapath.sending import FORGED, proxy_header, say
from tests.datapath.services import PROXIED, speaking
from tests.datapath.stranger import stranger
from tests.engine import listing
from tests.engine.door import base
from tests.engine.pair import CLIENT, ask, header, until
from tools import places

OVN = {"portico:loadBalancer": {"type": "octavia", "hosts": None, "octavia": {"provider": "ovn"}}}


@pytest.fixture
def octavia(sandbox):
    """The sandbox's region with Octavia."""
    if not sandbox.parts().octavia:
        command = [sys.executable, "-m", "sandbox", "up", "--octavia"]
        subprocess.run(command, cwd=places.CHECKOUT, check=True, timeout=600)
    return sandbox


@pytest.fixture
def lines(octavia, door):
    """A stack of which two listeners lead to a Service that is not HTTP: past the controller, and through
    it."""
    stack = door("octavia")
    first = stack.own["portico:ingress"]["nodePorts"]["http"] + 3
    service = {"name": f"{stack.stack}-git", "port": PROXIED}
    listeners = [
        {"name": "http", "port": 80},
        {"name": "https", "port": 443},
        {"name": "past", "port": 22, "protocol": "tcp"},
        {"name": "through", "port": 23, "protocol": "tcp", "service": service, "proxyProtocol": True},
    ]
    ports = {"past": first, "through": first + 2}
    with speaking(octavia, stack.folder, service["name"], (first, first + 1)):
        yield (
            stack,
            {
                "portico:loadBalancer": {"listeners": listeners},
                "portico:ingress": {"nodePorts": ports},
            },
        )


@pytest.mark.alone
def test_the_same_door_stands_on_octavia_and_leaves_nothing(octavia, lines):
    stack, tcp = lines
    everybody = base()["portico:nodes"]["addresses"]
    stack.change(OVN, tcp, {"portico:nodes": {"addresses": everybody[:-1]}})
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
    for port in (22, 23):
        names_the_client(octavia, outputs["address"], port)

    stack.extra = {}
    stack.change(OVN, tcp, {"openstack:region": OCTAVIA_REGION})
    preview = stack.preview()
    counts = preview.counts
    assert counts.pop(("update", "openstack"), 1) == 1
    assert counts == {("update", "Members"): 4}, "one for each of the four pools"
    more = stack.up().succeeded()
    print(f"Octavia, a worker more: {more.seconds:.1f} s")
    stack.up("--expect-no-changes").succeeded()
    stack.refresh("--expect-no-changes").succeeded()

    destroy = stack.destroy().succeeded()
    print(f"Octavia destroy: {destroy.seconds:.1f} s")
    assert everything(octavia, stack) == before


def names_the_client(sandbox, address, port):
    """To a Service that has a pod on one node alone: the others are out once OVN has asked them."""

    def by_its_address():
        with namespaces.entered(sandbox.paths.inet):
            return heard(address, port, source=CLIENT) == (f"hello {CLIENT}", True)

    until(f"the Service behind port {port} sees the client", by_its_address, 30)


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
