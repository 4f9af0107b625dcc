"""The way from the internet to the application: whom the application sees, and who is not believed."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.openstack.bootstrap import WORKERS_GROUP
from tests.datapath.faults.members import controllers, processes
from tests.datapath.sending import FORGED, connects, open_ports, proxy_header, say
from tests.datapath.stranger import admitted
from tests.engine.pair import CLIENT, PORTS, ask, header, inside

BOTH = pytest.mark.parametrize("scheme", ["http", "https"])
VERSIONS = pytest.mark.parametrize("version", [1, 2])


@pytest.fixture(scope="module")
def address(pair):
    return pair.door.outputs()["address"]


@pytest.fixture(scope="module")
def pod(pair):
    """A pod of the application."""
    words = ("get", "pods", f"--selector=app.kubernetes.io/name={pair.door.stack}", "--output=json")
    return json.loads(pair.kubectl(*words))["items"][0]


@pytest.fixture(scope="module")
def controller_addresses(pair):
    return [each["status"]["podIP"] for each in controllers(pair).values()]


@BOTH
def test_the_application_sees_the_clients_own_address(pair, address, scheme):
    answer = ask(address, pair.door.host, scheme=scheme)
    assert " 200" in answer.splitlines()[0]
    assert header(answer, "X-Real-Ip") == [CLIENT]
    assert header(answer, "X-Forwarded-For") == [CLIENT]


def test_nothing_but_the_listeners_answers(pair, address):
    node_ports = pair.door.outputs()["nodePorts"].values()
    asked = sorted({*range(1, 1025), 3306, 6443, 8080, 8404, 9000, 61404, *node_ports})
    assert open_ports(pair.sandbox.paths.inet, [address], asked) == {address: [80, 443]}


def test_a_forged_forwarded_header_is_replaced(pair, address):
    answer = ask(address, pair.door.host, "-H", f"X-Forwarded-For: {FORGED}", "-H", f"X-Real-Ip: {FORGED}")
    assert header(answer, "X-Forwarded-For") == [CLIENT]
    assert header(answer, "X-Real-Ip") == [CLIENT]


@BOTH
@VERSIONS
def test_a_node_port_believes_the_proxy_header_of_a_host(pair, workers, version, scheme):
    """What the other tests forge would be believed if it came from where it should."""
    port, worker = pair.door.outputs()["nodePorts"][scheme], workers[0]["address"]
    forged = proxy_header(version, worker)
    assert seen(pair, network_of_host(pair, 0), worker, port, scheme, forged) == [FORGED]


@BOTH
@VERSIONS
def test_a_proxy_header_from_the_internet_is_refused(pair, address, version, scheme):
    assert refused(pair, pair.sandbox.paths.inet, address, version, scheme)


@BOTH
@VERSIONS
def test_a_proxy_header_from_another_server_is_refused_by_the_door(pair, address, stranger, version, scheme):
    vip, hosts = pair.details["vip"], pair.details["hostAddresses"]
    assert seen(pair, stranger.netns, vip, PORTS[scheme], scheme) == [stranger.address]
    for target in (vip, *hosts, address):
        assert refused(pair, stranger.netns, target, version, scheme), target


@BOTH
def test_another_server_reaches_no_node_port_and_would_not_be_believed_if_it_did(
    pair, stranger, workers, scheme
):
    port, worker = pair.door.outputs()["nodePorts"][scheme], workers[0]["address"]
    assert not connects(stranger.netns, worker, port)
    with admitted(pair.sandbox, WORKERS_GROUP, stranger.address, "tcp", port):
        for version in (1, 2):
            forged = proxy_header(version, worker)
            assert seen(pair, stranger.netns, worker, port, scheme, forged) == [stranger.address]
    assert not connects(stranger.netns, worker, port)


@BOTH
@VERSIONS
def test_a_worker_is_refused_by_the_door_and_not_believed_by_its_own_node_port(
    pair, address, workers, version, scheme
):
    """As a pod in the node's network is, and every pod of a cluster that hides pods behind their node."""
    worker, vip = workers[0], pair.details["vip"]
    assert seen(pair, worker["netns"], vip, PORTS[scheme], scheme) == [worker["address"]]
    for target in (vip, address):
        assert refused(pair, worker["netns"], target, version, scheme)
    port, forged = pair.door.outputs()["nodePorts"][scheme], proxy_header(version, worker["address"])
    assert FORGED not in seen(pair, worker["netns"], worker["address"], port, scheme, forged)


def test_a_workers_node_ports_answer_to_no_other_worker(pair, workers):
    (first, second, *_) = workers
    port = pair.door.outputs()["nodePorts"]["http"]
    assert not connects(second["netns"], first["address"], port)


@BOTH
@VERSIONS
def test_a_pod_reaches_the_controller_past_the_door_and_is_seen_as_itself(
    pair, workers, pod, controller_addresses, version, scheme
):
    """Its own node's node port, and each controller's pod: nothing of the cloud stands between them."""
    (node,) = [worker["address"] for worker in workers if worker["name"] == pod["spec"]["nodeName"]]
    port = pair.door.outputs()["nodePorts"][scheme]
    for target in (node, *controller_addresses):
        forged = proxy_header(version, target)
        assert seen(pair, network(pod), target, port, scheme, forged) == [pod["status"]["podIP"]], target


def refused(pair, place, target, version, scheme):
    """Whether a request gets no answer of the application only because a forged PROXY header precedes it."""
    port, tls = PORTS[scheme], scheme == "https"
    assert " 200" in say(place, target, port, pair.door.host, tls=tls).partition("\n")[0]
    answer = say(place, target, port, pair.door.host, proxy_header(version, target), tls=tls)
    return answer == "" or answer.startswith("HTTP/1.1 400")


def seen(pair, place, target, port, scheme, before=b""):
    """The client as the application saw it."""
    answer = say(place, target, port, pair.door.host, before, tls=scheme == "https")
    assert " 200" in answer.partition("\n")[0]
    return header(answer, "X-Real-Ip")


def network(pod):
    """A pod's network namespace."""
    (process, *_) = processes("whoami", pod["metadata"]["uid"])
    return f"/proc/{process}/ns/net"


def network_of_host(pair, place):
    """An LB host's network namespace, by a process in it."""
    wanted = inside(pair.details["hosts"][place], "readlink", "/proc/self/ns/net")
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str((entry / "ns/net").readlink()) == wanted:
                return f"{entry}/ns/net"
    raise AssertionError(f"no process runs in {wanted}")
