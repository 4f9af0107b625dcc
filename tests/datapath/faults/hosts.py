"""An LB host, or a program on it, dies, freezes, is stopped or deleted."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.datapath.faults import guest
from tests.engine.pair import Pair, inside, until

GUEST = str(Path(guest.__file__).resolve())
"""The program that acts among a server's processes."""


def on(pair: Pair, place: int, *words: str) -> str:
    """What guest.py prints among the processes of a host."""
    return inside(pair.details["hosts"][place], sys.executable, GUEST, *words)


def kill_host(pair: Pair, place: int) -> None:
    """A host dies as when its power goes: nothing of it answers or refuses anything any more."""
    assert on(pair, place, "die"), "the host was not there"


def revive_host(pair: Pair, place: int) -> None:
    """Starts a dead host again, as its owner would, and waits until it serves."""
    server_id = pair.details["hosts"][place]
    with pair.cloud() as cloud:
        until("Nova knows it", lambda: cloud.compute.get_server(server_id).status == "SHUTOFF", 120, 1)
        before = pair.served(server_id)
        # Its links outlive it in the sandbox. A machine that starts has no address, and its cable is sound.
        inside(server_id, "ip", "address", "flush", "dev", "eth0")
        inside(server_id, *guest.SOUND)
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


def freeze_host(pair: Pair, place: int, seconds: float) -> None:
    """A host stands still for so long, as in a live migration, and goes on."""
    assert on(pair, place, "freeze", str(seconds))


def kill_haproxy(pair: Pair, place: int) -> None:
    """HAProxy is killed on a host; systemd starts it again."""
    assert on(pair, place, "kill", "haproxy"), "HAProxy was not there"


def kill_keepalived(pair: Pair, place: int) -> None:
    """keepalived is killed on a host and cannot take its leave; systemd starts it again."""
    assert on(pair, place, "kill", "keepalived"), "keepalived was not there"


def stop_keepalived(pair: Pair, place: int) -> None:
    """keepalived is stopped in good order, as before a maintenance; start_keepalived ends that."""
    stop = f"systemctl stop keepalived && ip -4 -o address show to {pair.details['vip']}/32"
    assert on(pair, place, "run", "sh", "-c", stop) == "", "the VIP is still there"


def start_keepalived(pair: Pair, place: int) -> None:
    """After stop_keepalived."""
    on(pair, place, "run", "systemctl", "start", "keepalived")


FORGET = "cd /run/portico && rm -f gave-up && if [ -e took ]; then echo 0 >took; fi"


def forget(pair: Pair) -> None:
    """The hosts forget when they gave the VIP up, or took it, for which they would keep still for a while."""
    for place in range(len(pair.details["hosts"])):
        on(pair, place, "run", "sh", "-c", FORGET)


def restart_haproxy(pair: Pair, place: int) -> None:
    """HAProxy is restarted instead of reloaded, as others do for a change."""
    on(pair, place, "run", "systemctl", "restart", "haproxy")


def restart_keepalived(pair: Pair, place: int) -> None:
    """keepalived is restarted, as by a patch of it."""
    on(pair, place, "run", "systemctl", "restart", "keepalived")


def delete_server(pair: Pair, place: int) -> None:
    """A host is deleted through the cloud's API behind Pulumi's back; `up --refresh` makes another."""
    server_id = pair.details["hosts"][place]
    with pair.cloud() as cloud:
        cloud.compute.delete_server(server_id)
        until("Nova has deleted it", lambda: cloud.compute.find_server(server_id) is None, 60, 0.5)


REPACK = r"""
set -e
cd "$(mktemp -d)"
for package in haproxy keepalived; do
    mkdir -p $package/DEBIAN
    # What is in /etc is the agent's and the administrator's.
    dpkg -L $package | grep -v ^/etc/ | while read -r file; do
        [ -d "$file" ] || [ ! -e "$file" ] || echo "${file#/}"
    done | tar -C / -c -T - | tar -C $package -x
    dpkg -s $package | sed '/^Status:/d; /^Conffiles:/d; /^ \/etc\//d; s/^Version: .*/&+newer/' \
        >$package/DEBIAN/control
    for script in /var/lib/dpkg/info/$package.*inst /var/lib/dpkg/info/$package.*rm; do
        [ ! -e $script ] || cp $script $package/DEBIAN/${script##*.}
    done
    dpkg-deb -Znone --root-owner-group --build $package $package.deb
done
mv ./*.deb /root
"""


def make_patch(pair: Pair, place: int) -> None:
    """A host gets packages of its HAProxy and keepalived with a higher version, and Debian's own scripts."""
    on(pair, place, "run", "sh", "-c", REPACK)


def patch(pair: Pair, place: int) -> str:
    """Installs those as unattended-upgrades does, by dpkg; the versions that are there then."""
    quiet = "DEBIAN_FRONTEND=noninteractive dpkg --install /root/haproxy.deb /root/keepalived.deb >&2"
    versions = "dpkg-query --show --showformat '${Version} ' haproxy keepalived"
    return on(pair, place, "run", "sh", "-c", f"{quiet} && {versions}")
