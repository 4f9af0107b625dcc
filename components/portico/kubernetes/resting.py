"""What applications and TCP listeners rest on in the cluster, and which part keeps them from being served.

Pure: no Pulumi, no network, no clock. Read by the preflight, before anything is made, and by serving, when an
application does not answer in the end. Most of it is a warning: who makes a Service or a Secret may do so
while the `up` runs, cert-manager for instance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..ingress import table as controllers
from ..later import now
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
    return (*(_named(_service(app)) if app.service else ()), *_named(_secret(app)))


def led_to(settings: Settings) -> tuple[Object, ...]:
    """The Services that TCP listeners lead to."""
    return tuple(thing for _, thing, _ in _leading(settings))


def serving(app: App) -> tuple[Object, ...]:
    """All that it rests on when everything is made."""
    return (_ingress(app), *_named(_service(app)), *_named(_secret(app)))


def _named(thing: Object) -> tuple[Object, ...]:
    """Nothing where the settings name nothing, or where its name is known only while the program runs."""
    return (thing,) if thing.name else ()


def obstacles(settings: Settings, looks: Looks) -> Iterator[Problem]:
    """What no `up` can serve, whatever else it makes."""
    controller = controllers.chosen(settings.ingress.controller)
    if controller is None or controller.external_names:
        return
    for index, app in enumerate(settings.apps):
        if app.service:
            yield from _leads_away(
                f"portico:apps[{index}].service.name", _service(app), looks, controller.name
            )
    for index, thing, _ in _leading(settings):
        yield from _leads_away(f"{_at(index)}.name", thing, looks, controller.name)


def _leads_away(path: str, thing: Object, looks: Looks, controller: str) -> Iterator[Problem]:
    look = looks.get(thing)
    if look is not None and look.type == EXTERNAL:
        yield Problem(
            path,
            repr(thing.name),
            f"the Service is of type {EXTERNAL}, which {controller} does not serve: it would lead "
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
    for index, thing, port in _leading(settings):
        if said := _of_port(thing, port, looks):
            yield Problem(_at(index), repr(thing.name), *said)


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
    return _of_port(_service(app), app.service.port if app.service else app.run.port if app.run else 0, looks)


def _of_port(thing: Object, port: int, looks: Looks) -> tuple[str, str] | None:
    if thing not in looks:
        return None
    look = looks[thing]
    if look is None:
        return f"there is no {thing}", "create it, or name another"
    if look.type == EXTERNAL:
        return None
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
    if not now(app.tls_secret) or thing not in looks:
        return None
    look = looks[thing]
    if look is None:
        return f"there is no {thing}", f"create it with `kubectl create secret tls {thing.name} ...`"
    if look.type and look.type != TLS:
        return f"the {thing} is of type {look.type}, not {TLS}", "it has to hold tls.crt and tls.key"
    return None


def _leading(settings: Settings) -> Iterator[tuple[int, Object, int]]:
    """Each listener that leads to a Service: which, to which, and to which port of it."""
    for index, listener in enumerate(settings.load_balancer.listeners):
        if service := listener.service:
            yield index, Object("v1", "Service", service.namespace, service.name), service.port


def _at(index: int) -> str:
    return f"portico:loadBalancer.listeners[{index}].service"


def _ingress(app: App) -> Object:
    return Object("networking.k8s.io/v1", "Ingress", app.namespace, app.name)


def _service(app: App) -> Object:
    name = now(app.service.name) if app.service else app.name
    return Object("v1", "Service", app.namespace, name or "")


def _secret(app: App) -> Object:
    return Object("v1", "Secret", app.namespace, now(app.tls_secret) or "")
