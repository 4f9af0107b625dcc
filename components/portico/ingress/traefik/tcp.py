"""What Traefik is told of the Services that TCP listeners lead to: a file of routes, beside the command line.

Pure: no Pulumi, no network, no clock. Read by the component. Options: Traefik 3.7, File provider; TCP
serversTransport. Why a file: docs/decisions/0011-tcp-through-the-controller.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...traffic import Listener

FOLDER = "/etc/portico"
FILE = "tcp.yaml"
"""JSON, which is YAML too."""

FIN_SECONDS = 30
"""How long one side may go on after the other has ended: as on an LB host, and for half-closed connections.
Traefik's own 0.1 s would cut answers short."""


def routes(listeners: Sequence[Listener]) -> str | None:
    """The file; None where no listener leads to a Service."""
    leading = [listener for listener in listeners if listener.service]
    if not leading:
        return None
    return json.dumps(
        {
            "tcp": {
                # Without a host name to be told by, TLS or not.
                "routers": {
                    listener.name: {
                        "entryPoints": [listener.name],
                        "rule": "HostSNI(`*`)",
                        "service": listener.name,
                    }
                    for listener in leading
                },
                "services": {listener.name: _service(listener) for listener in leading},
                "serversTransports": {listener.name: _transport(listener) for listener in leading},
            }
        },
        indent=2,
    )


def arguments(listeners: Sequence[Listener]) -> list[str]:
    """The words of the command line that name the file."""
    if routes(listeners) is None:
        return []
    return [f"--providers.file.filename={FOLDER}/{FILE}", "--providers.file.watch=false"]


def _service(listener: Listener) -> dict[str, object]:
    address = f"{listener.service.host}:{listener.service.port}" if listener.service else ""
    return {"loadBalancer": {"servers": [{"address": address}], "serversTransport": listener.name}}


def _transport(listener: Listener) -> dict[str, object]:
    header = {"proxyProtocol": {"version": 2}} if listener.proxy_protocol else {}
    return {"terminationDelay": f"{FIN_SECONDS}s", **header}
