"""What Traefik cannot be told by its users, because it would contradict what Portico tells it.

Pure: no Pulumi, no network, no clock. Read by settings through the table of controllers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .front import option

if TYPE_CHECKING:
    from ...settings.model import Ingress, Settings
    from ...settings.reading import Reading

EXTRA = ("ingress", "extraArgs")

ARGUMENT = re.compile(r"--[A-Za-z][A-Za-z0-9_.\[\]-]*(=.*)?", re.ASCII)

OURS = {
    "configfile": "would replace the whole command line",
    "providers.": "says where routes come from, which is the Ingress objects of the class",
    "ping": "is what the health checks ask",
    "api.insecure": "would open an entry point that no listener leads to",
    "metrics.prometheus": "is what `ingress.metrics` says",
    "accesslog": "is what `ingress.accessLog` says",
}
"""How options begin that are Portico's, and why."""

OURS_OF_AN_ENTRY_POINT = {
    "address": "is the listener's node port",
    "asdefault": "is how listeners serve applications and the health port does not",
    "proxyprotocol": "is believed from the load balancer alone",
    "forwardedheaders": "is what `ingress.forwardedHeadersFrom` says",
    "http.redirections": "is what `ingress.redirectToHttps` says",
    "http.tls": "is what the listener's `tls` says",
    "transport.lifecycle": "fits the load balancer's health checks and the pod's end",
    "transport.respondingtimeouts.readtimeout": "is what `loadBalancer.timeouts.read` says",
    "transport.respondingtimeouts.idletimeout": "follows `loadBalancer.timeouts.idle`",
}
"""The same below `entryPoints.NAME.`."""


def check(read: Reading, settings: Settings) -> None:
    """Reports each extra argument that is none, or contradicts."""
    listeners = [each.name for each in settings.load_balancer.listeners if not each.direct]
    for index, argument in enumerate(settings.ingress.extra_args):
        if not ARGUMENT.fullmatch(argument):
            rule, remedy = "must be an option of Traefik's command line", "such as --log.level=DEBUG"
            read.wrong(*EXTRA, index, rule=rule, remedy=remedy)
        elif because := _contradicts(option(argument), listeners, settings.ingress):
            read.wrong(*EXTRA, index, rule=f"is Portico's to say: it {because}", remedy="leave it out")


def _contradicts(said: str, listeners: Sequence[str], ingress: Ingress) -> str:
    """Why, or nothing."""
    if said.startswith("entrypoints."):
        name, _, rest = said.removeprefix("entrypoints.").partition(".")
        if name not in listeners:
            return "is an entry point that no listener leads to"
        return _first(OURS_OF_AN_ENTRY_POINT, rest)
    # What is switched on may be said more exactly; the mere option would switch it on as well.
    if ingress.access_log and said.startswith("accesslog.") and said != "accesslog.format":
        return ""
    if ingress.metrics and said.startswith("metrics.prometheus.") and not said.endswith(".entrypoint"):
        return ""
    return _first(OURS, said)


def _first(ours: dict[str, str], said: str) -> str:
    return next((why for begin, why in ours.items() if said.startswith(begin)), "")
