"""A host is told something that it must not serve, cannot write down, or cannot read.

What it is told is put into its server's metadata through Nova's API, as Portico itself does it, and each
fault waits until the host's own metadata service says so. In the end the server has what it had.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from portico.lbhost import payload
from tests.datapath.faults.hosts import on
from tests.engine.pair import Pair, entered, inside, until
from tests.unit.lbhost.spoiled import spoiled
from tools import places

Metadata = Mapping[str, str]

GENERATION = "portico-generation"
WRONG_GENERATION = "0123456789abcdef"
TAKEN = 8888
"""A port that another program on a host listens on: taken_port."""
FOLDER = "/var/lib/portico"
"""Where the agent writes."""


def without_an_item(good: Metadata) -> Metadata:
    """One of its items is missing."""
    return {key: value for key, value in good.items() if key != "portico-001"}


def truncated(good: Metadata) -> Metadata:
    """The last item has lost its end."""
    last = f"portico-{int(good['portico-chunks']) - 1:03}"
    return {**good, last: good[last][: len(good[last]) // 2]}


def with_a_wrong_checksum(good: Metadata) -> Metadata:
    """It is whole, and not what its name says."""
    return {**good, GENERATION: WRONG_GENERATION}


def that_haproxy_refuses(good: Metadata) -> Metadata:
    """A directive of haproxy.cfg is misspelt."""
    return _edited(good, "haproxy.cfg", "    bind :443 ", "    bnid :443 ")


def that_haproxy_cannot_serve(good: Metadata) -> Metadata:
    """haproxy.cfg is right by `haproxy -c`, and wants more descriptors than systemd lets it have."""
    return _edited(good, "haproxy.cfg", "    maxconn 4100\n", "    maxconn 1000000\n")


def that_wants_a_taken_port(good: Metadata) -> Metadata:
    """haproxy.cfg is right by `haproxy -c`, and wants a port that another program listens on."""
    return _edited(good, "haproxy.cfg", "    bind :443 ", f"    bind :{TAKEN}\n    bind :443 ")


def that_keepalived_refuses(good: Metadata) -> Metadata:
    """A word of keepalived.conf is misspelt."""
    return _edited(good, "keepalived.conf", "    nopreempt\n", "    nopremept\n")


def good_again(good: Metadata) -> Metadata:
    """Another one, and it is good."""
    return _edited(good, "haproxy.cfg", "global\n", "# Another generation.\nglobal\n")


def good_and_larger(good: Metadata) -> Metadata:
    """Another one that is good and needs 16 KiB more."""
    more = f"# {'more to write ' * 7}\n" * 160
    return _edited(good, "haproxy.cfg", "global\n", f"{more}global\n")


def _edited(good: Metadata, file: str, old: str, new: str) -> Metadata:
    _, edited = spoiled(payload.Payload(good, good[GENERATION], 0), file, old, new)
    return edited


def of(pair: Pair, place: int) -> Metadata:
    """What a host is told now."""
    with pair.cloud() as cloud:
        told: dict[str, str] = dict(cloud.compute.get_server(pair.details["hosts"][place]).metadata)
    return told


@contextmanager
def corrupt_payload(pair: Pair, place: int, told: Metadata) -> Iterator[str]:
    """A host is told this instead; the generation that it names."""
    server_id, before = pair.details["hosts"][place], of(pair, place)
    with pair.cloud() as cloud:
        _write(cloud, server_id, told)
    try:
        until("the host hears of it", lambda: _heard(server_id) == told, 30)
        yield told[GENERATION]
    finally:
        with pair.cloud() as cloud:
            _write(cloud, server_id, before)


def _write(cloud: Any, server_id: str, wanted: Metadata) -> None:
    surplus = set(cloud.compute.get_server(server_id).metadata) - set(wanted)
    cloud.compute.set_server_metadata(server_id, **wanted)
    if surplus:
        cloud.compute.delete_server_metadata(server_id, sorted(surplus))
    assert cloud.compute.get_server(server_id).metadata == wanted


def _heard(server_id: str) -> dict[str, str] | None:
    """What the metadata service tells a host; None when it does not answer."""
    asked = "http://169.254.169.254/openstack/latest/meta_data.json"
    said = inside(server_id, "sh", "-c", f"curl --silent --fail --max-time 2 {asked} || true")
    return json.loads(said)["meta"] if said else None


@contextmanager
def metadata_service_down(pair: Pair, place: int) -> Iterator[None]:
    """The metadata service answers a host nothing, and that host alone: others need theirs."""
    server_id = pair.details["hosts"][place]
    rule = ("to", "169.254.169.254", "priority", "10", "unreachable")
    assert _heard(server_id) is not None
    inside(server_id, "ip", "rule", "add", *rule)
    try:
        assert _heard(server_id) is None
        yield
    finally:
        inside(server_id, "ip", "rule", "delete", *rule)


_FILL = f"""
set -e
mount -t tmpfs -o size=64k tmpfs /mnt
cp -a {FOLDER}/. /mnt
mount --bind /mnt {FOLDER}
umount /mnt
! dd if=/dev/zero of={FOLDER}/everything-else bs=4k 2>/dev/null
! (echo more >{FOLDER}/more) 2>/dev/null
"""


@contextmanager
def fill_disk(pair: Pair, place: int) -> Iterator[None]:
    """There is no room left where a host's agent writes.

    A server's disk is a folder of the machine in the sandbox, so the agent's folder, with what is in it, gets
    a small disk of its own first. Only the agent sees that one.
    """
    agent = on(pair, place, "run", "systemctl", "show", "--property=MainPID", "--value", "portico-sync")
    there = ("run", "nsenter", f"--target={agent}", "--mount", "--")
    on(pair, place, *there, "sh", "-c", _FILL)
    try:
        yield
    finally:
        on(pair, place, *there, "umount", FOLDER)


@contextmanager
def taken_port(pair: Pair, place: int) -> Iterator[None]:
    """Another program on a host listens on TAKEN."""
    listens = (
        f"import socket, sys; s = socket.create_server(('', {TAKEN})); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        entered(pair.details["hosts"][place], sys.executable, "-c", listens),
        cwd=places.CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "\n", "the port is taken already"
        yield
