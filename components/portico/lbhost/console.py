"""What a host's agent said on its server's console, out of everything else that is written there.

Pure: no Pulumi, no network, no clock. Read by whoever waits for a generation through the Nova API. The lines
are written by portico_sync.py: `portico-sync: 1790000000 serving 0123456789abcdef; what is wrong [crc32]`.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

HEARTBEAT = 20
"""Seconds after which a living agent repeats its line at the latest (portico_sync.py)."""

_LINE = re.compile(
    r"portico-sync: (?P<body>(?P<at>\d+) serving (?P<generation>[0-9a-f]+|nothing)(?:; (?P<complaint>.*?))?)"
    r" \[(?P<crc>[0-9a-f]{8})\]"
)


@dataclass(frozen=True)
class Served:
    """A line of an agent."""

    generation: str | None
    """What HAProxy itself said it serves; None when it serves nothing of ours."""
    complaint: str | None
    """Why it is not what it should be: the refused generation and the reason. None when nothing is wrong."""
    at: int
    """Seconds since 1970 by the host's clock, which may be wrong."""


def spoken(text: str) -> tuple[Served, ...]:
    """Every whole line, in the order of the log, which is right whatever a clock does.

    A line counts only when its checksum is right, so what the kernel or systemd wrote into the middle of one,
    or a first line that was cut off, is passed over.
    """
    return tuple(
        Served(
            None if line["generation"] == "nothing" else line["generation"],
            line["complaint"],
            int(line["at"]),
        )
        for line in _LINE.finditer(text)
        if zlib.crc32(line["body"].encode()) == int(line["crc"], 16)
    )


def serving(text: str) -> Served | None:
    """What the newest whole line says; None when there is no whole line."""
    return next(reversed(spoken(text)), None)
