"""haproxy.cfg of an LB host: TCP listeners in front of the node ports, and what HAProxy says about itself.

Pure: no Pulumi, no network, no clock. Read by payload; judged by the real HAProxy in tests/lbhost. The same
file for every host of a fleet. Why each value: docs/lb-host.md. `@generation@` is filled in on the host
(portico_sync.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..traffic import Backend, Check, Checking, Health, Listener
from . import logs, metrics
from .fleet import STATUS_PORT, Fleet
from .guard import url_path, word
from .tuning import DAY, HOUR, MANY_CHANGES, Tuning

_GLOBAL = """\
# Written by Portico, generation @generation@. A change made here is overwritten.
global
    user haproxy
    group haproxy
    chroot /var/lib/haproxy
    maxconn {most}
    stats socket /run/haproxy/admin.sock mode 660 level admin expose-fd listeners
    # A worker from before a reload keeps its connections for {period}, or until {number} changes later.
    hard-stop-after {stop}
    mworker-max-reloads {changes}

defaults
    mode tcp
    balance {balance}
    # What follows carries the acknowledgement: a packet less on each side of every connection.
    option tcp-smart-accept
    option tcp-smart-connect
    # The wait between two tries is never longer than this, so a dead node costs a client {connect} s.
    timeout connect {milliseconds}ms
    retries 2
    option redispatch 1
    timeout client 60s
    timeout server 60s
    timeout tunnel {idle}s
    timeout check {check}s
    # Whoever has heard the other side's end gets no more than this to end as well.
    timeout client-fin 30s
    timeout server-fin 30s
    # A peer that has vanished is found out after two minutes; a NAT on the way hears of one that is silent.
    option clitcpka
    clitcpka-idle 60s
    clitcpka-intvl 15s
    clitcpka-cnt 4
    option srvtcpka
    srvtcpka-idle 60s
    srvtcpka-intvl 15s
    srvtcpka-cnt 4
"""

LONGEST_PAUSE = 1000
"""Milliseconds that HAProxy waits at most between two tries (HAProxy manual, retries)."""

STATUS_CONNECTIONS = 20
RESERVE = 100
"""Connections beside the clients': the status port has to answer just when there is no room for clients."""


def render(fleet: Fleet) -> str:
    """The file, ending with a newline. `haproxy -c` of 2.4 and later finds nothing to complain about."""
    checked = _checked(fleet.tuning.checking)
    traffic = [
        _GLOBAL.format(most=fleet.max_connections + RESERVE, idle=fleet.idle_seconds, **_tuned(fleet.tuning)),
        *_nodes(fleet.health, fleet.backends, checked),
        *_clients(fleet),
        *(line for listener in fleet.listeners for line in _listener(listener, fleet.backends, checked)),
    ]
    if not fleet.metrics_from:
        return "\n".join([*traffic, *_status(fleet)])
    said = [*metrics.backends(fleet, "\n".join(traffic)), *metrics.status(fleet, STATUS_CONNECTIONS)]
    return "\n".join([*traffic, *said])


def _tuned(tuning: Tuning) -> dict[str, object]:
    """What the file says of it."""
    stop, changes = tuning.drain_seconds, tuning.drain_changes
    return {
        "period": "a day" if stop == DAY else f"{stop} s",
        "number": "fifty" if changes == MANY_CHANGES else changes,
        "stop": f"{stop // HOUR}h" if stop % HOUR == 0 else f"{stop}s",
        "changes": changes,
        # A node more or less leads few clients to another one.
        "balance": tuning.balance + ("\n    hash-type consistent" if tuning.balance == "source" else ""),
        "connect": f"{min(tuning.connect_milliseconds, LONGEST_PAUSE) / 1000:g}",
        "milliseconds": tuning.connect_milliseconds,
        "check": tuning.checking.timeout,
    }


def _checked(checking: Checking) -> str:
    """How a node is asked, by HTTP or, where nothing else is said, by a TCP connection."""
    return f"check inter {checking.interval}s fall {checking.down} rise {checking.up}"


def _nodes(health: Health, backends: tuple[Backend, ...], checked: str) -> Iterator[str]:
    yield "# Who can serve. A node is asked once, not once for each listener: those track these."
    yield "backend nodes"
    yield f"    option httpchk GET {url_path(health.path)}"
    yield "    http-check expect status 200"
    yield f"    default-server {checked}"
    for backend in backends:
        yield f"    server {word(backend.name)} {backend.address}:{health.node_port}"
    yield ""


def _clients(fleet: Fleet) -> Iterator[str]:
    yield "# One frontend for all listeners: what it may hold is what they may hold together."
    yield "frontend clients"
    for listener in fleet.listeners:
        yield f"    bind :{listener.port} id {listener.port}"
    yield f"    maxconn {fleet.max_connections}"
    yield from logs.lines(fleet.logs)
    yield "    # No source gets more than its share."
    yield f"    stick-table type ip size {fleet.max_connections} expire 10s store conn_cur"
    yield "    tcp-request connection track-sc0 src"
    yield f"    tcp-request connection reject if {{ sc0_conn_cur gt {fleet.max_connections_per_source} }}"
    for listener in fleet.listeners:
        if listener.opaque:
            yield "    # Of other protocols nobody knows who speaks first."
            yield f"    tcp-request content accept if {{ so_id {listener.port} }}"
    yield "    # Who says nothing at all for a minute had nothing to ask; HTTP and TLS clients speak first."
    yield "    tcp-request inspect-delay 60s"
    yield "    tcp-request content accept if { req.len gt 0 }"
    yield "    tcp-request content reject"
    for listener in fleet.listeners:
        yield f"    use_backend listener-{word(listener.name)} if {{ so_id {listener.port} }}"
    yield ""


def _listener(listener: Listener, backends: tuple[Backend, ...], checked: str) -> Iterator[str]:
    yield f"backend listener-{word(listener.name)}"
    if listener.direct:
        yield from _own_check(listener.check)
    header = ["send-proxy-v2"] if listener.proxied else []
    port = [f"port {listener.check.port}"] if listener.check.port else []
    yield f"    default-server {' '.join([*([checked, *port] if listener.direct else []), *header])}"
    for backend in backends:
        name = word(backend.name)
        tracked = "" if listener.direct else f" track nodes/{name}"
        yield f"    server {name} {backend.address}:{listener.node_port}{tracked}"
    yield ""


def _own_check(check: Check) -> Iterator[str]:
    if check.path is not None:
        yield f"    option httpchk GET {url_path(check.path)}"
        yield "    http-check expect status 200"


def _status(fleet: Fleet) -> Iterator[str]:
    hosts = " ".join(str(host.address) for host in fleet.hosts)
    yield "# Which generation serves: for this host's agent, and for the agent of the host that comes next."
    yield "frontend status"
    yield "    mode http"
    yield f"    bind :{STATUS_PORT}"
    yield f"    maxconn {STATUS_CONNECTIONS}"
    yield f"    tcp-request connection reject unless {{ src 127.0.0.1 {hosts} }}"
    yield '    http-request return status 200 content-type text/plain string "@generation@"'
    yield ""
