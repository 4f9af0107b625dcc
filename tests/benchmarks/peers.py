"""How others set keepalived, played on the same hosts: their timers in place of ours, everything else alike.

Octavia: the defaults of [keepalived_vrrp] (Octavia, Configuration Options): adverts of 1 s, a refresh of the
announcement every 5 s. OpenShift on OpenStack has the same adverts (machine-config-operator,
keepalived.conf). yawol: adverts of 4 s (loadbalancermachine_controller.go).
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
    refresh_seconds: int = 0
    """How often the master repeats its announcement; 0 never does."""


OCTAVIA = Peer("Octavia's and OpenShift's timers (adverts of 1 s)", 1, refresh_seconds=5)
YAWOL = Peer("yawol's timers (adverts of 4 s)", 4)


@contextmanager
def played(pair: Pair, peer: Peer) -> Iterator[None]:
    """The hosts run with a peer's timers while the block does; the agent notices nothing."""
    try:
        _point(pair, THEIRS, _edit(peer))
        yield
    finally:
        _point(pair, OURS, "true")


def _edit(peer: Peer) -> str:
    refresh = f"s/garp_master_refresh .*/garp_master_refresh {peer.refresh_seconds}/"
    changes = (
        f"s/advert_int .*/advert_int {peer.advert_seconds}/",
        "/down_timer_adverts/d",
        refresh if peer.refresh_seconds else "/garp_master_refresh/d",
    )
    return f"sed {' '.join(f'-e {change!r}' for change in changes)} {OURS} >{THEIRS}"


def _point(pair: Pair, file: str, first: str) -> None:
    swap = f"{first} && ln -sfn {file} {FILE}.peer && mv -T {FILE}.peer {FILE} && systemctl reload keepalived"
    for place in range(len(pair.details["hosts"])):
        on(pair, place, "run", "sh", "-ec", swap)
    until("one host holds the VIP again", lambda: len(pair.holders()) == 1, 60)
