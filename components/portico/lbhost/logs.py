"""A line for each connection of a client, where a user wants one: to the journal, and to a syslog server.

Pure: no Pulumi, no network, no clock. Read by haproxy; judged by the real HAProxy in tests/lbhost. HAProxy
writes to what systemd gave it before it goes into its chroot, where there is no /dev/log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True)
class Syslog:
    """A server that takes syslog over UDP (RFC 5424, 5426)."""

    address: IPv4Address
    port: int


@dataclass(frozen=True)
class Logs:
    """Where lines of connections go."""

    access: bool = False
    """Whether there are any; they hold the clients' addresses."""
    syslog: Syslog | None = None
    """Where they go beside the journal."""


def lines(logs: Logs) -> Iterator[str]:
    """What the clients' frontend says of logs."""
    if not logs.access:
        return
    yield "    # One line for each connection, when it ends; lost rather than waited for."
    yield "    log stdout format short daemon info"
    if logs.syslog:
        yield f"    log {logs.syslog.address}:{logs.syslog.port} format rfc5424 daemon info"
    yield "    option tcplog"
