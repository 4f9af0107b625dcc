"""A program of a lab, with all that came from it: what it said, spent and holds, and that it ends.

Reads /proc and ends what it started.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Process:
    """A command in a process namespace of its own, and all that came from it."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def pids(self, program: str) -> list[int]:
        """Its processes that are called so, parents first."""
        children: dict[int, list[int]] = defaultdict(list)
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            children[int(stat.rpartition(")")[2].split()[1])].append(int(folder.name))
        found, queue = [], [self._process.pid]
        while queue:
            pid = queue.pop(0)
            queue += sorted(children[pid])
            if _read(pid, "comm").strip() == program:
                found.append(pid)
        return found

    def cpu(self, program: str) -> float:
        """Seconds that those processes have spent on a processor, in the kernel too (utime and stime,
        proc(5))."""
        ticks = 0
        for pid in self.pids(program):
            fields = _read(pid, "stat").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self, program: str) -> float:
        """MiB that those processes hold resident, what they share counted for each."""
        lines = [line for pid in self.pids(program) for line in _read(pid, "status").splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024

    def end(self) -> None:
        """Ends it and all that came from it: whatever is in a process namespace goes with its first."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


def get(address: str, port: int) -> str:
    """The body of the answer to GET /, from the caller's network namespace; "" when there is none."""
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        body = answer.read().decode()
        return body if answer.status == 200 else ""
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def wait_for(ask: Callable[[], T], process: Process, seconds: float = 20, pause: float = 0.02) -> T:
    """The first answer that is true. Fails with what the process said when it ends or is too slow."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert process.alive, process.said
        assert time.monotonic() < end, process.said
        time.sleep(pause)
    return answer
