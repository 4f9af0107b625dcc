"""TCP through the controller: the real Traefik with its own arguments and routes, in front of a Service that
is not HTTP and speaks first."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from portico.ingress.traefik import tcp
from portico.ingress.traefik.arguments import arguments
from portico.settings.model import Timeouts
from portico.traffic import Health, Listener, Service
from tests.datapath import sending, speaker
from tests.datapath.hearing import heard
from tests.parts import missing
from tools import places

STRANGER = "127.0.0.9"
"""Whom Traefik does not trust: the load balancer is 127.0.0.1."""
HEADER = sending.proxy_header(2, "127.0.0.1")
NAMES = "127.0.0.1 localhost\n127.0.0.1 speaker.default.svc\n"
"""What the cluster's DNS says."""


@dataclass(frozen=True)
class Ports:
    """Where it listens, one after the other."""

    first: int

    @property
    def plain(self) -> int:
        return self.first + 2

    @property
    def proxied(self) -> int:
        return self.first + 3

    @property
    def nowhere(self) -> int:
        return self.first + 4

    @property
    def service(self) -> tuple[int, int]:
        """The Service's own: without a header, and with one."""
        return self.first + 5, self.first + 6

    def listeners(self) -> tuple[Listener, ...]:
        serves, expects = self.service
        return (
            Listener("http", 80, self.first),
            Listener("plain", 22, self.plain, service=Service("speaker", "default", serves)),
            Listener(
                *("proxied", 23, self.proxied),
                service=Service("speaker", "default", expects),
                proxy_protocol=True,
            ),
            Listener("nowhere", 24, self.nowhere, service=Service("nobody", "default", serves)),
        )


@contextmanager
def traefik(folder: Path, ports: Ports, trusted: Sequence[str]) -> Iterator[None]:
    """Traefik and the Service, while the block runs."""
    program = places.tools() / "bin" / "traefik"
    if not program.exists() or os.geteuid() != 0:
        missing("there is no Traefik here, or no root to give it names: make tools")
    (folder / "hosts").write_text(NAMES)
    (folder / tcp.FILE).write_text(tcp.routes(ports.listeners()) or "")
    told = arguments(ports.listeners(), Health(ports.first + 1), "portico", Timeouts(), trusted=trusted)
    # No Kubernetes is here, and the file is where the test may write.
    told = [word.replace(tcp.FOLDER, str(folder)) for word in told if "kubernetesIngress" not in word]
    inside = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"']
    log = (folder / "traefik.log").open("w")
    serving = [sys.executable, speaker.__file__, "127.0.0.1", *map(str, ports.service)]
    service = subprocess.Popen(serving, stdin=subprocess.PIPE)
    started = subprocess.Popen(
        [*inside, str(folder / "hosts"), str(program), *told], stdout=log, stderr=log, cwd=folder
    )
    try:
        end, before = time.monotonic() + 20, HEADER if trusted else b""
        while not (_listens(ports.plain) and heard("127.0.0.1", ports.plain, before=before, patience=0.5)[1]):
            assert time.monotonic() < end, (folder / "traefik.log").read_text()
            time.sleep(0.2)
        yield
    finally:
        for process in (started, service):
            process.kill()
            process.wait()
        log.close()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """Behind a load balancer that names the client."""
    ports = Ports(29380)
    with traefik(tmp_path_factory.mktemp("traefik"), ports, ["127.0.0.1/32"]):
        yield ports


def test_a_service_that_speaks_first_gets_every_byte_and_may_answer_after_the_clients_end(carried):
    assert heard("127.0.0.1", carried.plain, before=HEADER) == ("hello 127.0.0.1", True)


def test_a_service_that_asks_for_the_header_sees_the_client_that_the_load_balancer_names(carried):
    assert heard("127.0.0.1", carried.proxied, before=HEADER) == (f"hello {sending.FORGED}", True)


def test_nobody_else_names_a_client(carried):
    answer = heard("127.0.0.1", carried.proxied, source=STRANGER, before=HEADER)
    assert answer == (f"hello {STRANGER}", True)


def test_a_service_that_is_not_there_closes_the_connection(carried):
    assert heard("127.0.0.1", carried.nowhere, before=HEADER) == ("", False)


def test_where_the_packets_keep_their_source_the_service_is_told_it_and_may_speak_first(tmp_path):
    """As with metallb and OVN."""
    ports = Ports(29400)
    with traefik(tmp_path, ports, []):
        began = time.monotonic()
        assert heard("127.0.0.1", ports.proxied, source=STRANGER) == (f"hello {STRANGER}", True)
        assert heard("127.0.0.1", ports.plain) == ("hello 127.0.0.1", True)
        assert time.monotonic() - began < 5
