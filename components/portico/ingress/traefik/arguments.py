"""Traefik's command line: what it listens on, whom it believes, and which address it publishes.

Pure: no Pulumi, no network, no clock. Read by the component. Names and defaults of the options: Traefik
3.7, Install Configuration Options. Why these: docs/ingress.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network

from ...settings.model import Timeouts
from ...traffic import Health, Listener
from ..table import HEALTH
from . import tcp

PING_PATH = "/ping"
"""Where Traefik says that it serves; the path is Traefik's own and cannot be changed."""

ACCEPT_SECONDS = 5, 60
"""How long a Traefik that was told to stop goes on accepting, at least and at most, while its health endpoint
already says 503: the time that a load balancer has to notice."""

DRAIN_SECONDS = 10
"""How long requests that are open may last after that."""

KEEP_ALIVE_SECONDS = 180
"""How long Traefik waits at most for the next request of a connection: its own default, since a client can
open another."""


def accept_seconds(noticed_after: int) -> int:
    """How long it goes on accepting: longer than the load balancer takes to notice, as far as a pod can wait.

    Args:
        noticed_after: seconds; with a health check every second and two failures 2.
    """
    least, most = ACCEPT_SECONDS
    return min(max(least, noticed_after + 1), most)


def termination_seconds(noticed_after: int) -> int:
    """The pod's terminationGracePeriodSeconds."""
    return accept_seconds(noticed_after) + DRAIN_SECONDS


def arguments(
    listeners: Sequence[Listener],
    health: Health,
    ingress_class: str,
    timeouts: Timeouts,
    trusted: Sequence[str] = (),
    published: str | None = None,
    published_service: str | None = None,
    noticed_after: int = 0,
) -> list[str]:
    """The whole command line.

    Args:
        trusted: CIDRs whose PROXY header is believed; empty: nobody's, and PROXY protocol is off.
        published: the address or host name for `Ingress.status`.
        published_service: else `namespace/name` of the Service whose status is copied there.
        noticed_after: seconds until the load balancer has noticed that it stops.

    Raises:
        ValueError: a trusted range is no CIDR, or everybody; the published address is neither an address nor
            a host name.
    """
    ranges = ",".join(_narrow(cidr) for cidr in trusted)
    serving = any(listener.service is None for listener in listeners)
    accept = accept_seconds(noticed_after)
    return [
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
        "--log.level=INFO",
        "--log.format=json",
        "--ping=true",
        f"--ping.entryPoint={HEALTH}",
        f"--entryPoints.{HEALTH}.address=:{health.node_port}",
        # A header that nobody believes is a bad request, and the answer 400 an unhealthy node.
        *_proxy_protocol(HEALTH, ranges if health.proxied else ""),
        *(
            argument
            for listener in listeners
            for argument in _entry_point(listener, timeouts, ranges, accept)
        ),
        *tcp.arguments(listeners),
        *(_applications(ingress_class) if serving else ()),
        *(_endpoint(published, published_service) if serving else ()),
    ]


def _applications(ingress_class: str) -> Iterator[str]:
    """Only where a listener serves any: they would be served on every entry point else."""
    yield "--providers.kubernetesIngress=true"
    yield f"--providers.kubernetesIngress.ingressClass={ingress_class}"
    # An application between two pods is unavailable (503), not unknown (404).
    yield "--providers.kubernetesIngress.allowEmptyServices=true"
    # Prefix means whole path elements (Kubernetes, Ingress, Path types), not any beginning.
    yield "--providers.kubernetesIngress.strictPrefixMatching=true"


def _entry_point(listener: Listener, timeouts: Timeouts, ranges: str, accept: int) -> Iterator[str]:
    here = f"--entryPoints.{listener.name}"
    yield f"{here}.address=:{listener.node_port}"
    if listener.service is None:
        yield from _serves(here, timeouts)
    yield f"{here}.transport.lifeCycle.requestAcceptGraceTimeout={accept}s"
    yield f"{here}.transport.lifeCycle.graceTimeOut={DRAIN_SECONDS}s"
    if listener.tls:
        yield f"{here}.http.tls=true"
    yield from _proxy_protocol(listener.name, ranges)


def _serves(here: str, timeouts: Timeouts) -> Iterator[str]:
    """What an entry point for applications has. Where bytes are carried no application may be served: as soon
    as one has TLS, a server that speaks first would wait for its client (pkg/server/router/tcp)."""
    # Only listeners serve applications; otherwise Traefik would serve them on the health endpoint as well.
    yield f"{here}.asDefault=true"
    # Traefik's own 60 s for a whole request would cut an upload.
    yield f"{here}.transport.respondingTimeouts.readTimeout={timeouts.read}s"
    yield f"{here}.transport.respondingTimeouts.idleTimeout={min(timeouts.idle, KEEP_ALIVE_SECONDS)}s"


def _proxy_protocol(name: str, ranges: str) -> Iterator[str]:
    if ranges:
        yield f"--entryPoints.{name}.proxyProtocol.trustedIPs={ranges}"


def _endpoint(published: str | None, published_service: str | None) -> Iterator[str]:
    if published is not None:
        yield f"--providers.kubernetesIngress.ingressEndpoint.{_address_word(published)}"
    elif published_service is not None:
        yield f"--providers.kubernetesIngress.ingressEndpoint.publishedService={published_service}"


def _address_word(published: str) -> str:
    try:
        return f"ip={ip_address(published)}"
    except ValueError:
        if not published or not all(letter.isalnum() or letter in "-." for letter in published):
            raise ValueError(
                f"{published!r} is neither an address nor a host name: it cannot be published"
            ) from None
        return f"hostname={published}"


def _narrow(cidr: str) -> str:
    network = ip_network(cidr)
    if network.prefixlen == 0:
        raise ValueError(f"{cidr} is everybody: whoever may send a PROXY header may claim any client address")
    return str(network)
