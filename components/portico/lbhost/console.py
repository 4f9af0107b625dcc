"""What a host's agent said on its server's console, out of everything else that is written there.

Pure: no Pulumi, no network, no clock. Read by whoever waits for a generation through the Nova API. The lines
are written by portico_sync.py: `portico-sync: 1790000000 serving 0123456789abcdef; what is wrong [crc32]`.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

_LINE = re.compile(
    r"portico-sync: (?P<body>(?P<at>\d+) serving (?P<generation>[0-9a-f]+|nothing)(?:; (?P<complaint>.*?))?)"
    r" \[(?P<crc>[0-9a-f]{8})\]"
)


@dataclass(frozen=True)
class Served:
    """The newest line of an agent."""

    generation: str | None
    """What HAProxy itself said it serves; None when it serves nothing of ours."""
    complaint: str | None
    """Why it is not what it should be: the refused generation and the reason. None when nothing is wrong."""
    at: int
    """Seconds since 1970 by the host's clock. A living agent repeats its line every minute."""


def serving(text: str) -> Served | None:
    """What the newest whole line says; None when there is no whole line.

    A line counts only when its checksum is right, so what the kernel or systemd wrote into the middle of one,
    or a first line that was cut off, is passed over. Of whole lines the last wins: a log is in order whatever
    a clock does.
    """
    whole = [
        line for line in _LINE.finditer(text) if zlib.crc32(line["body"].encode()) == int(line["crc"], 16)
    ]
    if not whole:
        return None
    newest = whole[-1]
    generation = None if newest["generation"] == "nothing" else newest["generation"]
    return Served(generation, newest["complaint"], int(newest["at"]))
