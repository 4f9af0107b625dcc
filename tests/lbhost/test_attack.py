"""Clients that hold their connections for nothing leave room for others, and for the host's own agent.

The guest's real HAProxy with the rendered file; its waits are shortened, so that their end is seen soon.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from portico.lbhost import Backend, haproxy
from tests.unit.lbhost.fleets import fleet

ATTACKER = Path(__file__).with_name("attacker.py")
MOST = 100
SHORTER = (
    ("timeout client-fin 30s", "timeout client-fin 6s"),
    ("timeout server-fin 30s", "timeout server-fin 6s"),
    ("inspect-delay 60s", "inspect-delay 6s"),
)


@dataclass(frozen=True)
class Attack:
    """Connections that a guest's HAProxy gets at once."""

    way: str
    """A function of attacker.py."""
    connections: int = 2 * MOST
    sources: int = 1
    seconds: float = 1.5
    """For so long others ask, while nobody's wait is over yet."""
    patience: float = 2
    """Seconds after which others have got no answer."""
    ends: bool = True
    """Whether HAProxy is to end these connections itself."""


def under(guest: Any, folder: Path, attack: Attack, share: int = MOST // 2) -> dict[str, Any]:
    """What others got during it, with room for MOST connections and that many of one source."""
    told = replace(
        fleet(1),
        backends=(Backend("worker-1", IPv4Address("127.0.1.10")),),
        max_connections=MOST,
        max_connections_per_source=share,
    )
    text = haproxy.render(told).replace("@generation@", "0" * 16)
    for usual, shorter in SHORTER:
        assert usual in text
        text = text.replace(usual, shorter)
    (folder / "haproxy.cfg").write_text(text)
    shutil.copy(ATTACKER, folder)
    said: dict[str, Any] = json.loads(
        guest.run(f"python3 attacker.py '{json.dumps(attack.__dict__)}'", folder).splitlines()[-1]
    )
    return said


ATTACKS = {
    "ask, read the answer and its end, and never close": Attack("asks_and_stays"),
    "never say a word": Attack("says_nothing"),
    "begin a request and never go on": Attack("begins_and_stops", ends=False),
    "stop reading": Attack("stops_reading", ends=False),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_others_are_served_while_one_source_holds_all_it_can(guest, tmp_path, attack):
    said = under(guest, tmp_path, attack)
    assert MOST // 2 <= said["held"] < MOST
    assert said["asked"] > 3
    assert said["unanswered"] == said["status_unanswered"] == 0
    assert said["free"] is attack.ends


@pytest.mark.parametrize("sources", [1, 150])
@pytest.mark.parametrize("way", ["asks_and_stays", "says_nothing"])
def test_a_full_door_still_tells_its_generation_and_is_free_again_soon(guest, tmp_path, way, sources):
    """The share is all of it, or there are sources enough: HAProxy's own waits end it."""
    said = under(guest, tmp_path, Attack(way, connections=150, sources=sources, patience=0.5), share=MOST)
    assert said["held"] >= MOST
    assert said["unanswered"] == said["asked"], "the door is not full: this test would not see a fault"
    assert said["status_unanswered"] == 0
    assert said["free"]


def test_sources_that_differ_in_their_last_number_have_a_share_each(guest, tmp_path):
    said = under(guest, tmp_path, Attack("begins_and_stops", connections=40, sources=40, ends=False), share=1)
    assert said["held"] >= 40
    assert said["unanswered"] == 0
