"""Network namespaces, the cables between them, and how to run something inside one.

Changes network namespaces below /run/netns and nothing else of the machine. Needs root and iproute2. A
namespace is entered with nsenter or setns: `ip netns exec` would give the command mounts of its own, and what
it then adds to /run/netns would stay hidden.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NETNS = Path("/run/netns")
CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17


class CommandError(Exception):
    """A command ended with an error; the text says which and what it printed."""


def run(*command: str | Path, netns: str | None = None, timeout: float = 60, stdin: str | None = None) -> str:
    """Runs a command, in a network namespace if one is named, and returns what it printed.

    Raises CommandError with the command and its complaint if it fails, subprocess.TimeoutExpired after
    `timeout` seconds.
    """
    argv = [str(word) for word in command]
    words = inside(netns, argv) if netns else argv
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, input=stdin, check=False)
    if done.returncode:
        raise CommandError(f"{' '.join(argv)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def inside(netns: str, command: Sequence[str]) -> list[str]:
    """The command that runs `command` inside a network namespace, with the mounts and processes of the
    caller."""
    return ["nsenter", f"--net={NETNS / netns}", "--", *command]


@contextmanager
def entered(netns: str) -> Iterator[None]:
    """The calling thread, and threads it starts meanwhile, open their sockets inside a network namespace
    (setns(2))."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        descriptor = os.open(NETNS / netns, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _setns(descriptor)
        finally:
            os.close(descriptor)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)


def _setns(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")


def exists(netns: str) -> bool:
    """Whether a namespace of this name can be entered. A file left by a reboot or a crash is none."""
    return _is_namespace(NETNS / netns)


def _is_namespace(path: Path) -> bool:
    try:
        return path.stat().st_dev == Path("/proc/self/ns/net").stat().st_dev
    except FileNotFoundError:
        return False


def ensure(netns: str) -> None:
    """Makes the namespace with its loopback up, if it is not there."""
    if exists(netns):
        return
    (NETNS / netns).unlink(missing_ok=True)
    run("ip", "netns", "add", netns)
    run("ip", "-n", netns, "link", "set", "lo", "up")


def label(netns: str, text: str) -> None:
    """Writes on a namespace whose it is, at most 255 characters; the word lives as long as the namespace."""
    run("ip", "-n", netns, "link", "set", "lo", "alias", text)


def labelled(netns: str) -> str | None:
    """What is written on a namespace; None if nothing is, or if there is no such namespace."""
    if not exists(netns):
        return None
    (loopback,) = json.loads(run("ip", "-n", netns, "-json", "link", "show", "lo"))
    text: str | None = loopback.get("ifalias")
    return text


def delete(netns: str) -> None:
    """Removes the namespace and the cables in it, if it is there."""
    if exists(netns):
        run("ip", "netns", "delete", netns)
    else:
        (NETNS / netns).unlink(missing_ok=True)


def ours(prefix: str) -> list[str]:
    """The namespaces whose names begin with `prefix-`, sorted."""
    return sorted(path.name for path in NETNS.glob(f"{prefix}-*"))


@dataclass(frozen=True)
class End:
    """One end of a cable."""

    netns: str
    name: str
    """Name of the link, at most 15 characters."""
    mac: str | None = None
    """Hardware address; None takes one at random."""


def links(netns: str) -> set[str]:
    """Names of the links in a namespace."""
    with entered(netns):
        return {name for _, name in socket.if_nameindex()}


def link_exists(netns: str, name: str) -> bool:
    """Whether the namespace has a link of this name."""
    return name in links(netns)


def delete_link(netns: str, name: str) -> None:
    """Removes a link, and with it the other end of a cable, if it is there."""
    if link_exists(netns, name):
        run("ip", "-n", netns, "link", "delete", name)


def checksums_by_sender(netns: str, name: str) -> None:
    """Switches off the offload of transmit checksums for a link, as `ethtool -K NAME tx off` does
    (SIOCETHTOOL, netdevice(7))."""
    value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP", name.encode(), ctypes.addressof(value))
    with entered(netns), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


def veth(one: End, other: End, mtu: int = 1500) -> None:
    """A cable between two namespaces, both ends up; what is there already stays.

    Checksums are completed by the sender: the userspace datapath of Open vSwitch reads frames from raw
    sockets, where a checksum left to the hardware would stay wrong.
    """
    if not (link_exists(one.netns, one.name) and link_exists(other.netns, other.name)):
        for end in (one, other):
            delete_link(end.netns, end.name)
        mine, theirs = _words(one, mtu), _words(other, mtu)
        run(
            "ip", "-n", one.netns, "link", "add", *mine, "type", "veth", "peer", *theirs, "netns", other.netns
        )
    for end in (one, other):
        checksums_by_sender(end.netns, end.name)
        run("ip", "-n", end.netns, "link", "set", end.name, "up")


def tap(netns: str, name: str) -> None:
    """A link whose other end is a program that opens it by its name; it is up and stays when the program
    ends."""
    if not link_exists(netns, name):
        run("ip", "-n", netns, "tuntap", "add", "dev", name, "mode", "tap")
    run("ip", "-n", netns, "link", "set", name, "up")


def _words(end: End, mtu: int) -> list[str]:
    address = ["address", end.mac] if end.mac else []
    return ["name", end.name, *address, "mtu", str(mtu)]
