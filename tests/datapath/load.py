"""An open-loop client: requests leave by the clock, so that a stall is counted and not waited out.

One new TCP connection for each request. Run as a program it takes its load as JSON on standard input and
prints its report as JSON when the time is over, or when it is told to stop (SIGTERM). Standard library alone.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Load:
    """What is asked."""

    address: str
    host: str
    """The host name in the request."""
    port: int = 80
    path: str = "/"
    rate: float = 100
    """Requests a second."""
    seconds: float = 600
    """At most."""
    patience: float = 2.0
    """Seconds after which a request has failed."""
    slow: float = 0.25
    """Seconds from which an answer counts as slow."""
    source: str = ""
    """The client's address; empty leaves it to the system."""


@dataclass(frozen=True)
class Request:
    """One request; times are in seconds since the load began."""

    at: float
    """When it was due."""
    took: float
    failure: str
    """Empty for an answer 200."""
    seen: str
    """The client's address as the application saw it (X-Real-Ip, as Traefik sends it)."""
    by: str = ""
    """The ingress controller's pod that served it (X-Forwarded-Server, as Traefik sends it)."""


@dataclass(frozen=True)
class Report:
    """Every request, in the order in which they were due."""

    requests: tuple[Request, ...]
    slow_from: float

    @property
    def sent(self) -> int:
        return len(self.requests)

    @property
    def failed(self) -> tuple[Request, ...]:
        return tuple(request for request in self.requests if request.failure)

    @property
    def slow(self) -> tuple[Request, ...]:
        """Those that were answered, late."""
        return tuple(each for each in self.requests if not each.failure and each.took >= self.slow_from)

    @property
    def seen(self) -> Counter[str]:
        """The clients' addresses that the application saw, with how often."""
        return Counter(each.seen for each in self.requests if not each.failure)

    @property
    def gap(self) -> float:
        """The longest outage, in seconds."""
        return max((end - start for start, end in self.outages), default=0.0)

    @property
    def outages(self) -> tuple[tuple[float, float], ...]:
        """When each outage began and ended.

        From the moment when a request was due that failed or was answered late, to the moment when the next
        one was due that was answered in time; an outage that never ended lasts until the last request.
        """
        found: list[tuple[float, float]] = []
        start: float | None = None
        for each in self.requests:
            if each.failure or each.took >= self.slow_from:
                start = each.at if start is None else start
            elif start is not None:
                found.append((start, each.at))
                start = None
        if start is not None:
            found.append((start, self.requests[-1].at))
        return tuple(found)

    def failing_at_the_end(self, seconds: float = 1) -> float:
        """The share of requests that failed in the last seconds."""
        end = self.requests[-1].at
        last = [each for each in self.requests if each.at > end - seconds]
        return sum(bool(each.failure) for each in last) / len(last)

    @property
    def healed(self) -> bool:
        """Whether in the last second all but a few were answered: one that lost packets may have waited."""
        return self.failing_at_the_end() < 0.05

    def __str__(self) -> str:
        reasons = ", ".join(
            f"{count} {why}" for why, count in Counter(e.failure for e in self.failed).items()
        )
        return (
            f"{len(self.failed)} of {self.sent} failed{f' ({reasons})' if reasons else ''}, "
            f"{len(self.slow)} slow, longest gap {self.gap:.2f} s"
        )


async def run(load: Load, stop: asyncio.Event) -> list[Request]:
    """Sends requests until the time is over or it is told to stop, and waits for the last answers."""
    begun = time.monotonic()
    print(begun, flush=True)
    tasks: list[asyncio.Task[Request]] = []
    while (now := time.monotonic() - begun) < load.seconds and not stop.is_set():
        while len(tasks) <= now * load.rate:
            tasks.append(asyncio.create_task(_one(load, begun, len(tasks) / load.rate)))
        await asyncio.sleep(1 / (2 * load.rate))
    return list(await asyncio.gather(*tasks))


async def _one(load: Load, begun: float, at: float) -> Request:
    try:
        status, seen, by = await asyncio.wait_for(_ask(load), load.patience)
        failure = "" if status == "200" else f"HTTP {status}"
    except (OSError, TimeoutError, ValueError) as error:
        failure, seen, by = type(error).__name__, "", ""
    return Request(at, time.monotonic() - begun - at, failure, seen, by)


async def _ask(load: Load) -> tuple[str, str, str]:
    local = (load.source, 0) if load.source else None
    reader, writer = await asyncio.open_connection(load.address, load.port, local_addr=local)
    try:
        writer.write(f"GET {load.path} HTTP/1.0\r\nHost: {load.host}\r\n\r\n".encode())
        answer = (await reader.read(-1)).decode(errors="replace")
    finally:
        writer.close()
    if not answer.startswith("HTTP/"):
        raise ValueError(f"no HTTP: {answer[:20]!r}")
    headers = dict(line.split(": ", 1) for line in answer.splitlines() if ": " in line)
    return answer.split()[1], headers.get("X-Real-Ip", ""), headers.get("X-Forwarded-Server", "")


class Client:
    """A load that runs in a process of its own, so that nothing here delays it."""

    def __init__(self, load: Load, prefix: Sequence[str] = ()) -> None:
        """`prefix`: the words that put a command where the client is."""
        self._load = load
        self._process = subprocess.Popen(
            [*prefix, sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(load)) + "\n")
        self._process.stdin.flush()
        self.begun = float(self._process.stdout.readline())
        """When the load began, by the clock of time.monotonic, which all processes of a machine share."""
        self._stopped: Report | None = None

    def stop(self) -> Report:
        """Sends no more, waits for the answers that are due, and reports."""
        if self._stopped is None:
            assert self._process.stdin is not None
            said, _ = self._process.communicate(timeout=self._load.patience + 60)
            requests = tuple(Request(**each) for each in json.loads(said))
            self._stopped = Report(requests, self._load.slow)
        return self._stopped


@contextmanager
def under(load: Load, prefix: Sequence[str] = ()) -> Iterator[Client]:
    """The load runs while the block does; a second before and after it, too."""
    client = Client(load, prefix)
    time.sleep(1)
    try:
        yield client
        time.sleep(1)
    finally:
        client.stop()


async def _main() -> None:
    said: dict[str, Any] = json.loads(sys.stdin.readline())
    gc.disable()  # a collection of many requests would look like a stall of the door
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # in an outage each request holds a socket
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_reader(sys.stdin.fileno(), stop.set)  # end of input: whoever wanted this is done, or gone
    requests = await run(Load(**said), stop)
    print(json.dumps([asdict(each) for each in requests]))


if __name__ == "__main__":
    asyncio.run(_main())
