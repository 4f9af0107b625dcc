"""Traefik's command line, without Pulumi."""

import pytest

from portico.ingress.traefik.arguments import (
    HEALTH,
    arguments,
    termination_seconds,
)
from portico.settings.model import Timeouts
from portico.traffic import Health, Listener, Service

HTTP, HTTPS = Listener("http", 80, 30080), Listener("https", 443, 30443, tls=True)
PING = Health(30082)
USUAL = Timeouts()


def options(timeouts: Timeouts = USUAL, **told: object) -> dict[str, str]:
    """The command line by option."""
    line = arguments((HTTP, HTTPS), PING, "portico", timeouts, **told)  # type: ignore[arg-type]
    return dict(argument.removeprefix("--").split("=", 1) for argument in line)


SSH = Listener("ssh", 22, 30022, service=Service("gitea-ssh", "git", 2222))


def test_an_entry_point_that_carries_bytes_serves_no_application_and_waits_for_no_first_word() -> None:
    line = arguments((HTTP, SSH), PING, "portico", USUAL, trusted=["10.0.0.5/32"])
    assert [word for word in line if word.startswith("--entryPoints.ssh.")] == [
        "--entryPoints.ssh.address=:30022",
        "--entryPoints.ssh.transport.lifeCycle.requestAcceptGraceTimeout=5s",
        "--entryPoints.ssh.transport.lifeCycle.graceTimeOut=10s",
        "--entryPoints.ssh.proxyProtocol.trustedIPs=10.0.0.5/32",
    ]
    assert "--providers.file.filename=/etc/portico/tcp.yaml" in line
    assert not [word for word in arguments((HTTP,), PING, "portico", USUAL) if "providers.file" in word]


@pytest.mark.parametrize("listeners", [(SSH,), ()])
def test_where_no_listener_serves_applications_none_is_looked_for(listeners: tuple[Listener, ...]) -> None:
    line = arguments(listeners, PING, "portico", USUAL, published="192.0.2.1")
    assert not [word for word in line if "kubernetesIngress" in word]


def test_every_listener_is_an_entry_point_on_its_node_port() -> None:
    assert options()["entryPoints.http.address"] == ":30080"
    assert options()["entryPoints.https.address"] == ":30443"


def test_only_a_tls_listener_ends_tls() -> None:
    assert options()["entryPoints.https.http.tls"] == "true"
    assert "entryPoints.http.http.tls" not in options()


def test_by_default_nobodys_proxy_header_is_believed() -> None:
    assert not [option for option in options() if "proxyProtocol" in option]


def test_the_proxy_header_of_the_trusted_addresses_alone_is_believed_on_every_listener() -> None:
    said = options(trusted=["10.0.0.5/32", "10.0.0.6/32"])
    for name in ("http", "https"):
        assert said[f"entryPoints.{name}.proxyProtocol.trustedIPs"] == "10.0.0.5/32,10.0.0.6/32"
    assert f"entryPoints.{HEALTH}.proxyProtocol.trustedIPs" not in said


def test_the_health_endpoint_believes_the_same_addresses_where_the_question_has_a_header() -> None:
    line = arguments((HTTP,), Health(30082, proxied=True), "portico", USUAL, trusted=["10.0.0.5/32"])
    assert f"--entryPoints.{HEALTH}.proxyProtocol.trustedIPs=10.0.0.5/32" in line


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0"])
def test_everybody_is_never_trusted(everybody: str) -> None:
    with pytest.raises(ValueError, match="everybody"):
        options(trusted=[everybody])


@pytest.mark.parametrize(
    "smuggled", ["10.0.0.5/32,0.0.0.0/0", "10.0.0.5/32\n--api.insecure", "", "10.0.0.5/8"]
)
def test_a_trusted_range_is_a_cidr_and_nothing_else(smuggled: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear to be|has host bits set"):
        options(trusted=[smuggled])


def test_no_forwarded_header_is_believed() -> None:
    trusting = ("forwardedHeaders", "proxyProtocol.insecure")
    assert not [
        option for option in options(trusted=["10.0.0.5/32"]) if any(word in option for word in trusting)
    ]


def test_an_address_is_published_as_an_address_and_a_name_as_a_name() -> None:
    endpoint = "providers.kubernetesIngress.ingressEndpoint"
    assert options(published="203.0.113.7")[f"{endpoint}.ip"] == "203.0.113.7"
    assert options(published="lb.example.org")[f"{endpoint}.hostname"] == "lb.example.org"


def test_without_an_address_that_of_the_service_is_published() -> None:
    endpoint = "providers.kubernetesIngress.ingressEndpoint"
    assert (
        options(published_service="portico-ingress/traefik")[f"{endpoint}.publishedService"]
        == "portico-ingress/traefik"
    )
    assert not [option for option in options() if endpoint in option]


@pytest.mark.parametrize("smuggled", ["", "lb.example.org --api", "lb\nexample"])
def test_what_is_neither_address_nor_host_name_is_not_published(smuggled: str) -> None:
    with pytest.raises(ValueError, match="cannot be published"):
        options(published=smuggled)


def test_the_health_endpoint_serves_no_application() -> None:
    said = options()
    assert said["ping.entryPoint"] == HEALTH
    assert said[f"entryPoints.{HEALTH}.address"] == ":30082"
    assert f"entryPoints.{HEALTH}.asDefault" not in said
    assert said["entryPoints.http.asDefault"] == said["entryPoints.https.asDefault"] == "true"


def test_nothing_looks_home_and_nothing_can_be_looked_into() -> None:
    said = options()
    assert said["global.checkNewVersion"] == said["global.sendAnonymousUsage"] == "false"
    assert not [option for option in said if option.startswith(("api", "accessLog", "metrics", "tracing"))]


@pytest.mark.parametrize(("noticed_after", "accept"), [(0, 5), (2, 5), (4, 5), (5, 6), (10, 11), (600, 60)])
def test_it_accepts_until_the_load_balancer_has_noticed_that_it_stops(
    noticed_after: int, accept: int
) -> None:
    said = options(noticed_after=noticed_after)
    for name in ("http", "https"):
        life = f"entryPoints.{name}.transport.lifeCycle"
        assert said[f"{life}.requestAcceptGraceTimeout"] == f"{accept}s"
        assert said[f"{life}.graceTimeOut"] == "10s"
    assert termination_seconds(noticed_after) == accept + 10


@pytest.mark.parametrize(("idle", "between"), [(60, "60s"), (180, "180s"), (3600, "180s")])
def test_traefik_reads_a_request_as_long_as_it_is_told_and_waits_no_more_than_its_default_for_the_next(
    idle: int, between: str
) -> None:
    said = options(timeouts=Timeouts(idle=idle, read=7))
    for name in ("http", "https"):
        responding = f"entryPoints.{name}.transport.respondingTimeouts"
        assert said[f"{responding}.readTimeout"] == "7s"
        assert said[f"{responding}.idleTimeout"] == between


def test_by_default_a_request_may_take_as_long_as_it_takes_to_arrive() -> None:
    assert options()["entryPoints.http.transport.respondingTimeouts.readTimeout"] == "0s"


def test_only_ingresses_of_the_class_are_served() -> None:
    assert options()["providers.kubernetesIngress.ingressClass"] == "portico"
