"""What HAProxy says of its host to a Prometheus, on the status port: its own figures, and what they lack.

Pure: no Pulumi, no network, no clock. Read by haproxy; judged by the real HAProxy in tests/lbhost. HAProxy's
exporter knows nothing of the VIP, of the agent and of generations, so three backends that carry no traffic
say it by their names and states. Why each: docs/monitoring.md. `@generation@` is filled in on the host.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from . import keepalived
from .fleet import STATUS_PORT, Fleet

WATCHERS = 10
"""Connections to the status port beyond which those who watch are refused: the rest is the hosts' own."""


def backends(fleet: Fleet, told: str) -> Iterator[str]:
    """The three, given the file so far."""
    yield "# Whether this host holds the VIP: only the host that does asks there from the VIP."
    yield "backend holds-vip"
    yield "    option httpchk GET /holds-vip"
    yield "    http-check expect status 200"
    yield f"    server this-host {fleet.vip}:{STATUS_PORT} check inter 1s fall 1 rise 1"
    yield ""
    yield "# What all hosts are told; it is the same on each, which their generations are not."
    yield "backend configuration"
    yield f"    server {_digest(fleet, told)} 127.0.0.1:{STATUS_PORT}"
    yield ""
    yield "# Only this host's agent asks from here, every other second: the requests are its pulse."
    yield "backend agent"
    yield "    mode http"
    yield '    http-request return status 200 content-type text/plain string "@generation@"'
    yield f"    server @generation@ 127.0.0.1:{STATUS_PORT}"
    yield ""


def status(fleet: Fleet, connections: int) -> Iterator[str]:
    """The frontend on the status port, open to those who watch."""
    hosts = " ".join(str(host.address) for host in fleet.hosts)
    watchers = " ".join(str(network) for network in fleet.metrics_from)
    yield "# Which generation serves, for the hosts' agents; and everything for those who watch."
    yield "frontend status"
    yield "    mode http"
    yield f"    bind :{STATUS_PORT}"
    yield f"    maxconn {connections}"
    yield f"    acl own src 127.0.0.1 {fleet.vip} {hosts}"
    yield f"    tcp-request connection reject unless own || {{ src {watchers} }}"
    yield f"    tcp-request connection reject if !own {{ fe_conn gt {WATCHERS} }}"
    yield f"    http-request return status 200 if {{ path /holds-vip }} {{ src {fleet.vip} }}"
    yield "    http-request return status 503 if { path /holds-vip }"
    yield ".if feature(PROMEX)"
    yield "    http-request use-service prometheus-exporter if { path /metrics }"
    yield ".else"
    yield "    http-request return status 501 if { path /metrics }"
    yield ".endif"
    generation = 'status 200 content-type text/plain string "@generation@"'
    yield f"    http-request return {generation} unless {{ src 127.0.0.1 }}"
    yield "    default_backend agent"
    yield ""


def _digest(fleet: Fleet, told: str) -> str:
    files = (told, *(keepalived.render(fleet, host) for host in fleet.hosts))
    return hashlib.sha256("\0".join(files).encode()).hexdigest()[:16]
