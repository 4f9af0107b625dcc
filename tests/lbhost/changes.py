"""A fleet's real HAProxy through some changes, with connections that last from before each."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

from portico.lbhost import Fleet, haproxy

if TYPE_CHECKING:
    from tests.lbhost.conftest import Guest

RELOADING = Path(__file__).with_name("reloading.py")


@dataclass(frozen=True)
class Changed:
    """What was there."""

    after: tuple[tuple[int, float], ...]
    """After each change, the first being the start: HAProxy's processes, master and worker among them, and
    MiB that they hold, what they share counted once."""
    living: tuple[int, ...]
    """How many connections from before each change live in the end."""


def changed(guest: Guest, folder: Path, fleet: Fleet, reloads: int, each: int) -> Changed:
    """Reloads it so often, with that many connections opened before each."""
    here = IPv4Address("127.1.0.1")
    backends = tuple(replace(backend, address=here + number) for number, backend in enumerate(fleet.backends))
    (folder / "haproxy.cfg").write_text(haproxy.render(replace(fleet, backends=backends)))
    shutil.copy(RELOADING, folder)
    told = json.dumps({"reloads": reloads, "connections": each})
    said = json.loads(guest.run(f"python3 {RELOADING.name} '{told}'", folder).splitlines()[-1])
    return Changed(tuple((int(number), size) for number, size in said["after"]), tuple(said["living"]))
