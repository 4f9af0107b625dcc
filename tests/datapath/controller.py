"""A real Traefik on loopback that runs with exactly the arguments of a plan, in front of a small application.

There is no Kubernetes behind it: one file more tells it the way to the application.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from portico.ingress.traefik import front, watching
from portico.ingress.traefik.arguments import arguments
from portico.settings.model import Ingress, Timeouts
from portico.traffic import Health, Listener
from tests.datapath import application
from tests.parts import missing
from tools import places

USUAL = Timeouts()
SILENT = Ingress()


@dataclass(frozen=True)
class Ports:
    """Where it listens."""

    http: int
    https: int
    health: int
    application: int


@contextmanager
def controller(
    folder: Path,
    ports: Ports,
    timeouts: Timeouts = USUAL,
    trusted: Sequence[str] = (),
    health_proxied: bool = False,
    settings: Ingress = SILENT,
) -> Iterator[None]:
    """Traefik and the application, while the block runs."""
    program = places.tools() / "bin" / "traefik"
    if not program.exists():
        missing("there is no Traefik here: make tools")
    listeners = (Listener("http", 80, ports.http), Listener("https", 443, ports.https, tls=True))
    told = arguments(
        listeners, Health(ports.health, proxied=health_proxied), "portico", timeouts, trusted=trusted
    )
    line = [*told, *watching.arguments(settings), *front.arguments(settings, listeners, str(folder))]
    # With a default certificate it is the same file, since Traefik reads one alone.
    way = folder / front.FILE
    certificate = yaml.safe_load(front.certificate_file(None, str(folder)))
    way.write_text(
        (yaml.safe_dump(certificate) if settings.default_certificate else "") + "http:\n"
        "  routers: {all: {rule: 'PathPrefix(`/`)', service: app}, "
        "all-tls: {rule: 'PathPrefix(`/`)', service: app, tls: {}}}\n"
        f"  services: {{app: {{loadBalancer: {{servers: [{{url: 'http://127.0.0.1:{ports.application}'}}]}}}}}}\n"
    )
    log = (folder / "traefik.log").open("w")
    serving = [sys.executable, application.__file__, "127.0.0.1", str(ports.application)]
    app = subprocess.Popen(serving, stdin=subprocess.PIPE)
    traefik = subprocess.Popen(
        [str(program), *line, *({f"--providers.file.filename={way}"} - set(line))],
        stdout=log,
        stderr=log,
        cwd=folder,
    )
    try:
        secure = settings.redirect_to_https
        scheme, port = ("https", ports.https) if secure else ("http", ports.http)
        _ready(f"{scheme}://127.0.0.1:{port}/", folder / "traefik.log")
        yield
    finally:
        for process in (traefik, app):
            process.kill()
            process.wait()
        log.close()


def _ready(door: str, log: Path) -> None:
    end = time.monotonic() + 20
    while curl(door).strip() != "200 hello":
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.2)


def curl(url: str, *words: str, seconds: int = 5) -> str:
    """Status and body of the answer; `000` and no body where there is none."""
    asked = ["curl", "--silent", "--insecure", "--max-time", str(seconds), "--write-out", "\n%{http_code}"]
    done = subprocess.run([*asked, *words, url], capture_output=True, text=True, check=False)
    body, _, status = done.stdout.rpartition("\n")
    return f"{status} {body.strip()}"
