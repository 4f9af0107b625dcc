"""Starting many programs in the order in which they need each other, as fast as that allows.

Each program says what must answer before it starts and how to tell that it answers itself; no step sleeps for
a fixed time.
"""

from __future__ import annotations

import re
import socket
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox import namespaces
from sandbox.openstack.site import ADDRESS
from sandbox.processes import Program, Supervisor
from sandbox.progress import Progress

Check = Callable[[], bool]


RESTARTS = 3
"""How often supervisord may start a program anew before that is a failure: some give up once when they come
too early."""


class StartupError(Exception):
    """A program did not come up; the text names it and ends with the last lines of its log."""


@dataclass(frozen=True)
class Service:
    """A program and its place in the order."""

    program: Program
    answers: Check
    """Whether it can be used by those who need it."""
    needs: tuple[str, ...] = ()
    """Names of the services that must answer before it is started."""

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name


def answers_http(netns: str, port: int) -> Check:
    """An HTTP server answers, be it with an error."""

    def check() -> bool:
        try:
            with namespaces.entered(netns), urllib.request.urlopen(f"http://{ADDRESS}:{port}/", timeout=2):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    return check


def listens(netns: str, port: int) -> Check:
    """Something accepts TCP connections."""

    def check() -> bool:
        with namespaces.entered(netns), socket.socket() as connection:
            connection.settimeout(1)
            return connection.connect_ex((ADDRESS, port)) == 0

    return check


def listens_at(path: Path) -> Check:
    """Something accepts connections on a Unix socket."""

    def check() -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            return connection.connect_ex(str(path)) == 0

    return check


def has_said(log: Path, pattern: str) -> Check:
    """The log, which begins with the sandbox, holds a line that matches."""
    compiled = re.compile(pattern)
    return lambda: log.exists() and compiled.search(log.read_text(errors="replace")) is not None


def start(
    supervisor: Supervisor, services: Iterable[Service], progress: Progress, patience: float = 300
) -> None:
    """Starts all services and returns when all answer. What runs already is only asked whether it answers.

    Raises StartupError if one dies for good or does not answer within `patience` seconds of its start.
    """
    waiting = {service.name: service for service in services}
    begun: dict[str, float] = {}
    answering: set[str] = set()
    starts: defaultdict[str, set[int]] = defaultdict(set)
    names = set(waiting)
    while waiting:
        startable = [s for s in waiting.values() if s.name not in begun and names & set(s.needs) <= answering]
        if startable:
            supervisor.ensure(service.program for service in startable)
            begun.update((service.name, time.monotonic()) for service in startable)
        states = supervisor.status()
        for service in [waiting[name] for name in begun if name in waiting]:
            if service.answers():
                del waiting[service.name]
                answering.add(service.name)
                seconds = time.monotonic() - begun[service.name]
                if seconds > 1:
                    progress.say(f"{service.name} answers ({seconds:.1f} s)")
                continue
            starts[service.name].add(states[service.name].started)
            if states[service.name].phase == "FATAL" or len(starts[service.name]) > RESTARTS:
                raise StartupError(_failure(supervisor, service.name, "ends again and again"))
            if time.monotonic() - begun[service.name] > patience:
                raise StartupError(
                    _failure(supervisor, service.name, f"does not answer after {patience:.0f} s")
                )
        time.sleep(0.1)


def _failure(supervisor: Supervisor, name: str, happened: str) -> str:
    log = supervisor.log(name)
    lines = log.read_text(errors="replace").splitlines()[-12:] if log.exists() else []
    return "\n".join([f"{name} {happened}; the end of {log}:", *(f"    {line}" for line in lines)])
