"""A host for the agent to run on: a metadata service, a HAProxy that tells its generation, programs, a clock.

The programs are shell scripts that accept every file without the word REFUSED, and write down how they were
called. What HAProxy tells changes only when its unit is started or reloaded, as with the real one.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from portico.lbhost.console import Served, serving
from portico.lbhost.portico_sync import Sync

_JUDGE = """\
#!/bin/sh
echo "$0 $*" >>"$WORLD/calls"
for file; do :; done
if grep -q REFUSED "$file"; then echo "[ALERT] (4711) : $file:1 : REFUSED is no word" >&2; exit {code}; fi
"""
_SYSTEMCTL = """\
#!/bin/sh
case "$1" in
is-active) for unit; do :; done; [ -e "$WORLD/active/$unit" ] ;;
start | reload)
    echo "$1 $2" >>"$WORLD/calls"
    [ ! -e "$WORLD/broken" ] || exit 1
    : >"$WORLD/active/$2"
    cp "$WORLD/root/etc/$2/"* "$WORLD/loaded/"
    [ "$2" != haproxy ] || [ -e "$WORLD/deaf" ] ||
        sed -n 's/.*string "\\(.*\\)"/\\1/p' "$WORLD/root/etc/haproxy/haproxy.cfg" >"$WORLD/tells"
    ;;
esac
"""
_IP = """\
#!/bin/sh
echo '[{},{"ifname":"ens3","addr_info":[]}]'
"""


@dataclass
class Clock:
    """Time that passes only when told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class World:
    """One host; `agent()` is a freshly started agent on it."""

    home: Path
    metadata_url: str = ""
    port: int = 0
    metadata: Mapping[str, str] | None = None
    """What the metadata service answers; None: HTTP 500."""
    first_tells: str = ""
    """What the host at 127.0.0.2 tells."""
    clock: Clock = field(default_factory=Clock)

    def agent(self) -> Sync:
        return Sync(
            self.home / "root",
            self.metadata_url,
            self.port,
            self.home / "console",
            self.clock,
            self.clock.pass_,
        )

    def calls(self) -> list[str]:
        """What was started, reloaded or asked to judge since the last question; a judge by its name alone."""
        try:
            lines = (self.home / "calls").read_text().splitlines()
        except FileNotFoundError:
            return []
        (self.home / "calls").unlink()
        return [
            line if line.startswith(("start", "reload")) else Path(line.split()[0]).name for line in lines
        ]

    def says(self) -> Served | None:
        return serving(self.console())

    def console(self) -> str:
        return (self.home / "console").read_text()

    def file(self, name: str) -> str:
        return (self.home / "root/etc" / name.split(".")[0] / name).read_text()

    def loaded(self, name: str) -> str:
        """What the file's program read when it was last started or reloaded."""
        return (self.home / "loaded" / name).read_text()

    def tells(self) -> str:
        place = self.home / "tells"
        return place.read_text().strip() if place.exists() else ""

    def set(self, switch: str, on: bool = True) -> None:
        """`broken`: units cannot be loaded; `deaf`: HAProxy keeps its old worker."""
        (self.home / switch).write_text("") if on else (self.home / switch).unlink(missing_ok=True)


@contextmanager
def world(home: Path, environment: Callable[[str, str], None]) -> Iterator[World]:
    """A world below that folder; `environment` sets a variable for as long as the test runs."""
    made = World(home)
    programs = {
        "haproxy": _JUDGE.format(code=1),
        "keepalived": _JUDGE.format(code=5),
        "systemctl": _SYSTEMCTL,
        "ip": _IP,
    }
    for folder in ("bin", "active", "loaded", "root"):
        (home / folder).mkdir()
    (home / "console").touch()
    for name, text in programs.items():
        place = home / "bin" / name
        place.write_text(text)
        place.chmod(0o755)
    environment("PATH", f"{home}/bin:{os.environ['PATH']}")
    environment("WORLD", str(home))

    def metadata() -> str | None:
        return (
            None if made.metadata is None else json.dumps({"uuid": "a-server", "meta": dict(made.metadata)})
        )

    with (
        _http("127.0.0.1", 0, metadata) as port,
        _http("127.0.0.1", 0, lambda: made.tells() or None) as status,
        _http("127.0.0.2", status, lambda: made.first_tells or None),
    ):
        made.metadata_url, made.port = f"http://127.0.0.1:{port}/openstack/latest/meta_data.json", status
        yield made


@contextmanager
def _http(address: str, port: int, answer: Callable[[], str | None]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = answer()
            self.send_response(500 if text is None else 200)
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((address, port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
