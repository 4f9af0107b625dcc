"""The real Traefik, with the arguments that it is given: how long it lets things last."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from portico.ingress.table import CONTROLLERS
from portico.ingress.traefik.front import FILE
from portico.ingress.traefik.watching import METRICS_PORT
from portico.kinds.table import KINDS, Carries, ClientIp, Kind
from portico.plan import make as plan
from portico.settings.model import Ingress, Timeouts
from tests.datapath import sending
from tests.datapath.controller import Ports, controller, curl
from tests.unit.contract.subjects import NAMES, online, settings

ORDINARY = Ports(http=29080, https=29443, health=29082, application=29090)
STRICT = Ports(http=29180, https=29543, health=29182, application=29190)
CHECKED = Ports(http=29280, https=29643, health=29282, application=29290)
WATCHED = Ports(http=29380, https=29743, health=29382, application=29390)
LASTS = 66
"""Seconds: more than the minute after which Traefik's own default cuts."""
RATE = 1000
"""Bytes a second."""


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """With the settings' defaults."""
    with controller(tmp_path_factory.mktemp("traefik"), ORDINARY):
        yield ORDINARY


def slowly(seconds: int) -> Iterator[bytes]:
    for _ in range(seconds):
        yield bytes(RATE)
        time.sleep(1)


def upload(ports: Ports, seconds: int, tls: bool = False) -> str:
    """What a client gets that says how much it will send, and sends it slowly."""
    trusting = ssl._create_unverified_context()
    made = (
        http.client.HTTPSConnection("127.0.0.1", ports.https, context=trusting)
        if tls
        else http.client.HTTPConnection("127.0.0.1", ports.http)
    )
    try:
        made.request("PUT", "/", slowly(seconds), {"Content-Length": str(seconds * RATE)})
        answer = made.getresponse()
        return f"{answer.status} {answer.read().decode()}"
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        made.close()


def stream(url: str, seconds: int) -> str:
    """What a client gets that sends slowly and cannot say how much it will be; over HTTP/2 where that is
    offered."""
    sender = (
        f"import sys, time\nfor _ in range({seconds}):\n"
        f"    sys.stdout.buffer.write(bytes({RATE})); sys.stdout.flush(); time.sleep(1)"
    )
    asked = f"python3 -c '{sender}' | curl -sk -m {2 * LASTS} -w '\\n%{{http_code}}' -T - -H Expect: {url}"
    done = subprocess.run(["sh", "-c", asked], capture_output=True, text=True, check=False)
    body, _, status = done.stdout.rpartition("\n")
    return f"{status} {body.strip()}"


@pytest.mark.slow
def test_no_upload_and_no_slow_answer_is_cut_by_default(ordinary):
    web, tls = f"http://127.0.0.1:{ordinary.http}/", f"https://127.0.0.1:{ordinary.https}/"
    ways: dict[str, Callable[[], str]] = {
        "upload": lambda: upload(ordinary, LASTS),
        "upload over TLS": lambda: upload(ordinary, LASTS, tls=True),
        "stream": lambda: stream(web, LASTS),
        "stream over HTTP/2": lambda: stream(tls, LASTS),
        "slow answer": lambda: curl(f"{web}?wait={LASTS}", seconds=2 * LASTS),
        "slow answer over HTTP/2": lambda: curl(f"{tls}?wait={LASTS}", seconds=2 * LASTS),
    }
    with ThreadPoolExecutor(len(ways)) as pool:
        asked = {name: pool.submit(ask) for name, ask in ways.items()}
        got = {name: answer.result() for name, answer in asked.items()}
    whole = f"200 {LASTS * RATE}"
    assert got == {name: "200 hello" if "answer" in name else whole for name in ways}


def test_a_request_that_takes_longer_than_it_may_is_cut_and_a_slow_answer_is_not(tmp_path):
    with controller(tmp_path, STRICT, Timeouts(read=2)), ThreadPoolExecutor(4) as pool:
        cut = [
            pool.submit(upload, STRICT, 6),
            pool.submit(upload, STRICT, 6, tls=True),
            pool.submit(stream, f"https://127.0.0.1:{STRICT.https}/", 6),
        ]
        slow = pool.submit(curl, f"http://127.0.0.1:{STRICT.http}/?wait=4", seconds=10)
        got = [each.result() for each in cut]
        assert not [answer for answer in got if answer.startswith("200")], got
        assert slow.result() == "200 hello"


def test_figures_and_a_line_for_each_request_are_told_where_they_were_asked_for(tmp_path):
    figures = f"http://127.0.0.1:{METRICS_PORT}/metrics"
    with controller(tmp_path, WATCHED):
        assert curl(figures).startswith("000"), "nobody listens there"
    assert "ClientHost" not in tmp_path.with_suffix(".log").read_text()
    with controller(tmp_path, WATCHED, settings=Ingress(metrics=True, access_log=True)):
        told = curl(figures)
        elsewhere = curl(f"http://127.0.0.1:{WATCHED.http}/metrics")
        beside = curl(f"http://127.0.0.1:{METRICS_PORT}/")
    assert told.startswith("200 ")
    assert 'traefik_entrypoint_requests_total{code="200",entrypoint="http"' in told
    assert elsewhere == "200 hello", "the application answers there"
    assert beside.startswith("404"), "no application is served there"
    lines = [json.loads(line) for line in tmp_path.with_suffix(".log").read_text().splitlines()]
    asked = [line for line in lines if line.get("RequestPath") == "/metrics"]
    assert [line["ClientHost"] for line in asked if line["entryPointName"] == "http"] == ["127.0.0.1"]


LOCAL = b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
"""A header that names no client (PROXY protocol specification, 2.2: LOCAL), as AWS sends it with a check."""
HEADERS = {"no header": b"", "a header": sending.proxy_header(2, "127.0.0.1"), "a header of nobody": LOCAL}


def checked(before: bytes, source: str = "127.0.0.1") -> int:
    """The status that a health check gets."""
    asked = b"GET /ping HTTP/1.1\r\nHost: check\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", CHECKED.health), 5, (source, 0)) as connection:
        connection.sendall(before + asked)
        return int(connection.makefile("rb").readline().split()[1])


def answers(kind: Kind, folder: Path) -> dict[str, int]:
    """What a trusted load balancer's health check gets with each header, with the arguments of a plan."""
    made = plan.make(settings(kind), online(kind), NAMES)
    proxied = made.client_ip.value is ClientIp.PROXY_V2
    trusted = ["127.0.0.1/32"] if proxied else []
    with controller(folder, CHECKED, trusted=trusted, health_proxied=made.health.proxied):
        assert checked(b"", source="127.0.0.2") == 200, "the kubelet, whom nobody trusts"
        return {name: checked(before) for name, before in HEADERS.items()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_health_check_gets_its_200_with_what_it_carries(kind, tmp_path):
    got = answers(kind, tmp_path)
    carries = kind.check_carries is Carries.PROXY_V2
    assert got["no header"] == 200
    assert got["a header"] == got["a header of nobody"] == (200 if carries else 400)


FRONT = Ports(http=29480, https=29843, health=29482, application=29490)
CDN = "127.0.0.3"
"""A proxy in front, whose word is taken."""


def certified(folder: Path, name: str) -> None:
    """Puts a certificate where a Secret's would be, as the kubelet does: a new folder beside the old one, one
    rename that leads all links to it, and the old one goes (Kubernetes, pkg/volume/util, AtomicWriter)."""
    before, now = folder / "..data", folder / f"..{name}"
    now.mkdir()
    if before.exists():
        shutil.copy(before / FILE, now)
    aside = folder / "..data_tmp"
    aside.symlink_to(now.name)
    told = ["-subj", f"/CN={name}", "-keyout", str(now / "tls.key"), "-out", str(now / "tls.crt")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *told],
        check=True,
        capture_output=True,
    )
    old = before.resolve() if before.exists() else None
    aside.replace(before)
    for file in ("tls.key", "tls.crt", FILE):
        if not (folder / file).is_symlink():
            (folder / file).symlink_to(f"..data/{file}")
    if old:
        shutil.rmtree(old)


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Traefik that redirects, believes a CDN and shows a certificate of its user's: that folder."""
    folder = tmp_path_factory.mktemp("front")
    certified(folder, "first.example.org")
    settings = Ingress(
        redirect_to_https=True,
        default_certificate="wildcard",
        forwarded_headers_from=(IPv4Network(f"{CDN}/32"),),
        extra_args=("--entryPoints.https.http2.maxConcurrentStreams=100",),
    )
    with controller(folder, FRONT, settings=settings):
        yield folder


def located(*words: str) -> str:
    """Status and Location of what the listener without TLS answers."""
    asked = ["--output", "/dev/null", "--header", "Host: shop.example.org", *words]
    done = subprocess.run(
        [
            "curl",
            "-s",
            "--write-out",
            "%{http_code} %{redirect_url}",
            *asked,
            f"http://127.0.0.1:{FRONT.http}/a?b=c",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.usefixtures("fronted")
def test_clients_without_tls_are_led_to_the_same_place_on_the_port_that_they_know():
    assert located() == "301 https://shop.example.org/a?b=c"
    assert located("--request", "POST").startswith("308 https://shop.example.org/")
    assert curl(f"http://127.0.0.1:{FRONT.health}/ping") == "200 OK", "the health check is asked without TLS"


@pytest.mark.usefixtures("fronted")
def test_a_proxy_in_front_is_believed_and_nobody_else():
    claimed = ("--header", "X-Forwarded-For: 192.0.2.99", "--header", "X-Forwarded-Proto: https")
    door = f"https://127.0.0.1:{FRONT.https}/forwarded"
    assert curl(door, *claimed, "--interface", CDN) == f"200 ('192.0.2.99, {CDN}', 'https')"
    assert curl(door, *claimed, "--interface", "127.0.0.1") == "200 ('127.0.0.1', 'https')"


@pytest.mark.usefixtures("fronted")
def test_a_proxy_that_is_led_to_tls_has_to_come_over_tls_itself():
    """What docs/ingress.md says of both settings together."""
    claimed = ("--header", "X-Forwarded-Proto: https", "--header", "Host: shop.example.org")
    web = f"http://127.0.0.1:{FRONT.http}/"
    assert curl(web, *claimed, "--interface", CDN).startswith("418")
    assert curl(f"https://127.0.0.1:{FRONT.https}/", *claimed, "--interface", CDN) == "200 hello"
    assert curl(web, *claimed, "--interface", "127.0.0.1").startswith("301")


def shown() -> str:
    """The name in the certificate that Traefik shows for a name that it knows nothing of."""
    context = ssl._create_unverified_context()
    with (
        socket.create_connection(("127.0.0.1", FRONT.https), 5) as plain,
        context.wrap_socket(plain, server_hostname="unheard.example.org") as secure,
    ):
        whole = secure.getpeercert(binary_form=True) or b""
    numbers = ("first", "second", "third", "fourth")
    names = [f"{number}.example.org".encode() for number in numbers]
    return b" ".join(name for name in (*names, SELF_SIGNED) if name in whole).decode()


SELF_SIGNED = CONTROLLERS[0].signature.certificate


def test_the_default_certificate_is_shown_and_is_taken_up_whenever_it_is_renewed(fronted):
    assert shown() == "first.example.org"
    for renewed in ("second.example.org", "third.example.org", "fourth.example.org"):
        certified(fronted, renewed)
        end = time.monotonic() + 20
        while shown() != renewed:
            assert time.monotonic() < end, f"the certificate of {renewed} is not shown"
            time.sleep(0.2)


def test_without_one_traefik_shows_its_own(ordinary):
    with (
        socket.create_connection(("127.0.0.1", ordinary.https), 5) as plain,
        ssl._create_unverified_context().wrap_socket(plain, server_hostname="unheard.example.org") as secure,
    ):
        assert SELF_SIGNED in (secure.getpeercert(binary_form=True) or b"")
