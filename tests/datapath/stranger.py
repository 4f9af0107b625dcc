"""Somebody who has no business here: a server of its own on the tenant network, and what such people send.

The server is a namespace on a Neutron port with a security group of its own, all made for the stranger and
removed after it. What can be sent can be sent from any place of the sandbox: a place is a network namespace
by its name, or by its path. Run as a program it is an ear:

    stranger.py      prints what arrives where it runs, as JSON, when its standard input ends
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import select
import socket
import ssl
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from sandbox import namespaces
from sandbox.lifecycle import Sandbox
from sandbox.openstack import clouds
from sandbox.openstack.bootstrap import NETWORK
from tests.engine.pair import until
from tools import places

VRRP = 112
"""The IP protocol (RFC 5798, 9)."""
VRRP_GROUP = "224.0.0.18"
"""Where adverts go that are not unicast (RFC 5798, 5.1.1.2)."""
FORGED = "192.0.2.66"
"""The client that a forged PROXY header claims."""


@dataclass(frozen=True)
class Stranger:
    """A server on the tenant network."""

    netns: str
    address: str
    mac: str

    @contextmanager
    def as_well(self, address: str) -> Iterator[None]:
        """It gives itself another's address."""
        change = ("ip", "-n", self.netns, "address")
        namespaces.run(*change, "add", f"{address}/32", "dev", "eth0")
        try:
            yield
        finally:
            namespaces.run(*change, "delete", f"{address}/32", "dev", "eth0")


@contextmanager
def stranger(sandbox: Sandbox) -> Iterator[Stranger]:
    """A server that comes and goes, in a security group that admits nothing."""
    mark = secrets.token_hex(2)
    name, cable = f"stranger-{mark}", f"tap-{mark}"
    netns = sandbox.paths.netns(name)
    cloud = sandbox.openstack
    with ExitStack() as made:

        def afterwards(delete: str, what: Any) -> None:
            made.callback(_delete, sandbox, delete, what.id)

        with cloud.connection() as user:
            api: Any = user.network
            net = api.find_network(NETWORK, ignore_missing=False)
            subnet = api.find_subnet(NETWORK, network_id=net.id, ignore_missing=False)
            group = api.create_security_group(name=name, description="a stranger's, of a test")
            afterwards("delete_security_group", group)
            port = api.create_port(name=name, network_id=net.id, security_group_ids=[group.id])
            afterwards("delete_port", port)
        with cloud.connection(clouds.ADMIN) as admin:
            admin.network.update_port(port, binding_host_id=cloud.host, device_owner="compute:nova")
        address, mac = port.fixed_ips[0]["ip_address"], port.mac_address

        made.callback(namespaces.delete, netns)
        namespaces.ensure(netns)
        inner, outer = namespaces.End(netns, "eth0", mac), namespaces.End(sandbox.paths.cloud, cable)
        made.callback(namespaces.delete_link, outer.netns, cable)
        namespaces.veth(outer, inner, mtu=net.mtu)
        commands = [
            f"address add {address}/{subnet.cidr.partition('/')[2]} dev eth0",
            f"route add default via {subnet.gateway_ip} dev eth0",
        ]
        namespaces.run("ip", "-n", netns, "-batch", "-", stdin="\n".join(commands) + "\n")
        made.callback(cloud.unplug, cable)
        cloud.plug(cable, port.id, mac)
        with cloud.connection() as user:
            until("its port is ACTIVE", lambda: user.network.get_port(port.id).status == "ACTIVE", 60)
        yield Stranger(netns, address, mac)


def _delete(sandbox: Sandbox, delete: str, id: str) -> None:
    with sandbox.openstack.connection() as user:
        getattr(user.network, delete)(id)


@contextmanager
def admitted(
    sandbox: Sandbox, group: str, source: str, protocol: str, port: int | None = None
) -> Iterator[None]:
    """A security group, by its name, admits one address more: what then happens shows what it kept out."""
    with sandbox.openstack.connection() as user:
        api: Any = user.network
        rule = api.create_security_group_rule(
            security_group_id=api.find_security_group(group, ignore_missing=False).id,
            direction="ingress",
            ethertype="IPv4",
            protocol=protocol,
            port_range_min=port,
            port_range_max=port,
            remote_ip_prefix=f"{source}/32",
        )
    try:
        yield
    finally:
        _delete(sandbox, "delete_security_group_rule", rule.id)


# What is sent


def open_ports(
    place: str, targets: Sequence[str], ports: Iterable[int], source: str = ""
) -> dict[str, list[int]]:
    """The TCP ports of each target that let a client in, which perhaps has a certain address."""
    pairs = [(target, port) for target in targets for port in ports]

    async def all_of_them() -> list[bool]:
        limit = asyncio.Semaphore(1000)
        return await asyncio.gather(*(_opens(limit, *pair, source) for pair in pairs))

    with namespaces.entered(place):
        answers = asyncio.run(all_of_them())
    found: dict[str, list[int]] = {target: [] for target in targets}
    for (target, port), answered in zip(pairs, answers, strict=True):
        if answered:
            found[target].append(port)
    return found


async def _opens(limit: asyncio.Semaphore, address: str, port: int, source: str) -> bool:
    local = (source, 0) if source else None
    async with limit:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(address, port, local_addr=local), 2)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True


def connects(place: str, address: str, port: int) -> bool:
    """Whether a connection comes about."""
    return open_ports(place, [address], [port]) == {address: [port]}


def say(place: str, address: str, port: int, host: str, before: bytes = b"", tls: bool = False) -> str:
    """What a web server answers to a request that some bytes precede; nothing when it hangs up."""
    request = f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode()
    with namespaces.entered(place), socket.create_connection((address, port), 5) as connection:
        try:
            connection.sendall(before)
            talk = _trusting().wrap_socket(connection, server_hostname=host) if tls else connection
            talk.sendall(request)
            return b"".join(iter(lambda: talk.recv(65536), b"")).decode(errors="replace")
        except (ConnectionError, ssl.SSLError):
            return ""


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def proxy_header(version: int, address: str) -> bytes:
    """A PROXY header that claims another client (PROXY protocol specification, 2.1 and 2.2)."""
    if version == 1:
        return f"PROXY TCP4 {FORGED} {address} 4711 80\r\n".encode()
    addresses = IPv4Address(FORGED).packed + IPv4Address(address).packed + struct.pack("!HH", 4711, 80)
    return b"\r\n\r\n\x00\r\nQUIT\n" + struct.pack("!BBH", 0x21, 0x11, len(addresses)) + addresses


def datagram(place: str, address: str, port: int) -> None:
    """One UDP datagram; whether anybody cares is not waited for."""
    with namespaces.entered(place), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", (address, port))


def ping(place: str, address: str) -> None:
    """One echo request (RFC 792); an answer is not waited for."""
    echo = struct.pack("!BBHHH", 8, 0, 0, 1, 1)
    echo = echo[:2] + struct.pack("!H", _checksum(echo)) + echo[4:]
    with namespaces.entered(place), socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) as sender:
        sender.sendto(echo, (address, 0))


def advertise(place: str, source: str, target: str, vip: str, router_id: int, priority: int) -> None:
    """One VRRP version 3 advert, as a master with this priority would send it (RFC 5798, 5.2)."""
    addresses = [IPv4Address(each).packed for each in (source, target, vip)]

    def advert(checksum: int) -> bytes:
        return struct.pack("!BBBBHH", 0x31, router_id, priority, 1, 10, checksum) + addresses[2]

    pseudo = addresses[0] + addresses[1] + struct.pack("!BBH", 0, VRRP, len(advert(0)))
    with namespaces.entered(place), socket.socket(socket.AF_INET, socket.SOCK_RAW, VRRP) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        sender.bind((source, 0))
        sender.sendto(advert(_checksum(pseudo + advert(0))), (target, 0))


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def announce(place: str, mac: str, address: str) -> None:
    """Tells everybody by ARP that an address is here, as a question and as an answer (RFC 826, RFC 5227)."""
    own, everybody = bytes.fromhex(mac.replace(":", "")), b"\xff" * 6
    claimed = IPv4Address(address).packed
    with namespaces.entered(place), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("eth0", 0))
        for operation in (1, 2):
            arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
            sender.send(everybody + own + b"\x08\x06" + arp + own + claimed + everybody + claimed)


# What is heard

Heard = Counter[tuple[str, str, str]]
"""How often something came: its protocol, who sent it, and whom to (`10.0.0.7`, or `10.0.0.7:80`). Of ARP:
the address that is claimed, and the hardware address that claims it."""


@contextmanager
def ear(words: Sequence[str], heard: Heard) -> Iterator[None]:
    """What arrives at a place while the block runs. `words` put a command there."""
    process = subprocess.Popen(
        [*words, sys.executable, "-m", "tests.datapath.stranger"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(places.CHECKOUT)},
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "listening\n"
        yield
    finally:
        said, _ = process.communicate(timeout=30)
    heard.update({(kind, source, target): count for kind, source, target, count in json.loads(said)})


def _listen() -> None:
    heard: Heard = Counter()
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)) as ears:  # ETH_P_ALL
        print("listening", flush=True)
        while sys.stdin not in select.select([ears, sys.stdin], [], [])[0]:
            with contextlib.suppress(struct.error, IndexError):
                frame, (_, kind, packet_type, *_) = ears.recvfrom(2048)
                if packet_type != socket.PACKET_OUTGOING:
                    heard[_named(kind, frame)] += 1
    print(json.dumps([[*each, count] for each, count in heard.items()]))


def _named(kind: int, frame: bytes) -> tuple[str, str, str]:
    if kind == 0x0806:
        return "arp", str(IPv4Address(frame[14:18])), frame[8:14].hex(":")
    if kind != 0x0800:
        return f"0x{kind:04x}", "", ""
    protocol, source, target = frame[9], str(IPv4Address(frame[12:16])), str(IPv4Address(frame[16:20]))
    name = {1: "icmp", 6: "tcp", 17: "udp", VRRP: "vrrp"}.get(protocol, str(protocol))
    if name in ("tcp", "udp"):
        (port,) = struct.unpack_from("!H", frame, (frame[0] & 15) * 4 + 2)
        target += f":{port}"
    return name, source, target


if __name__ == "__main__":
    _listen()
