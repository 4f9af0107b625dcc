"""What applications rest on in the cluster, and which part of it keeps them from being served.

Pure: no Pulumi, no network, no clock. Read by the preflight, before anything is made, and by serving, when an
application does not answer in the end. Most of it is a warning: who makes a Service or a Secret may do so
while the `up` runs, cert-manager for instance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..ingress import table as controllers
from ..problems import Problem
from ..settings.model import App, Settings
from .answers import Look, Object

EXTERNAL = "ExternalName"
"""The type of a Service that is a DNS name and nothing else (Kubernetes, Service, ExternalName)."""

TLS = "kubernetes.io/tls"

Looks = Mapping[Object, Look | None]
"""Those that were told; None where the object is not there."""


def resting_on(app: App) -> tuple[Object, ...]:
    """What has to be there before the application is exposed."""
    return (*([_service(app)] if app.service else []), *([_secret(app)] if app.tls_secret else []))


def serving(app: App) -> tuple[Object, ...]:
    """All that it rests on when everything is made."""
    return (_ingress(app), _service(app), *([_secret(app)] if app.tls_secret else []))


def obstacles(settings: Settings, looks: Looks) -> Iterator[Problem]:
    """What no `up` can serve, whatever else it makes."""
    controller = controllers.chosen(settings.ingress.controller)
    if controller is None or controller.external_names:
        return
    for index, app in enumerate(settings.apps):
        look = looks.get(_service(app)) if app.service else None
        if look is not None and look.type == EXTERNAL:
            yield Problem(
                f"portico:apps[{index}].service.name",
                repr(_service(app).name),
                f"the Service is of type {EXTERNAL}, which {controller.name} does not serve: it would lead "
                "clients wherever its DNS name points to",
                "expose a Service without a selector, and an EndpointSlice with the addresses",
            )


def warnings(settings: Settings, looks: Looks) -> Iterator[Problem]:
    """What has to change before the `up` ends."""
    for index, app in enumerate(settings.apps):
        if app.service and (said := _of_service(app, looks)):
            yield Problem(f"portico:apps[{index}].service", repr(app.service.name), *said)
        if app.tls_secret and (said := _of_secret(app, looks)):
            yield Problem(f"portico:apps[{index}].tlsSecret", repr(app.tls_secret), *said)


def reasons(app: App, looks: Looks) -> Iterator[str]:
    """Why an application that is exposed is not served."""
    for said in (_of_ingress(app, looks), _of_service(app, looks), _of_secret(app, looks)):
        if said:
            yield "; ".join(said)


def _of_ingress(app: App, looks: Looks) -> tuple[str, str] | None:
    thing = _ingress(app)
    if thing in looks and looks[thing] is None:
        return f"there is no {thing}", "`pulumi up --refresh` makes it again"
    return None


def _of_service(app: App, looks: Looks) -> tuple[str, str] | None:
    thing = _service(app)
    if thing not in looks:
        return None
    look = looks[thing]
    if look is None:
        return f"there is no {thing}", "create it, or name another"
    if look.type == EXTERNAL:
        return None
    port = app.service.port if app.service else app.run.port if app.run else 0
    if port not in look.ports:
        has = ", ".join(map(str, look.ports)) or "none"
        return f"the {thing} has no TCP port {port}; it has {has}", "name one that it has"
    if look.ready == 0:
        return (
            f"the {thing} has no endpoint that is ready",
            "see whether its selector finds pods, and why they are not ready",
        )
    return None


def _of_secret(app: App, looks: Looks) -> tuple[str, str] | None:
    thing = _secret(app)
    if not app.tls_secret or thing not in looks:
        return None
    look = looks[thing]
    if look is None:
        return f"there is no {thing}", f"create it with `kubectl create secret tls {thing.name} ...`"
    if look.type and look.type != TLS:
        return f"the {thing} is of type {look.type}, not {TLS}", "it has to hold tls.crt and tls.key"
    return None


def _ingress(app: App) -> Object:
    return Object("networking.k8s.io/v1", "Ingress", app.namespace, app.name)


def _service(app: App) -> Object:
    return Object("v1", "Service", app.namespace, app.service.name if app.service else app.name)


def _secret(app: App) -> Object:
    return Object("v1", "Secret", app.namespace, app.tls_secret or "")
