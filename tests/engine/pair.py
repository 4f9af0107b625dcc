"""A pair of LB hosts that `up` made: which is which, what each says on its console, and traffic to it.

Read by the tests of tiers engine and datapath.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from portico.lbhost import console
from sandbox.lifecycle import Sandbox
from sandbox.openstack import clouds, ovn
from tests.datapath.load import Client, Load, under
from tests.engine.door import Door
from tools import places

CLIENT = ovn.CLIENT
"""The address of the client on the sandbox's internet side."""
CLIENTS = IPv4Network(ovn.CLIENTS)
"""What it speaks as under load, each time as another of these: the cloud remembers a connection that broke
with its host for hours, and takes one that comes later from the same address and port for it."""
PORTS = {"http": 80, "https": 443}
INSIDE = (sys.executable, "-m", "sandbox", "run", "--")


@dataclass(frozen=True)
class Pair:
    """The hosts of one stack."""

    door: Door
    sandbox: Sandbox

    @property
    def details(self) -> dict[str, Any]:
        """The output `loadBalancer`."""
        found: dict[str, Any] = self.door.outputs()["loadBalancer"]
        return found

    @contextmanager
    def cloud(self) -> Iterator[Any]:
        """A connection to the project; within it this thread sits in the cloud's network."""
        with clouds.connection(self.sandbox.paths) as connection:
            yield connection

    def served(self, server_id: str) -> console.Served | None:
        """What a host's console says last."""
        with self.cloud() as cloud:
            return console.serving(cloud.compute.get_server_console_output(server_id, length=400)["output"])

    def holders(self) -> list[int]:
        """The hosts that hold the VIP, by their place in `hosts`: asked of the hosts themselves."""
        return [place for place in range(len(self.details["hosts"])) if self.holds(place)]

    def holds(self, place: int) -> bool:
        """Whether a host holds the VIP. Its links outlive it in the sandbox: a dead host held it last."""
        vip, server = self.details["vip"], self.details["hosts"][place]
        return inside(server, "ip", "-4", "-o", "address", "show", "to", f"{vip}/32") != ""

    def holder(self) -> int:
        """The one host that holds the VIP; waits until there is one, for a failover may be under way."""
        until("one host holds the VIP", lambda: len(self.holders()) == 1, 30)
        return self.holders()[0]

    def kubectl(self, *words: str) -> str:
        """What kubectl prints, asked as the cluster's administrator."""
        return _printed([*INSIDE, "kubectl", *words])

    def serve(self, generations: list[str]) -> bool:
        """Whether each host says on its console that it serves its generation."""
        said = [self.served(server) for server in self.details["hosts"]]
        return [each.generation if each else None for each in said] == generations

    @contextmanager
    def traffic(self, rate: float = 100, **more: Any) -> Iterator[Client]:
        """Load through the floating IP from the client on the internet."""
        source = str(CLIENTS[1 + secrets.randbelow(CLIENTS.num_addresses - 2)])
        load = Load(self.door.outputs()["address"], self.door.host, rate=rate, source=source, **more)
        with under(load, INSIDE) as client:
            yield client


def inside(server_id: str, *command: str) -> str:
    """What a command prints among a server's processes and links."""
    return _printed(entered(server_id, *command))


def entered(server_id: str, *command: str) -> list[str]:
    """The words that run a command among a server's processes and links."""
    return [*INSIDE[:-1], "--in", f"i-{server_id[:13]}", "--", *command]


def _printed(words: Sequence[str]) -> str:
    done = subprocess.run(words, cwd=places.CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


def ask(address: str, host: str, *words: str, scheme: str = "http") -> str:
    """What curl gets from the front door at the client's place: status line, headers and body.

    The application is whoami, whose body repeats the request's headers as it got them.
    """
    command = [
        *INSIDE,
        "curl",
        "--silent",
        "--insecure",
        "--include",
        "--max-time",
        "5",
        "--interface",
        CLIENT,
    ]
    there = ["--resolve", f"{host}:{PORTS[scheme]}:{address}", *words, f"{scheme}://{host}/"]
    done = subprocess.run(
        [*command, *there], cwd=places.CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout


def header(answer: str, name: str) -> list[str]:
    """The values of a header that whoami got."""
    _, _, body = answer.partition("\n\n" if "\r\n\r\n" not in answer else "\r\n\r\n")
    pairs = (line.partition(": ") for line in body.splitlines())
    return [value.strip() for key, _, value in pairs if key.lower() == name.lower()]


def until(what: str, true: Callable[[], bool], seconds: float = 60, pause: float = 0.2) -> float:
    """Waits until it is true; the seconds that took. Fails with `what` when it does not come."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < seconds, f"not in {seconds:.0f} s: {what}"
        time.sleep(pause)
    return time.monotonic() - begun
