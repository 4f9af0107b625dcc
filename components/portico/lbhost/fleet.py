"""What a set of LB hosts is told: listeners, backends, health, timers, addresses. The renderers' only input.

Pure values: no Pulumi, no network, no clock. Read by haproxy, keepalived and payload; made by
kinds.openstack_haproxy. A Fleet that exists can be rendered: whatever could break a file is refused
when it is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from ..problems import Problem, Refused
from ..traffic import Backend, Health, Listener
from .guard import url_path, word
from .logs import Logs
from .timers import Timers
from .tuning import BALANCES, MOST_CHANGES, WEEK, Tuning

STATUS_PORT = 61404
"""Where HAProxy says which generation it serves, to its own host and to its partners; no listener may use it.

Above the ephemeral ports of Linux (32768..60999) and the node ports, so that nothing else is found there."""

MAX_HOSTS = 5
"""Priorities are 200, 180, ... so that no two hosts take over at the same moment; more hosts buy nothing."""

MAX_CONNECTIONS = 200_000
"""HAProxy needs 2.5 descriptors a connection with splicing, and systemd's hard limit is 524288."""


LONGEST_IDLE = 86_400
"""Seconds: a day, which is also how long a worker from before a reload may last."""


@dataclass(frozen=True)
class Host:
    """One LB host."""

    name: str
    address: IPv4Address
    """Its own address on the tenant network: VRRP's source, and what the nodes see connections come from."""


@dataclass(frozen=True)
class Fleet:
    """What is the same on all hosts of one load balancer. Raises Refused with every problem at once."""

    listeners: tuple[Listener, ...]
    backends: tuple[Backend, ...]
    """May be empty: HAProxy then closes what it accepts."""
    health: Health
    timers: Timers
    vip: IPv4Address
    gateway: IPv4Address
    """The subnet's gateway. A master that reaches it from its own address but not from the VIP gives that
    up."""
    router_id: int
    """VRRP's virtual router id, 1..255, unique on the network (RFC 5798, 5.2.3)."""
    hosts: tuple[Host, ...]
    """1..5, in the order in which they take a new generation; the first has the highest priority."""
    max_connections: int
    """At once, of one host, all listeners together. HAProxy needs two descriptors and more for each: see
    MAX_CONNECTIONS."""
    max_connections_per_source: int
    """Of those, the most that one client address may have; 1..max_connections."""
    idle_seconds: int
    """How long a connection may be silent in both directions, 60..86400."""
    tuning: Tuning = field(default_factory=Tuning)
    metrics_from: tuple[IPv4Network, ...] = ()
    """Who may read figures on the status port; nobody's are kept where nobody may."""
    logs: Logs = field(default_factory=Logs)

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise Refused("the LB hosts cannot be told this", problems)

    def predecessor(self, host: Host) -> Host | None:
        """The host that must serve a new generation before this one takes its own; None for the first."""
        index = self.hosts.index(host)
        return self.hosts[index - 1] if index else None


def _problems(fleet: Fleet) -> Iterator[Problem]:
    for listener in fleet.listeners:
        path = f"listeners.{listener.name}"
        yield from _text(path, word, listener.name)
        yield from _port(f"{path}.port", listener.port)
        yield from _port(f"{path}.nodePort", listener.node_port)
        yield from _port(f"{path}.healthCheck.port", listener.check.port or listener.node_port)
        yield from _text(f"{path}.healthCheck.path", url_path, listener.check.path or "/")
        if listener.port == STATUS_PORT:
            yield Problem(
                f"{path}.port", str(STATUS_PORT), "is where HAProxy tells its generation", "choose another"
            )
    for backend in fleet.backends:
        yield from _text("backends", word, backend.name)
    for host in fleet.hosts:
        yield from _text("hosts", word, host.name)
    yield from _text("health.path", url_path, fleet.health.path)
    yield from _port("health.nodePort", fleet.health.node_port)
    yield from _range("hosts", len(fleet.hosts), 1, MAX_HOSTS)
    yield from _range("routerId", fleet.router_id, 1, 255)
    yield from _range("maxConnections", fleet.max_connections, 1, MAX_CONNECTIONS)
    yield from _range("maxConnectionsPerSource", fleet.max_connections_per_source, 1, fleet.max_connections)
    yield from _range("timeouts.idle", fleet.idle_seconds, 60, LONGEST_IDLE)
    yield from _tuning(fleet.tuning)
    if fleet.logs.syslog:
        yield from _port("logs.syslog", fleet.logs.syslog.port)
    if not fleet.listeners:
        yield Problem("listeners", "()", "at least one is needed")
    yield from _twice("listeners", (listener.name for listener in fleet.listeners))
    yield from _twice("listeners", (listener.port for listener in fleet.listeners))
    yield from _twice("backends", (backend.name for backend in fleet.backends))
    yield from _twice("backends", (backend.address for backend in fleet.backends))
    yield from _twice("hosts", (host.name for host in fleet.hosts))
    yield from _twice(
        "hosts, vip, gateway", (fleet.vip, fleet.gateway, *(host.address for host in fleet.hosts))
    )


def _tuning(tuning: Tuning) -> Iterator[Problem]:
    checking = tuning.checking
    yield from _range("healthCheck.interval", checking.interval, 1, 300)
    yield from _range("healthCheck.timeout", checking.timeout, 1, 120)
    yield from _range("healthCheck.down", checking.down, 1, 10)
    yield from _range("healthCheck.up", checking.up, 1, 10)
    yield from _range("timeouts.connectMilliseconds", tuning.connect_milliseconds, 50, 60_000)
    yield from _range("drainSeconds", tuning.drain_seconds, 60, WEEK)
    yield from _range("drainChanges", tuning.drain_changes, 1, MOST_CHANGES)
    if tuning.balance not in BALANCES:
        yield Problem("balance", repr(tuning.balance), f"must be one of {', '.join(BALANCES)}")


def _text(path: str, guard: Callable[[str], str], text: str) -> Iterator[Problem]:
    try:
        guard(text)
    except ValueError as error:
        yield Problem(path, "", str(error))


def _range(path: str, value: int, low: int, high: int) -> Iterator[Problem]:
    if not low <= value <= high:
        yield Problem(path, str(value), f"must be {low} to {high}")


def _port(path: str, value: int) -> Iterator[Problem]:
    yield from _range(path, value, 1, 65535)


def _twice(path: str, values: Iterable[Hashable]) -> Iterator[Problem]:
    for value, count in Counter(values).items():
        if count > 1:
            yield Problem(path, str(value), f"is there {count} times, must be there once")
