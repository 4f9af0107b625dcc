"""What may be asked of Traefik beside what it needs: a redirect, a proxy in front, a certificate.

Pure: no Pulumi, no network, no clock. Read by the component and by this folder's settings. Names of the
options: Traefik 3.7, Install Configuration Options. Why so: docs/ingress.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...settings.model import Ingress
from ...traffic import Listener

FOLDER = "/etc/portico"
"""Where the certificate lies in a pod, beside the file that names it: Traefik watches that folder."""

FILE = "certificate.yaml"

REPLACED = ("log.level", "log.format", "global.checknewversion", "global.sendanonymoususage")
"""What `extraArgs` may say otherwise: nothing rests on it."""


def command_line(base: Sequence[str], settings: Ingress, listeners: Sequence[Listener]) -> list[str]:
    """The whole command line.

    Args:
        base: what Traefik needs in any case.
    """
    said = {option(argument) for argument in settings.extra_args}
    kept = [each for each in base if option(each) not in REPLACED or option(each) not in said]
    return [*kept, *arguments(settings, listeners), *settings.extra_args]


def arguments(settings: Ingress, listeners: Sequence[Listener], folder: str = FOLDER) -> Iterator[str]:
    """What is added to the command line."""
    secure = [listener.port for listener in listeners if listener.tls]
    proxies = ",".join(map(str, settings.forwarded_headers_from))
    for listener in listeners:
        here = f"--entryPoints.{listener.name}"
        if settings.redirect_to_https and not listener.tls and secure:
            # By its name Traefik would lead clients to the entry point's own port, which is the node port.
            yield f"{here}.http.redirections.entryPoint.to=:{min(secure)}"
            yield f"{here}.http.redirections.entryPoint.scheme=https"
        if proxies:
            yield f"{here}.forwardedHeaders.trustedIPs={proxies}"
    if settings.default_certificate:
        yield f"--providers.file.filename={folder}/{FILE}"


def certificate_file(folder: str = FOLDER) -> str:
    """The file that tells Traefik which certificate to show where it has none for a name."""
    return (
        "tls:\n"
        "  stores:\n"
        "    default:\n"
        "      defaultCertificate:\n"
        f"        certFile: {folder}/tls.crt\n"
        f"        keyFile: {folder}/tls.key\n"
    )


def option(argument: str) -> str:
    """The option of an argument. Traefik reads it in any case."""
    return argument.removeprefix("--").partition("=")[0].lower()
