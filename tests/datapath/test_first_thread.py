"""The way from the internet to the application, and what does not get through it."""

import asyncio
import json
import struct
import subprocess
import sys
from ipaddress import IPv4Address

import pytest

from sandbox import namespaces
from tests.engine.pair import CLIENT, INSIDE, ask, header
from tools import places

FORGED = "192.0.2.66"


@pytest.fixture(scope="module")
def address(pair):
    return pair.door.outputs()["address"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_application_sees_the_clients_own_address(pair, address, scheme):
    answer = ask(address, pair.door.host, scheme=scheme)
    assert " 200" in answer.splitlines()[0]
    assert header(answer, "X-Real-Ip") == [CLIENT]
    assert header(answer, "X-Forwarded-For") == [CLIENT]


def test_nothing_but_the_listeners_answers(pair, address):
    node_ports = pair.door.outputs()["nodePorts"].values()
    asked = {*range(1, 1025), 3306, 6443, 8080, 8404, 9000, 61404, *node_ports}
    with namespaces.entered(pair.sandbox.paths.inet):
        assert asyncio.run(open_ports(address, sorted(asked))) == [80, 443]


def test_a_forged_forwarded_header_is_replaced(pair, address):
    answer = ask(address, pair.door.host, "-H", f"X-Forwarded-For: {FORGED}", "-H", f"X-Real-Ip: {FORGED}")
    assert header(answer, "X-Forwarded-For") == [CLIENT]
    assert header(answer, "X-Real-Ip") == [CLIENT]


@pytest.mark.parametrize("version", [1, 2])
def test_a_clients_own_proxy_header_is_not_believed(pair, address, version):
    request = f"GET / HTTP/1.0\r\nHost: {pair.door.host}\r\n\r\n".encode()
    with namespaces.entered(pair.sandbox.paths.inet):
        answer = asyncio.run(say(address, proxy_header(version, address) + request))
    assert FORGED not in answer
    assert answer == "" or answer.startswith("HTTP/1.1 400"), answer


def test_a_workers_node_ports_answer_to_no_other_worker(pair):
    (first, second, *_) = json.loads(pair.sandbox.paths.facts.read_text())["workers"]
    port = pair.door.outputs()["nodePorts"]["http"]
    refused = connect(f"--in={second['name']}", first["address"], port)
    assert refused != 0, "a worker reaches another one's node port through the tenant network"


def connect(place, address, port):
    """Whether a connection can be opened from a place; the exit code."""
    script = f"import socket; socket.create_connection(({address!r}, {port}), 2)"
    command = [*INSIDE[:-1], place, "--", sys.executable, "-c", script]
    return subprocess.run(command, cwd=places.CHECKOUT, capture_output=True, timeout=30).returncode


async def open_ports(address, ports):
    limit = asyncio.Semaphore(200)

    async def is_open(port):
        async with limit:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), 2)
            except (OSError, TimeoutError):
                return False
            writer.close()
            return True

    answers = await asyncio.gather(*map(is_open, ports))
    return [port for port, answered in zip(ports, answers, strict=True) if answered]


async def say(address, text):
    reader, writer = await asyncio.open_connection(address, 80, local_addr=(CLIENT, 0))
    writer.write(text)
    try:
        return (await asyncio.wait_for(reader.read(-1), 5)).decode(errors="replace")
    except OSError:
        return ""
    finally:
        writer.close()


def proxy_header(version, address):
    """A PROXY header that claims another client (PROXY protocol specification, 2.1 and 2.2)."""
    if version == 1:
        return f"PROXY TCP4 {FORGED} {address} 4711 80\r\n".encode()
    addresses = IPv4Address(FORGED).packed + IPv4Address(address).packed + struct.pack("!HH", 4711, 80)
    return b"\r\n\r\n\x00\r\nQUIT\n" + struct.pack("!BBH", 0x21, 0x11, len(addresses)) + addresses
