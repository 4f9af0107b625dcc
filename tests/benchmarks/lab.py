"""A front door in network namespaces, and what carrying a load costs it: clients - LB hosts - nodes.

Makes namespaces `t<mark>-...` and the cables between them, listens in there and nowhere else, and removes
them with every process it started, after a failure too. An LB host runs on the root file system that the
sandbox's servers boot; nginx and wrk come from Debian packages that are unpacked, not installed. Needs root.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from ipaddress import summarize_address_range
from pathlib import Path

from portico.lbhost import STATUS_PORT, Fleet, Host, userdata
from sandbox import namespaces, packages
from sandbox.namespaces import End
from sandbox.packages import Tree
from sandbox.paths import Paths
from tests.benchmarks.contenders import HERE, METADATA, NGINX, Contender, nodes
from tests.benchmarks.processes import Process, get, wait_for
from tests.parts import host_image, missing

PROGRAMS = Tree(name="benchmarks", suite="bookworm", packages="base-files nginx libnginx-mod-stream wrk")
"""Who answers as a node, who competes, and who asks."""


@dataclass(frozen=True)
class Roots:
    """Root file systems to run things on."""

    host: Path
    """What an LB host boots."""
    programs: Path
    """PROGRAMS."""


@cache
def roots() -> Roots:
    """Made when they are not there; says what is missing when they cannot be."""
    image = host_image()
    try:
        packages.ensure(Paths.here(), PROGRAMS)
    except packages.PackagesError as error:
        missing(str(error))
    return Roots(image, PROGRAMS.folder(Paths.here()))


@dataclass(frozen=True)
class Answers:
    """What wrk got."""

    requests: int
    failed: int
    seconds: float
    p50: float
    """ms, as p99; from the sending of a request to the end of its answer."""
    p99: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


@dataclass(frozen=True)
class Traffic:
    """What went over a cable, both ways together."""

    packets: int
    bytes: int


class Lab:
    """Clients, the hosts of a pair and its nodes. `built` makes one and removes it."""

    def __init__(self, pair: Fleet, folder: Path, mark: str) -> None:
        self.fleet = pair
        self.roots = roots()
        self._folder = folder
        self._clients, self._nodes = f"{mark}-clients", f"{mark}-nodes"
        self.netns = {host: f"{mark}-host-{number}" for number, host in enumerate(pair.hosts, 1)}
        self._started: list[Process] = []

    def build(self) -> None:
        """Namespaces and cables, and nodes that answer."""
        for netns in (self._clients, self._nodes, *self.netns.values()):
            namespaces.ensure(netns)
            # Nobody may run out of ports while the connections of an earlier load still wait for their end.
            ports = ("net.ipv4.ip_local_port_range=1024 65535", "net.ipv4.tcp_tw_reuse=1")
            namespaces.run("sysctl", "-qw", *ports, netns=netns)
        for each in (self.fleet.gateway, METADATA):
            _ip(self._nodes, f"address add {each}/32 dev lo")
        # All addresses between the first worker and the last are the one machine that plays them.
        addresses = sorted(backend.address for backend in self.fleet.backends)
        for network in summarize_address_range(addresses[0], addresses[-1]):
            _ip(self._nodes, f"route add local {network} dev lo table main")
        for number, (host, netns) in enumerate(self.netns.items(), 1):
            self._cable(number, host, netns)
        for path, file in userdata.files().items():
            if path.startswith("/opt/"):
                place = self.folder("opt/portico") / Path(path).name
                place.write_text(file.text)
                place.chmod(int(file.mode, 8))
        folder = self.folder("nodes")
        (folder / "nginx.cfg").write_text(nodes(self.fleet))
        self.start(self._nodes, "nodes", self.roots.programs, *NGINX)

    def _cable(self, number: int, host: Host, netns: str) -> None:
        namespaces.veth(End(netns, "eth0"), End(self._nodes, f"host-{number}"))
        _ip(netns, f"address add {host.address}/32 dev eth0")
        _ip(netns, f"route add {self.fleet.gateway} dev eth0 scope link src {host.address}")
        _ip(netns, f"route add default via {self.fleet.gateway} src {host.address}")
        _ip(self._nodes, f"route add {host.address} dev host-{number} src {self.fleet.gateway}")
        namespaces.veth(End(self._clients, f"host-{number}"), End(netns, "clients"))
        _ip(self._clients, f"address add 10.65.{number}.2/24 dev host-{number}")
        _ip(netns, f"address add 10.65.{number}.1/24 dev clients")

    def remove(self) -> None:
        """Ends what runs and removes the namespaces, and the cables with them."""
        for process in self._started:
            process.end()
        for netns in (self._clients, self._nodes, *self.netns.values()):
            namespaces.delete(netns)

    def folder(self, name: str) -> Path:
        """A folder that a process called so finds as HERE."""
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def command(self, netns: str, name: str, root: Path, *words: str) -> list[str]:
        """The words that run a program in a namespace, on a root file system that it cannot change."""
        hidden = ("/run", "/tmp", "/etc/haproxy", "/etc/keepalived", "/var/lib")
        if root == self.roots.programs:
            # Unpacked packages have no users; those of an LB host will do.
            hidden = ("/run", "/tmp", "/etc", "/var/lib", "/var/log/nginx")
            users = [f"/etc/{file}" for file in ("passwd", "group")]
            more = [word for file in users for word in ("--ro-bind", f"{self.roots.host}{file}", file)]
            more += ["--dir", "/var/lib/nginx"]
        else:
            agent = str(self.folder("opt"))
            more = ["--dir", "/run/haproxy", "--dir", "/run/portico", "--dir", "/var/lib/haproxy"]
            more += ["--dir", "/var/lib/portico", "--ro-bind", agent, "/opt"]
        folder = self.folder(name)
        return namespaces.inside(
            netns,
            [
                *f"bwrap --ro-bind {root} / --dev /dev --proc /proc".split(),
                *(word for place in hidden for word in ("--tmpfs", place)),
                *(*more, "--bind", str(folder), HERE, "--chdir", HERE),
                *("--unshare-pid", "--die-with-parent", "--cap-add", "ALL", "--"),
                *words,
            ],
        )

    def start(self, netns: str, name: str, root: Path, *words: str) -> Process:
        """A program that runs until it is ended, at the latest with the lab."""
        process = Process(self.command(netns, name, root, *words), self._folder / f"{name}.log")
        self._started.append(process)
        return process

    def serve(self, contender: Contender, host: Host) -> Process:
        """The contender on a host, once it passes a request on and the node was told who the client is."""
        self.write(contender, host)
        name = _name(contender, host)
        process = self.start(self.netns[host], name, self._root(contender), *contender.command)
        client = f"10.65.{self._number(host)}.2"
        seen = wait_for(lambda: self._ask(host, contender.port), process)
        assert seen == client, f"{contender.name} names {seen} as the client, who is {client}"
        return process

    def write(self, contender: Contender, host: Host) -> None:
        """The contender's file on a host; one that runs reads it at its next reload."""
        (self.folder(_name(contender, host)) / contender.file).write_text(contender.config)

    def words(self, contender: Contender, host: Host, *more: str) -> list[str]:
        """The words that run the contender's program on a host once more, with its file and more options."""
        name, root = _name(contender, host), self._root(contender)
        return self.command(self.netns[host], name, root, *contender.command, *more)

    def _root(self, contender: Contender) -> Path:
        return self.roots.host if contender.program == "haproxy" else self.roots.programs

    def _number(self, host: Host) -> int:
        return self.fleet.hosts.index(host) + 1

    def _ask(self, host: Host, port: int) -> str:
        with namespaces.entered(self._clients):
            return get(f"10.65.{self._number(host)}.1", port)

    def generation(self, host: Host, port: int = STATUS_PORT) -> str:
        """What the HAProxy of a host says it serves; "" when it does not answer."""
        with namespaces.entered(self.netns[host]):
            return get("127.0.0.1", port)

    def traffic(self, host: Host) -> Traffic:
        """What has gone between a host and the nodes so far."""
        said = namespaces.run(
            *f"ip -n {self._nodes} -statistics -json link show host-{self._number(host)}".split()
        )
        (link,) = json.loads(said)
        ways = [link["stats64"][way] for way in ("rx", "tx")]
        return Traffic(sum(way["packets"] for way in ways), sum(way["bytes"] for way in ways))

    def load(self, host: Host, port: int, seconds: float, load: Load) -> Answers:
        """What the clients get from a host when they ask as the load says."""
        folder = self.folder("clients")
        (folder / "report.lua").write_text(REPORT)
        words = [
            *("wrk", "--threads", "1", "--connections", str(load.connections)),
            *("--duration", f"{round(seconds)}s", "--script", "report.lua", *load.options),
            f"http://10.65.{self._number(host)}.1:{port}/",
        ]
        command = self.command(self._clients, "clients", self.roots.programs, *words)
        environment = {**os.environ, "PAUSE": str(load.pause)}
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return Answers(**json.loads(done.stdout.splitlines()[-1]))


@dataclass(frozen=True)
class Load:
    """How clients ask: each connection sends its next request when it has the answer to the last."""

    connections: int
    options: tuple[str, ...] = ()
    pause: int = 0
    """ms that pass on average before a connection sends its next request."""


REPORT = """\
local pause = tonumber(os.getenv("PAUSE"))
if pause > 0 then
    function delay() return math.random(0, 2 * pause) end
end
function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format(
        '{"requests": %d, "failed": %d, "seconds": %f, "p50": %f, "p99": %f}',
        summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


def _name(contender: Contender, host: Host) -> str:
    return f"{contender.name}-{host.name}".replace(" ", "-")


@contextmanager
def built(pair: Fleet, folder: Path) -> Iterator[Lab]:
    """A lab while the block runs; `folder` keeps its files and logs."""
    made = Lab(pair, folder, f"t{secrets.token_hex(3)}")
    try:
        made.build()
        yield made
    finally:
        made.remove()


def _ip(netns: str, words: str) -> None:
    namespaces.run("ip", "-n", netns, *words.split())
