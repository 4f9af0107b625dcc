"""Three clients side by side, each slow in another way, and the application that they use.

An upload that takes long, an answer that is late, a web socket that is silent. Run as a program it takes what
is wanted as JSON on standard input and prints what came of each as JSON. Standard library alone there.
"""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.engine.pair import Pair

NODE, NODE_ADDRESS, PORT = "w1", "10.97.0.11", 18080
"""Where the application runs: beside the pods of a worker, whose images have none that is slow enough. On its
management network, where pods reach every node; the tenant network's security group admits LB hosts alone."""
RATE = 1000
"""Bytes of an upload in a second."""


@dataclass(frozen=True)
class Patient:
    """Where to, and how many seconds each takes."""

    address: str
    host: str
    source: str
    upload: int = 120
    answer: int = 90
    silence: int = 70


def come_through(wanted: Patient, prefix: Sequence[str]) -> dict[str, str]:
    """What came of each, asked from where `prefix` puts a command."""
    longest = max(wanted.upload, wanted.answer, wanted.silence)
    done = subprocess.run(
        [*prefix, sys.executable, str(Path(__file__).resolve())],
        input=json.dumps(asdict(wanted)),
        capture_output=True,
        text=True,
        timeout=longest + 60,
        check=True,
    )
    said: dict[str, str] = json.loads(done.stdout)
    return said


def whole(wanted: Patient) -> dict[str, str]:
    """What comes of each when nothing cuts it."""
    return {"upload": f"200 {wanted.upload * RATE}", "answer": "200 hello", "web socket": "hello again"}


@contextmanager
def application(pair: Pair, folder: Path) -> Iterator[str]:
    """An application behind the pair's controller that is as slow as it is asked to be; its host name."""
    from tests.datapath import application as program
    from tests.engine.pair import INSIDE, until

    name, host = f"{pair.door.prefix}-slow", f"slow.{pair.door.host}"
    manifests = folder / "slow.json"
    manifests.write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": _objects(name, host, pair)})
    )
    here = [*INSIDE[:-1], "--in", NODE, "--", sys.executable, program.__file__, NODE_ADDRESS, str(PORT)]
    running = subprocess.Popen(here, stdin=subprocess.PIPE)
    try:
        pair.kubectl("apply", "--filename", str(manifests))
        one = Patient(pair.door.outputs()["address"], host, "", upload=1, answer=0, silence=0)
        until("the application answers", lambda: come_through(one, INSIDE) == whole(one), 30)
        yield host
    finally:
        pair.kubectl("delete", "--ignore-not-found", "--filename", str(manifests))
        running.communicate(timeout=30)


def _objects(name: str, host: str, pair: Pair) -> list[dict[str, Any]]:
    metadata = {"name": name, "namespace": "default"}
    backend = {"service": {"name": name, "port": {"number": 80}}}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "ports": [{"port": PORT}],
            "endpoints": [{"addresses": [NODE_ADDRESS], "conditions": {"ready": True}}],
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": metadata,
            "spec": {
                "ingressClassName": pair.door.prefix,
                "rules": [
                    {
                        "host": host,
                        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
                    }
                ],
            },
        },
    ]


def _open(wanted: Patient, seconds: float) -> http.client.HTTPConnection:
    source = (wanted.source, 0) if wanted.source else None
    return http.client.HTTPConnection(wanted.address, timeout=seconds + 30, source_address=source)


def _upload(wanted: Patient) -> str:
    def slowly() -> Iterator[bytes]:
        for _ in range(wanted.upload):
            yield bytes(RATE)
            time.sleep(1)

    connection = _open(wanted, wanted.upload)
    headers = {"Host": wanted.host, "Content-Length": str(wanted.upload * RATE)}
    connection.request("PUT", "/", slowly(), headers)
    answer = connection.getresponse()
    return f"{answer.status} {answer.read().decode()}"


def _answer(wanted: Patient) -> str:
    connection = _open(wanted, wanted.answer)
    connection.request("GET", f"/?wait={wanted.answer}", headers={"Host": wanted.host})
    answer = connection.getresponse()
    return f"{answer.status} {answer.read().decode()}"


def _web_socket(wanted: Patient) -> str:
    connection = _open(wanted, wanted.silence)
    connection.connect()
    talk = connection.sock
    key = base64.b64encode(bytes(16)).decode()
    talk.sendall(
        f"GET /echo HTTP/1.1\r\nHost: {wanted.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    heard = talk.makefile("rb")
    status = heard.readline().split()[1].decode()
    while heard.readline().strip():
        pass
    if status != "101":
        return status
    said = []
    for word in ("hello", " again"):
        # One frame with a short text, masked with zeros (RFC 6455, 5.2).
        talk.sendall(bytes([0x81, 0x80 | len(word), 0, 0, 0, 0]) + word.encode())
        said.append(heard.read(2 + len(word))[2:].decode())
        if word == "hello":
            time.sleep(wanted.silence)
    return "".join(said)


def _tried(ask: Callable[[Patient], str], wanted: Patient) -> str:
    try:
        return ask(wanted)
    except (OSError, IndexError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    told = Patient(**json.loads(sys.stdin.read()))
    ways = {"upload": _upload, "answer": _answer, "web socket": _web_socket}
    with ThreadPoolExecutor(len(ways)) as pool:
        asked = {name: pool.submit(_tried, ask, told) for name, ask in ways.items()}
        print(json.dumps({name: each.result() for name, each in asked.items()}))
