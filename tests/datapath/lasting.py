"""Connections that last: opened once, used once a second, and never opened again when they break.

Run as a program it takes what is wanted as JSON on standard input and prints its report as JSON when that
ends. Standard library alone.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lasting:
    """Where to, and how many."""

    address: str
    host: str
    port: int = 80
    connections: int = 20
    source: str = ""
    patience: float = 5.0
    """Seconds after which a connection without an answer has broken."""


@dataclass
class Report:
    """How many there were at first, and when they broke and why; complete when the block has ended."""

    connections: int = 0
    exchanges: int = 0
    broken: tuple[tuple[float, str], ...] = ()
    """Seconds since the beginning, and the reason."""


@contextmanager
def lasting(wanted: Lasting, prefix: Sequence[str] = ()) -> Iterator[Report]:
    """Connections that are open and in use while the block runs, from where `prefix` puts a command."""
    from tests.datapath.client import running

    report = Report()
    with running(__file__, wanted, prefix, ready="open") as said:
        yield report
    report.connections, report.exchanges = said["connections"], said["exchanges"]
    report.broken = tuple((at, why) for at, why in said["broken"])


async def _main() -> None:
    wanted = Lasting(**json.loads(sys.stdin.readline()))
    stop, loop, begun = asyncio.Event(), asyncio.get_running_loop(), time.monotonic()
    loop.add_reader(sys.stdin.fileno(), stop.set)
    local = (wanted.source, 0) if wanted.source else None
    pairs = [
        await asyncio.open_connection(wanted.address, wanted.port, local_addr=local)
        for _ in range(wanted.connections)
    ]
    said: dict[str, Any] = {"connections": len(pairs), "exchanges": 0, "broken": []}

    async def use(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not stop.is_set():
            try:
                await asyncio.wait_for(_exchange(wanted, reader, writer), wanted.patience)
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                said["broken"].append((round(time.monotonic() - begun, 2), type(error).__name__))
                return
            said["exchanges"] += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)

    print("open", flush=True)
    await asyncio.gather(*(use(*pair) for pair in pairs))
    await stop.wait()
    print(json.dumps(said))


async def _exchange(wanted: Lasting, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(f"GET / HTTP/1.1\r\nHost: {wanted.host}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    if not head.startswith("HTTP/1.1 200"):
        raise ValueError(head.splitlines()[0])
    length = next(line for line in head.lower().splitlines() if line.startswith("content-length:"))
    await reader.readexactly(int(length.split(":")[1]))


if __name__ == "__main__":
    asyncio.run(_main())
