"""A real Traefik on loopback: which of its answers are its own, and which the application's."""

from __future__ import annotations

import asyncio
import http.server
import socket
import socketserver
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pulumi
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portico.ingress.table import chosen
from portico.ingress.traefik.arguments import arguments
from portico.plan.questions import Question
from portico.serving.address import address_answers
from portico.settings.model import Timeouts, Wait
from portico.traffic import Health, Listener
from tests.parts import missing
from tools import places

TRAEFIK = chosen("traefik")

PROXY_V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + bytes([192, 0, 2, 1, 192, 0, 2, 2, 0x9C, 0x40, 0, 80])
"""A client's address as a load balancer sends it in front of the bytes (PROXY protocol, 2.2)."""


class App(http.server.BaseHTTPRequestHandler):
    """Answers /CODE with that code, everything else with 404 in the words of Go, late under /slow."""

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(1)
        status = int(self.path[1:]) if self.path[1:].isdigit() else 404
        body = b"404 page not found\n" if status == 404 else b"Bad Gateway\n"
        self.send_response_only(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Date", self.date_time_string())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def certificate(folder, host):
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now)
    builder = builder.not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    signed = builder.sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return {"certFile": str(folder / "cert.pem"), "keyFile": str(folder / "key.pem")}


def routes(folder, app):
    """What an Ingress says, as Traefik's file provider takes it."""
    hosts = {"app": [app], "empty": [], "dead": ["http://127.0.0.1:1"], "slow": [app], "secure": [app]}
    return {
        "http": {
            "routers": {name: {"rule": f"Host(`{name}.example.org`)", "service": name} for name in hosts},
            "services": {
                name: {
                    "loadBalancer": {
                        "servers": [{"url": url} for url in urls],
                        "serversTransport": "hurried",
                    }
                }
                for name, urls in hosts.items()
            },
            "serversTransports": {"hurried": {"forwardingTimeouts": {"responseHeaderTimeout": "200ms"}}},
        },
        "tls": {"certificates": [certificate(folder, "secure.example.org")]},
    }


@pytest.fixture(scope="module")
def traefik(tmp_path_factory):
    """Traefik with Portico's own arguments, its routes from a file; the ports of its listeners by name."""
    program = places.tools() / "bin" / "traefik"
    if not program.exists():
        missing("there is no Traefik: python -m tools up traefik")
    folder = tmp_path_factory.mktemp("traefik")
    with ExitStack() as opened:
        app = opened.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), App))
        threading.Thread(target=app.serve_forever, daemon=True).start()
        opened.callback(app.shutdown)
        (folder / "routes.yaml").write_text(
            yaml.safe_dump(routes(folder, f"http://127.0.0.1:{app.server_port}"))
        )

        def start(**more):
            ports = {"http": free_port(), "https": free_port()}
            listeners = [Listener(name, 80, port, name == "https") for name, port in ports.items()]
            words = [
                word.replace("address=:", "address=127.0.0.1:")
                for word in arguments(listeners, Health(free_port()), "portico", Timeouts(), **more)
                if not word.startswith("--providers.")
            ]
            words.append(f"--providers.file.filename={folder / 'routes.yaml'}")
            log = opened.enter_context((folder / "log").open("w"))
            process = subprocess.Popen([program, *words], stdout=log, stderr=log)
            opened.callback(process.wait)
            opened.callback(process.kill)
            question = Question(ports["http"], False, "app.example.org", "/200")
            assert asked(question, minutes=1) == "HTTP 200"
            return ports

        yield start


@pytest.fixture(scope="module")
def ports(traefik):
    return traefik(trusted=["192.0.2.0/24"])


@pytest.fixture(autouse=True, scope="module")
def _an_up():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
        yield


def asked(*questions, minutes=0):
    return asyncio.run(address_answers(None, "127.0.0.1", questions, Wait(minutes=minutes)))


def why(question):
    with pytest.raises(pulumi.RunError) as error:
        asked(question)
    return str(error.value)


@pytest.fixture
def question(ports):
    return Question(ports["http"], False, "app.example.org", "/", signature=TRAEFIK.signature)


@pytest.mark.parametrize("path", ["/", "/400", "/401", "/500", "/502", "/503", "/504"])
def test_whatever_the_application_says_is_an_answer(question, path):
    assert asked(replace(question, path=path)) == f"HTTP {path[1:] or 404}"


@pytest.mark.parametrize(
    ("host", "path", "hop"),
    [
        ("stranger", "/", "HTTP 404; a host name that nobody serves gets the same answer"),
        ("empty", "/", "HTTP 503; the ingress controller answers, and the application behind it does not"),
        ("dead", "/", "HTTP 502; the ingress controller answers, and the application behind it does not"),
        ("slow", "/slow", "HTTP 504; the ingress controller answers, and the application behind it does not"),
    ],
)
def test_what_traefik_says_by_itself_is_none(question, host, path, hop):
    assert hop in why(replace(question, host=f"{host}.example.org", path=path))


def test_traefiks_own_certificate_is_not_the_one_of_the_secret(question, ports):
    secure = replace(question, port=ports["https"], tls=True, secret="default/app-tls")
    assert "shows its own certificate" in why(secure)
    assert asked(replace(secure, host="secure.example.org")) == "HTTP 404"


def test_a_listener_for_tls_answers_with_the_controllers_certificate_where_no_application_is_asked(
    question, ports
):
    assert asked(replace(question, host=None, port=ports["https"], tls=True)) == "HTTP 404"


def poured(one, other):
    """Everything that one says, to the other."""
    with suppress(OSError):
        while said := one.recv(4096):
            other.sendall(said)


@pytest.fixture
def relay():
    """A load balancer that sends a PROXY header in front of what it passes on; its port."""
    with ExitStack() as opened:

        def start(port):
            class Connection(socketserver.BaseRequestHandler):
                def handle(self):
                    with socket.create_connection(("127.0.0.1", port)) as node, suppress(OSError):
                        node.sendall(PROXY_V2)
                        threading.Thread(target=poured, args=(self.request, node), daemon=True).start()
                        poured(node, self.request)

            server = opened.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection))
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            opened.callback(server.shutdown)
            return server.server_address[1]

        yield start


@pytest.mark.parametrize("host", ["app.example.org", None])
def test_a_proxy_header_that_is_not_expected_is_no_answer_and_named(traefik, question, relay, host):
    taking = traefik(trusted=["127.0.0.1/32"])
    assert asked(replace(question, port=relay(taking["http"]))) == "HTTP 404"
    refusing = traefik()
    assert "PROXY protocol header" in why(replace(question, port=relay(refusing["http"]), host=host))


def test_a_proxy_header_that_is_not_expected_is_named_on_the_listener_for_tls_too(traefik, question, relay):
    secure = replace(question, tls=True, host=None)
    taking = traefik(trusted=["127.0.0.1/32"])
    assert asked(replace(secure, port=relay(taking["https"]))) == "HTTP 404"
    refusing = traefik()
    assert "PROXY protocol header" in why(replace(secure, port=relay(refusing["https"])))
