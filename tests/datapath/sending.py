"""What somebody sends who has no business here, from any place of the sandbox.

A place is a network namespace by its name, or by its path.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address

from sandbox import namespaces

VRRP = 112
"""The IP protocol (RFC 5798, 9)."""
VRRP_GROUP = "224.0.0.18"
"""Where adverts go that are not unicast (RFC 5798, 5.1.1.2)."""
FORGED = "192.0.2.66"
"""The client that a forged PROXY header claims."""


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


def who_has(place: str, link: str, source: str, address: str) -> set[str]:
    """The hardware addresses that answer within a second for an address on a link (RFC 826)."""
    found, end = set(), time.monotonic() + 1
    with (
        namespaces.entered(place),
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)) as asker,
    ):
        asker.bind((link, 0x0806))
        own, wanted = asker.getsockname()[4], IPv4Address(address).packed
        question = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + own + IPv4Address(source).packed
        asker.send(b"\xff" * 6 + own + b"\x08\x06" + question + bytes(6) + wanted)
        while (left := end - time.monotonic()) > 0:
            asker.settimeout(left)
            with suppress(TimeoutError):
                arp = asker.recv(2048)[14:]
                if arp[6:8] == b"\0\x02" and arp[14:18] == wanted:
                    found.add(arp[8:14].hex(":"))
    return found
