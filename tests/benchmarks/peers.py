"""How others set keepalived, played on the same hosts: their timers in place of ours, everything else alike.

Octavia: the defaults of [keepalived_vrrp] (Octavia, Configuration Options): adverts of 1 s, a refresh of the
announcement every 5 s. OpenShift on OpenStack has the same adverts (machine-config-operator,
keepalived.conf). yawol: adverts of 4 s, a refresh every 300 s (generateKeepalivedConfig). All of them speak
VRRP version 2, whose skew is a fraction of a second. The priorities stay ours, which are higher than theirs
and so make their skew shorter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.datapath.faults.hosts import on
from tests.engine.pair import Pair, until

FILE = "/etc/keepalived/keepalived.conf"
OURS, THEIRS = "/var/lib/portico/serving/keepalived.conf", "/var/lib/peer.conf"


@dataclass(frozen=True)
class Peer:
    name: str
    advert_seconds: int
    refresh_seconds: int
    """How often the master repeats its announcement."""


OCTAVIA = Peer("Octavia's and OpenShift's timers (adverts of 1 s)", 1, refresh_seconds=5)
YAWOL = Peer("yawol's timers (adverts of 4 s)", 4, refresh_seconds=300)


@contextmanager
def played(pair: Pair, peer: Peer) -> Iterator[None]:
    """The hosts run with a peer's timers while the block does; the agent notices nothing."""
    try:
        _point(pair, THEIRS, _edit(peer))
        yield
    finally:
        _point(pair, OURS, "true")


def _edit(peer: Peer) -> str:
    changes = (
        "s/vrrp_version 3/vrrp_version 2/",
        f"s/advert_int .*/advert_int {peer.advert_seconds}/",
        "/down_timer_adverts/d",
        f"s/garp_master_refresh .*/garp_master_refresh {peer.refresh_seconds}/",
    )
    return f"sed {' '.join(f'-e {change!r}' for change in changes)} {OURS} >{THEIRS}"


def _point(pair: Pair, file: str, first: str) -> None:
    swap = f"{first} && ln -sfn {file} {FILE}.peer && mv -T {FILE}.peer {FILE} && systemctl reload keepalived"
    for place in range(len(pair.details["hosts"])):
        on(pair, place, "run", "sh", "-ec", swap)
    until("one host holds the VIP again", lambda: len(pair.holders()) == 1, 60)
