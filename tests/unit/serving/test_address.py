"""`up` ends when the published address answers for every application, or says which hop is broken."""

import asyncio
import http.server
import socket
import socketserver
import ssl
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portico.ingress.table import CONTROLLERS
from portico.plan.questions import Question
from portico.plan.way import End, Way
from portico.serving import address, asking
from portico.serving.address import address_answers
from portico.serving.waiting import until
from portico.settings.model import Wait
from tests.unit.serving.conftest import NOBODY

(TRAEFIK,) = CONTROLLERS
HOST = "hello.example.org"
PLAIN = ("Content-Type", "text/plain; charset=utf-8")
NOSNIFF = ("X-Content-Type-Options", "nosniff")
DATE = ("Date", "Thu, 26 Nov 2026 16:10:04 GMT")


def own(status, body, *headers):
    """An answer of Traefik's own: its server adds date and length behind the other headers."""
    return status, (*headers, DATE, ("Content-Length", str(len(body)))), body


def passed_on(status, body=b"", *headers):
    """An application's answer as it leaves Traefik: headers in the order of their names."""
    return status, tuple(sorted((*headers, DATE, ("Content-Length", str(len(body)))))), body


UNKNOWN = own(404, b"404 page not found\n", PLAIN, NOSNIFF)
UNAVAILABLE = own(503, b"no available server\n", PLAIN, NOSNIFF)
BAD_GATEWAY = own(502, b"Bad Gateway")
TIMEOUT = own(504, b"Gateway Timeout")
NOT_UNDERSTOOD = (400, (PLAIN, ("Connection", "close")), b"400 Bad Request")
"""Go's server for what is no HTTP request: the bytes of a PROXY header."""
GO = passed_on(404, b"404 page not found\n", PLAIN, NOSNIFF)
"""A Go application without handlers: Traefik's own words."""


@pytest.fixture
def door():
    """A controller on loopback: for each host the answers one after the other, the last one for ever.

    What it was asked is in `asked`, as host and path.
    """
    servers = []

    def open_door(*answers, nobody=UNKNOWN, certificate=None, **others):
        left = {HOST: list(answers)} | {name.replace("_", "."): list(said) for name, said in others.items()}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host = self.headers["Host"]
                server.asked.append((host, self.path))
                mine = left.get(host, [nobody])
                status, headers, body = mine.pop(0) if len(mine) > 1 else mine[0]
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.asked = []
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield open_door
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(door, *changes, minutes=1, way=Way(), host=HOST, explain=lambda _: None, **change):  # noqa: B008
    port = door if isinstance(door, int) else door.server_port
    question = Question(port, False, host, signature=TRAEFIK.signature)
    questions = [replace(question, **each) for each in changes or [change]]
    wait = Wait(minutes=minutes)
    return asyncio.run(address_answers(NOBODY, "127.0.0.1", questions, wait, way, explain))


def refused(door, *changes, **change):
    with pytest.raises(pulumi.RunError) as error:
        ask(door, *changes, minutes=0, **change)
    return str(error.value)


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_and_a_stack_that_does_not_want_it_never_wait(monkeypatch, preview):
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
    wait = Wait(address=preview)
    assert asyncio.run(address_answers(NOBODY, "127.0.0.1", [Question(1, False)], wait)) == "not asked"


def test_the_controllers_own_404_and_503_are_no_answer_of_the_application(door):
    assert ask(door(UNKNOWN, UNAVAILABLE, BAD_GATEWAY, TIMEOUT, passed_on(200))) == "HTTP 200"


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404, 405, 500, 502, 503, 504])
def test_an_application_may_answer_whatever_it_likes(door, status):
    assert ask(door(passed_on(status, b'{"error": "an API"}')), minutes=0) == f"HTTP {status}"


def test_a_404_of_a_go_application_is_told_from_the_controllers_by_the_order_of_its_headers(door):
    assert ask(door(GO), minutes=0) == "HTTP 404"


def test_a_404_with_an_id_of_its_own_each_time_is_the_controllers_where_nobody_gets_one_too(door):
    def kong(number):
        return own(404, b'{"request_id": "%d"}' % number, ("X-Kong-Request-Id", str(number)))

    said = refused(door(kong(1000), nobody=kong(2000)), signature=None)
    assert "knows no Ingress" in said


@pytest.mark.parametrize("status", [502, 503, 504])
def test_of_another_controller_nobody_knows_whose_error_it_is(door, status):
    assert "the application behind it does not" in refused(door(passed_on(status)), signature=None)


def test_without_an_application_the_controllers_404_is_answer_enough(door):
    assert ask(door(), host=None) == "HTTP 404"


@pytest.mark.parametrize("host", [HOST, None])
def test_what_the_controller_does_not_understand_is_no_answer(door, host):
    said = refused(door(NOT_UNDERSTOOD, nobody=NOT_UNDERSTOOD), host=host)
    assert "HTTP 400" in said
    assert "PROXY protocol" in said


@pytest.mark.parametrize(
    ("answer", "hop"),
    [
        (UNKNOWN, f"knows no Ingress for {HOST}/"),
        (UNKNOWN, "of type ExternalName"),
        (UNKNOWN, "name another path or that code in the app's `probe`"),
        (UNAVAILABLE, "the application behind it"),
        (BAD_GATEWAY, "the application behind it"),
        (TIMEOUT, "the application behind it"),
    ],
)
def test_the_broken_hop_is_named(door, answer, hop):
    assert hop in refused(door(answer))


def test_a_port_that_nobody_listens_on_names_the_hop_that_the_kind_knows():
    said = refused(1, way=Way(ends={End.REFUSED: "the host that holds the VIP does not serve this port"}))
    assert "the connection is refused (Connection refused): the host that holds the VIP" in said
    assert "nothing listens on this port of the load balancer" in refused(1)


class TestSilence:
    """The address answers nobody, as far as this machine can see."""

    SHUT = Way((IPv4Network("192.0.2.0/24"),), ("this machine has no way into the VPC",))

    @pytest.fixture(autouse=True)
    def silence(self, monkeypatch):
        def nobody(*_, **__):
            raise TimeoutError("timed out")

        monkeypatch.setattr(socket, "create_connection", nobody)

    def test_it_names_first_what_shuts_this_machine_out(self):
        said = refused(80, way=self.SHUT)
        assert (
            "nobody answers (within 5 s): most likely this machine's address is none of "
            "portico:loadBalancer.allowedClients or this machine has no way into the VPC; else the way"
            in said
        )

    def test_it_names_the_load_balancer_where_everybody_is_let_in(self):
        assert "nobody answers (within 5 s): the way to the load balancer is broken" in refused(80)

    def test_a_machine_that_is_shut_out_does_not_ask_for_all_of_the_time(self, monkeypatch):
        monkeypatch.setattr(address, "OUT_OF_REACH", 0.05)
        with pytest.raises(pulumi.RunError, match="does not answer after 0 s"):
            ask(80, way=self.SHUT, minutes=60)

    def test_but_a_door_that_lets_everybody_in_is_asked_for_all_of_it(self, monkeypatch):
        monkeypatch.setattr(address, "OUT_OF_REACH", 0)
        asked = []

        def slow(component, sentence, inquiry, seconds):
            asked.append(seconds)
            return until(component, sentence, inquiry, 0.1)

        monkeypatch.setattr(address, "until", slow)
        with pytest.raises(pulumi.RunError):
            ask(80, minutes=60)
        assert asked == [3600]


def test_a_name_that_does_not_resolve_yet_is_said(monkeypatch):
    def nameless(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", nameless)
    assert "resolves to no address (Name or service not known): the platform has not" in refused(80)


def test_a_probe_asks_its_own_path_and_takes_its_own_codes_alone(door):
    opened = door(passed_on(200), passed_on(503), passed_on(204))
    assert ask(opened, probe="/healthz", expect=(204, 503)) == "HTTP 503"
    assert opened.asked == [(HOST, "/healthz")] * 2


def test_a_code_that_a_probe_expects_is_an_answer_whoever_says_it(door):
    assert ask(door(UNKNOWN), expect=(404,), minutes=0) == "HTTP 404"


def test_a_code_that_a_probe_does_not_expect_is_said_with_those_that_it_does(door):
    said = refused(door(passed_on(500)), expect=(200, 204))
    assert "HTTP 500; the probe expects 200 or 204" in said
    assert "knows no Ingress" in refused(door(UNKNOWN), expect=(200, 204))


def test_every_application_has_to_answer_and_the_first_ones_answer_is_kept(door):
    other = "other.example.org"
    both = door(UNKNOWN, passed_on(204), other_example_org=[UNKNOWN, UNAVAILABLE, passed_on(200)])
    assert ask(both, {}, {"host": other}) == "HTTP 204"
    assert (other, "/") in both.asked
    said = refused(door(passed_on(200)), {}, {"host": other}, {"path": "/x"}, {"host": "third.example.org"})
    assert "other.example.org" in said
    assert "third.example.org" in said
    assert HOST not in said


@pytest.fixture
def certificate(tmp_path):
    """Makes a self-signed certificate with a common name, and its key, in one file."""

    def make(name, names=None, days=1):
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        builder = builder.serial_number(1).not_valid_before(now - timedelta(days=2))
        builder = builder.not_valid_after(now + timedelta(days=days))
        for each in names or ():
            alternative = x509.SubjectAlternativeName([x509.DNSName(each)])
            builder = builder.add_extension(alternative, critical=False)
        plain = serialization.NoEncryption()
        text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        text += builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        file = tmp_path / "certificate.pem"
        file.write_bytes(text)
        return file

    return make


def test_an_application_with_a_certificate_has_to_show_it(door, certificate):
    secure = {"tls": True, "secret": "shop/hello-tls"}
    shown = door(passed_on(200), certificate=certificate("TRAEFIK DEFAULT CERT"))
    said = refused(shown, **secure)
    assert "shows its own certificate: the Secret shop/hello-tls is missing" in said
    assert ask(shown, tls=True) == "HTTP 200"
    assert ask(door(passed_on(200), certificate=certificate(HOST, [HOST])), **secure) == "HTTP 200"
    wild = certificate("anything", ["*.example.org"])
    assert ask(door(passed_on(200), certificate=wild), **secure) == "HTTP 200"


@pytest.mark.parametrize(
    ("name", "names", "days", "flaw"),
    [
        (
            HOST,
            ["other.example.org"],
            1,
            "Hostname mismatch, certificate is not valid for 'hello.example.org'",
        ),
        (HOST, [HOST], -1, "certificate has expired"),
        (HOST, None, 1, "Hostname mismatch"),  # a common name alone convinces no browser
    ],
)
def test_a_certificate_that_no_client_would_take_is_no_answer(door, certificate, name, names, days, flaw):
    shown = door(passed_on(200), certificate=certificate(name, names, days))
    said = refused(shown, tls=True, secret="shop/hello-tls")
    assert f"no good for {HOST} ({flaw}" in said
    assert "see the Secret shop/hello-tls" in said
    assert ask(shown, tls=True, minutes=0) == "HTTP 200", "without a Secret any certificate will do"


def test_a_listener_for_tls_that_speaks_none_is_no_answer(door):
    said = refused(door(passed_on(200)), tls=True, host=None)
    assert "speaks no TLS" in said
    assert "PROXY protocol header" in said


@pytest.fixture
def strict(door, certificate):
    """A controller that shows a certificate to those alone who name its host."""
    opened = door(passed_on(200), certificate=certificate(HOST, [HOST]))

    def chosen(_, name, __):
        return None if name == HOST else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    opened.socket.context.sni_callback = chosen
    return opened


def test_who_refuses_a_handshake_speaks_tls_and_has_no_certificate_for_the_name(strict):
    assert "TLS (" in ask(strict, tls=True, host=None, minutes=0)
    assert ask(strict, tls=True, secret="shop/hello-tls", minutes=0) == "HTTP 200"
    said = refused(strict, tls=True, secret="shop/other-tls", host="other.example.org")
    assert "no certificate for this name" in said
    assert "the Secret shop/other-tls is missing, or not taken" in said


def test_who_wants_a_certificate_of_the_client_speaks_tls(door, certificate, monkeypatch):
    """TLS 1.3 tells of it after the handshake (RFC 8446, 4.4.2.4), in the place of an answer."""

    def alert(_connection):
        error = ssl.SSLError(1, "tlsv13 alert certificate required")
        error.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
        raise error

    opened = door(passed_on(200), certificate=certificate(HOST, [HOST]))
    monkeypatch.setattr("http.client.HTTPConnection.getresponse", alert)
    assert "certificate required" in ask(opened, tls=True, host=None, minutes=0)


def test_the_cluster_is_asked_why_where_the_controller_answers_by_itself(door):
    app = {"explain": lambda question: f"there is no Service for {question.host}"}
    assert f"; in the cluster there is no Service for {HOST}" in refused(door(UNKNOWN), **app)
    assert "in the cluster" not in refused(1, **app)


@pytest.fixture
def listener():
    """A TCP listener on loopback that does so with every connection; its port."""
    opened = []

    def listen(does):
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), does)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        opened.append(server)
        return server.server_address[1]

    yield listen
    for server in opened:
        server.shutdown()
        server.server_close()


class Silent(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1)


class Mute(socketserver.BaseRequestHandler):
    def handle(self):
        while self.request.recv(4096):
            pass


class Greeting(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"SSH-2.0-")


class Closed(socketserver.BaseRequestHandler):
    """HAProxy without a node that serves."""

    def handle(self):
        pass


@pytest.mark.parametrize("does", [Silent, Greeting])
def test_a_tcp_listener_answers_by_keeping_a_connection_or_speaking(listener, does):
    assert ask(listener(does), direct=True, host=None, minutes=0) == "TCP connection accepted"


def test_a_tcp_connection_that_is_closed_at_once_is_no_answer(listener):
    said = refused(listener(Closed), direct=True, host=None)
    assert "tcp://127.0.0.1:" in said
    assert "closed at once; no node accepts one on the listener's node port" in said
    assert "(host" not in said


def test_a_controller_that_reaches_no_pod_of_a_service_names_it(listener):
    said = refused(listener(Closed), direct=True, host=None, service="git/gitea")
    assert "closed at once; the Service git/gitea has no pod that accepts one" in said


def test_a_load_balancer_without_a_node_closes_what_it_took_and_that_is_said(listener):
    said = refused(listener(Closed))
    assert "closed at once" in said
    assert "the load balancer finds no node that serves: see the controller's pods" in said


def test_who_takes_a_connection_and_says_nothing_is_told_from_who_takes_none(listener, monkeypatch):
    monkeypatch.setattr(asking, "SECONDS", 0.2)
    assert "the connection is taken, and no word comes" in refused(listener(Mute))
