"""API servers of a few answers, and kubeconfigs that name them."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml


class Server(ThreadingHTTPServer):
    """Answers GET alone, with what it was given by path."""

    def __init__(self, answers: Mapping[str, tuple[int, object]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, object]] = {
            "/version": (200, {"gitVersion": "v1.35.4"}),
            **answers,
        }
        self.asked: list[tuple[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Accept"]))
        status, said = self.server.answers.get(self.path, (404, "404 page not found"))
        body = (said if isinstance(said, str) else json.dumps(said)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(answers: Mapping[str, tuple[int, object]] | None = None) -> Iterator[Server]:
    """A server that answers meanwhile."""
    server = Server(answers or {})
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def written(folder: Path, url: str) -> Path:
    """A kubeconfig with one context, `here`."""
    file = folder / "kubeconfig"
    said = {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "here",
    }
    file.write_text(yaml.safe_dump(said))
    return file


def refused(status: int, message: str) -> tuple[int, object]:
    return status, {"kind": "Status", "message": message}
