"""A Keystone, with an Octavia beside it, on loopback: just enough of their APIs to refuse a client in every
way that they have."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REGION = "RegionOne"


@dataclass
class Region:
    """How the services answer."""

    refuses: tuple[int, str] | None = None
    """What Keystone says to whoever asks for a token."""
    octavia: int = 200
    """The status of Octavia's answers."""
    seconds: float = 0
    """How long Octavia thinks."""
    services: tuple[str, ...] = ("identity", "load-balancer")
    url: str = ""

    def token(self) -> dict[str, object]:
        return {
            "token": {
                "methods": ["password"],
                "expires_at": "2099-01-01T00:00:00.000000Z",
                "issued_at": "2026-01-01T00:00:00.000000Z",
                "project": {"id": "p", "name": "web", "domain": {"id": "default", "name": "Default"}},
                "user": {"id": "u", "name": "shop", "domain": {"id": "default", "name": "Default"}},
                "roles": [{"id": "r", "name": "member"}],
                "catalog": [
                    {
                        "type": service,
                        "name": service,
                        "id": service,
                        "endpoints": [
                            {
                                "interface": "public",
                                "region": REGION,
                                "region_id": REGION,
                                "id": f"{service}-public",
                                "url": f"{self.url}/{'v3' if service == 'identity' else service}",
                            }
                        ],
                    }
                    for service in self.services
                ],
            }
        }


def _handler(region: Region) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/v3"):
                version = {
                    "id": "v3.14",
                    "status": "stable",
                    "links": [{"rel": "self", "href": f"{region.url}/v3"}],
                }
                self._say(200, {"version": version})
            elif self.path.startswith("/load-balancer") and "/providers" in self.path:
                time.sleep(region.seconds)
                self._say(region.octavia, {"providers": [{"name": "ovn", "description": ""}]})
            elif self.path.startswith("/load-balancer"):
                link = [{"rel": "self", "href": f"{region.url}/load-balancer/v2"}]
                self._say(200, {"versions": [{"id": "v2.27", "status": "CURRENT", "links": link}]})
            else:
                self._say(404, {})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if region.refuses:
                code, message = region.refuses
                self._say(code, {"error": {"code": code, "title": "Unauthorized", "message": message}})
            else:
                self._say(201, region.token())

        def _say(self, code: int, body: dict[str, object]) -> None:
            text = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("X-Subject-Token", "t")
            self.end_headers()
            with suppress(BrokenPipeError):  # the client has given up
                self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def serving(region: Region, certificate: ssl.SSLContext | None = None) -> Iterator[Region]:
    """The services, at `region.url`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(region))
    if certificate:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    region.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield region
    finally:
        server.shutdown()
        server.server_close()
