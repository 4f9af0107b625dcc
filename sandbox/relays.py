"""Relays that make an API answer on the same loopback address and port in several network namespaces.

One HAProxy for all of them: it opens listening sockets and outgoing connections in the namespaces that its
configuration names (HAProxy configuration manual, `namespace` of bind and server). Writes one file below
`Paths.etc`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.paths import Paths
from sandbox.processes import Program

NAME = "relays"

HEADER = """global
    maxconn 2000

defaults
    mode tcp
    timeout connect 2s
    # A watch of Kubernetes or a long upload may be silent for long.
    timeout client 1h
    timeout server 1h
"""


@dataclass(frozen=True)
class Relay:
    """One API: where it really listens on 127.0.0.1, and where else it shall be found."""

    port: int
    home: str
    """Network namespace in which it listens."""
    seen_from: tuple[str, ...]
    """Network namespaces in which it shall answer as well."""


def render(relays: Iterable[Relay]) -> str:
    """HAProxy's configuration for the relays."""
    parts = [HEADER]
    for relay in relays:
        binds = [f"    bind 127.0.0.1:{relay.port} namespace {netns}" for netns in relay.seen_from]
        server = f"    server api 127.0.0.1:{relay.port} namespace {relay.home}"
        parts.append("\n".join([f"listen {relay.home}-{relay.port}", *binds, server, ""]))
    return "\n".join(parts)


def program(paths: Paths, relays: Iterable[Relay]) -> Program:
    """The relays as a program; its configuration file is written. The namespaces have to exist when it
    starts."""
    text = render(relays)
    file = paths.etc / "relays.cfg"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    # A change of the configuration has to look like a change of the program, or it would go on with the old
    # one.
    checksum = hashlib.sha256(text.encode()).hexdigest()
    command = (str(paths.bin / "haproxy"), "-db", "-f", str(file))
    return Program(NAME, command, environment={"CONFIGURATION": checksum})
