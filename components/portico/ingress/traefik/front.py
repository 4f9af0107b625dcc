"""What may be asked of Traefik beside what it needs: a redirect, a proxy in front, a certificate.

Pure: no Pulumi, no network, no clock. Read by the component and by this folder's settings. Names of the
options: Traefik 3.7, Install Configuration Options. Why so: docs/ingress.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ...settings.model import Ingress
from ...traffic import Listener
from . import tcp

FILE = "certificate.yaml"
"""JSON, which is YAML too. It lies beside the certificate, in the folder of the routes for TCP."""

REPLACED = ("log.level", "log.format", "global.checknewversion", "global.sendanonymoususage")
"""What `extraArgs` may say otherwise: nothing rests on it."""


def command_line(base: Sequence[str], settings: Ingress, listeners: Sequence[Listener]) -> list[str]:
    """The whole command line.

    Args:
        base: what Traefik needs in any case.
    """
    said = {option(argument) for argument in settings.extra_args}
    replaced = {each for each in REPLACED if each in said}
    kept = [
        each
        for each in base
        if option(each) not in replaced
        and not (settings.default_certificate and option(each).startswith("providers.file."))
    ]
    return [*kept, *arguments(settings, listeners), *settings.extra_args]


def arguments(settings: Ingress, listeners: Sequence[Listener], folder: str = tcp.FOLDER) -> Iterator[str]:
    """What is added to the command line."""
    secure = [listener.port for listener in listeners if listener.tls]
    proxies = ",".join(map(str, settings.forwarded_headers_from))
    for listener in (each for each in listeners if each.service is None):
        here = f"--entryPoints.{listener.name}"
        if settings.redirect_to_https and not listener.tls and secure:
            # By its name Traefik would lead clients to the entry point's own port, which is the node port.
            yield f"{here}.http.redirections.entryPoint.to=:{min(secure)}"
            yield f"{here}.http.redirections.entryPoint.scheme=https"
        if proxies:
            yield f"{here}.forwardedHeaders.trustedIPs={proxies}"
    if settings.default_certificate:
        yield f"--providers.file.filename={folder}/{FILE}"


def certificate_file(routes: str | None, folder: str = tcp.FOLDER) -> str:
    """The file that tells Traefik which certificate to show where it has none for a name.

    Args:
        routes: those for TCP, which stand in the same file, since Traefik reads one.
    """
    files = {"certFile": f"{folder}/tls.crt", "keyFile": f"{folder}/tls.key"}
    told = {"tls": {"stores": {"default": {"defaultCertificate": files}}}}
    return json.dumps({**json.loads(routes or "{}"), **told}, indent=2)


def option(argument: str) -> str:
    """The option of an argument. Traefik reads it in any case."""
    return argument.removeprefix("--").partition("=")[0].lower()
