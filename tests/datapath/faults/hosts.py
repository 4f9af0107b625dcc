"""What can happen to a pair, by name. Each fault makes sure that it has happened before it returns.

Touches the servers, ports and links of one stack in the sandbox. Read by tests of the tiers engine and
datapath.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.kubernetes.workers import Workers
from sandbox.lifecycle import Sandbox
from tests.engine.pair import Pair, inside, until

_KILL = """
mine=$(readlink /proc/self/ns/net)
for process in /proc/[0-9]*; do
    [ "$(readlink "$process/ns/net" 2>/dev/null)" = "$mine" ] || continue
    [ "$(cat "$process/comm" 2>/dev/null)" = "$1" ] || continue
    [ "$2" = all ] || [ "$(awk '$1 == "NSpid:" {print $NF}' "$process/status")" = 1 ] || continue
    kill -KILL "${process#/proc/}" && echo "${process#/proc/}"
done
"""
"""Kills processes by name in the network namespace it runs in: all of them, or only a guest's process 1."""


def _kill(server_id: str, name: str, which: str) -> list[str]:
    killed = inside(server_id, "sh", "-c", _KILL, "kill", name, which).split()
    assert killed, f"no process {name} lives on the server {server_id}"
    return killed


def _runs(server_id: str, pid: str) -> bool:
    return inside(server_id, "sh", "-c", f"cat /proc/{pid}/comm 2>/dev/null || true") != ""


def kill_host(pair: Pair, place: int) -> None:
    """A host dies at once and says nothing: its process 1, and with it all others, is killed.

    Its links outlive it in the sandbox: until the VIP has moved a client is refused instead of left waiting.
    """
    server_id = pair.details["hosts"][place]
    (pid,) = _kill(server_id, "systemd", "first")
    until("the host is dead", lambda: not _runs(server_id, pid), 10, 0.02)


def revive_host(pair: Pair, place: int) -> None:
    """Starts a dead host again, as its owner would, and waits until it serves."""
    server_id = pair.details["hosts"][place]
    with pair.cloud() as cloud:
        until("Nova knows it", lambda: cloud.compute.get_server(server_id).status == "SHUTOFF", 120, 1)
        before = pair.served(server_id)
        cloud.compute.start_server(server_id)
    until(
        "the host serves again",
        lambda: (
            (said := pair.served(server_id)) is not None
            and said.generation is not None
            and (before is None or said.at > before.at)
        ),
        120,
        1,
    )


def kill_haproxy(pair: Pair, place: int) -> None:
    """HAProxy is killed on a host; systemd starts it again."""
    server_id = pair.details["hosts"][place]
    killed = _kill(server_id, "haproxy", "all")
    until("HAProxy is dead", lambda: not any(_runs(server_id, pid) for pid in killed), 10, 0.02)


@contextmanager
def remove_address_pair(pair: Pair, place: int) -> Iterator[str]:
    """The port of a host loses its address pair, as by somebody's hand; the port's id.

    It is given back in the end, unless somebody did so before.
    """
    with pair.cloud() as cloud:
        (port,) = cloud.network.ports(name=f"{pair.door.prefix}-host-{place + 1}-port")
        assert [each["ip_address"] for each in port.allowed_address_pairs] == [pair.details["vip"]]
        cloud.network.update_port(port, allowed_address_pairs=[])
        assert cloud.network.get_port(port.id).allowed_address_pairs == []
    try:
        yield port.id
    finally:
        with pair.cloud() as cloud:
            now = cloud.network.get_port(port.id)
            if not now.allowed_address_pairs:
                cloud.network.update_port(now, allowed_address_pairs=[{"ip_address": pair.details["vip"]}])


@contextmanager
def cut_worker(sandbox: Sandbox, name: str) -> Iterator[None]:
    """A worker node loses its link to the tenant network; it gets it back in the end."""
    workers = Workers(sandbox.paths, sandbox.openstack)
    workers.cut(name)
    try:
        yield
    finally:
        workers.heal(name)
