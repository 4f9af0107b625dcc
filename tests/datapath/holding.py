"""Connections of one source that ask once, read the answer to its end, and never close.

Each is opened anew when the door must have let go of it, not all in the same moment. Run as a program it
takes what is wanted as JSON on standard input and prints its report as JSON when that ends. Standard library
alone.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Holding:
    """Where to, and how many."""

    address: str
    host: str
    port: int = 80
    connections: int = 5000
    source: str = ""
    pause: float = 32.0
    """Seconds from a try to the next one, at least: the door lets go of a half-closed connection after 30."""


@dataclass
class Report:
    """What came of it; complete when the block has ended."""

    tried: int = 0
    answered: int = 0
    refused: int = 0
    """Closed by the door without an answer."""
    most: int = 0
    """How many it held at once whose answer it had read."""


@contextmanager
def holding(wanted: Holding, prefix: Sequence[str] = ()) -> Iterator[Report]:
    """They are held while the block runs, from where `prefix` puts a command; each was tried once before."""
    from tests.datapath.client import running

    report = Report()
    with running(__file__, wanted, prefix, ready="held") as said:
        yield report
    for name, count in said.items():
        setattr(report, name, count)


async def _main() -> None:
    wanted, report = Holding(**json.loads(sys.stdin.readline())), Report()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), stop.set)
    now, opening = 0, asyncio.Semaphore(200)

    async def hold(tried: asyncio.Future[None]) -> None:
        nonlocal now
        while not stop.is_set():
            answered, writer = False, None
            report.tried += 1
            try:
                async with opening:
                    reader, writer = await _open(wanted)
                    answered = bool(await asyncio.wait_for(reader.read(-1), 5))
            except (OSError, TimeoutError):
                pass
            report.answered, report.refused = report.answered + answered, report.refused + (not answered)
            if not tried.done():
                tried.set_result(None)
            now += answered
            report.most = max(report.most, now)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wanted.pause * (1 + random.random()))
            now -= answered
            if writer is not None:
                writer.close()

    firsts: list[asyncio.Future[None]] = [loop.create_future() for _ in range(wanted.connections)]
    tasks = [asyncio.create_task(hold(first)) for first in firsts]
    await asyncio.gather(*firsts)
    print("held", flush=True)
    await stop.wait()
    await asyncio.gather(*tasks)
    said: dict[str, Any] = asdict(report)
    print(json.dumps(said))


async def _open(wanted: Holding) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    local = (wanted.source, 0) if wanted.source else None
    opened = asyncio.open_connection(wanted.address, wanted.port, local_addr=local)
    reader, writer = await asyncio.wait_for(opened, 5)
    writer.write(f"GET / HTTP/1.0\r\nHost: {wanted.host}\r\n\r\n".encode())
    return reader, writer


if __name__ == "__main__":
    asyncio.run(_main())
