"""A redirect, a proxy in front, a certificate and more arguments, as Traefik is told."""

import json
from ipaddress import IPv4Network

import pytest

from portico.ingress.traefik import tcp
from portico.ingress.traefik.front import arguments, certificate_file, command_line
from portico.settings.model import Ingress
from portico.traffic import Listener, Service

HTTP, HTTPS = Listener("http", 80, 30080), Listener("https", 443, 30443, tls=True)
OTHER = Listener("other", 8443, 30444, tls=True)
EVERYTHING = Ingress(
    redirect_to_https=True,
    default_certificate="wildcard",
    forwarded_headers_from=(IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.7/32")),
)


def said(settings: Ingress, *listeners: Listener) -> list[str]:
    return list(arguments(settings, listeners or (HTTP, HTTPS)))


def test_who_asks_for_nothing_gets_nothing() -> None:
    assert said(Ingress()) == []


def test_clients_are_led_to_the_port_that_they_know_and_not_to_a_node_port() -> None:
    assert [each for each in said(EVERYTHING, HTTP, OTHER, HTTPS) if "redirections" in each] == [
        "--entryPoints.http.http.redirections.entryPoint.to=:443",
        "--entryPoints.http.http.redirections.entryPoint.scheme=https",
    ]


def test_forwarded_headers_are_believed_from_the_proxies_alone_and_on_every_listener() -> None:
    believed = [each for each in said(EVERYTHING) if "forwardedHeaders" in each]
    assert believed == [
        f"--entryPoints.{name}.forwardedHeaders.trustedIPs=198.51.100.0/24,203.0.113.7/32"
        for name in ("http", "https")
    ]


def test_the_default_certificate_lies_beside_the_file_that_names_it() -> None:
    assert f"--providers.file.filename={tcp.FOLDER}/certificate.yaml" in said(EVERYTHING)
    assert f'"certFile": "{tcp.FOLDER}/tls.crt"' in certificate_file(None)


def test_routes_for_tcp_stand_in_the_same_file_since_traefik_reads_one() -> None:
    ssh = Listener("ssh", 22, 30022, service=Service("git", "default", 22))
    line = command_line(tcp.arguments((HTTPS, ssh)), EVERYTHING, (HTTPS, ssh))
    assert [each for each in line if "providers.file" in each] == [
        f"--providers.file.filename={tcp.FOLDER}/certificate.yaml"
    ]
    assert not [each for each in line if "entryPoints.ssh" in each]
    assert json.loads(certificate_file(tcp.routes((HTTPS, ssh)))).keys() == {"tcp", "tls"}


@pytest.mark.parametrize("level", ["--log.level=DEBUG", "--LOG.Level=DEBUG"])
def test_an_extra_argument_comes_last_and_takes_the_place_of_what_nothing_rests_on(level: str) -> None:
    told = command_line(["--ping=true", "--log.level=INFO"], Ingress(extra_args=(level, "--a=b")), (HTTP,))
    assert told == ["--ping=true", level, "--a=b"]
