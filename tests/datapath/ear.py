"""What arrives at a place. Run as a program it prints that as JSON when its standard input ends."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address

from tests.datapath.sending import VRRP
from tools import places

Heard = Counter[tuple[str, str, str]]
"""How often something came: its protocol, who sent it, and whom to (`10.0.0.7`, or `10.0.0.7:80`). Of ARP:
the address that is claimed, and the hardware address that claims it."""


@contextmanager
def ear(words: Sequence[str], heard: Heard) -> Iterator[None]:
    """What arrives at a place while the block runs. `words` put a command there."""
    process = subprocess.Popen(
        [*words, sys.executable, "-m", "tests.datapath.ear"],
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
            with suppress(struct.error, IndexError):
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
