"""What Traefik tells when it is asked to: figures for a Prometheus, a line for each request.

Pure: no Pulumi, no network, no clock. Read by the component. Names of the options: Traefik 3.7, Metrics and
Logs & Access Logs. What the lines hold: docs/monitoring.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...settings.model import Ingress

METRICS_PORT = 9100
"""Where each pod tells its figures: on no Service, so on no node port."""

METRICS = "portico-prometheus"
"""The entry point's name: too long for a listener's, and it serves no application."""


def arguments(settings: Ingress) -> Iterator[str]:
    """What is added to the command line."""
    if settings.metrics:
        yield f"--entryPoints.{METRICS}.address=:{METRICS_PORT}"
        yield "--metrics.prometheus=true"
        yield f"--metrics.prometheus.entryPoint={METRICS}"
    if settings.access_log:
        yield "--accessLog=true"
        yield "--accessLog.format=json"


def marks(settings: Ingress) -> Mapping[str, str] | None:
    """How a Prometheus that looks for pods finds these; the names are a custom of many configurations."""
    if not settings.metrics:
        return None
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(METRICS_PORT)}


def ports(settings: Ingress) -> Sequence[int]:
    """The container's ports beside those of the Service."""
    return [METRICS_PORT] if settings.metrics else []
