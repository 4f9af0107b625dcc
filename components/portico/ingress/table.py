"""The table of ingress controllers: a row says where the controller's folder is, and what is known of it.

Pure: no Pulumi, no network, no clock. Read by settings, the questions, the plan and exposure. A new
controller is one row here and one folder: docs/add-a-kind.md. Its modules are imported when it is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, cast

from ..kubernetes.answers import Object
from ..names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..kubernetes.answers import Workload
    from ..kubernetes.beside import Rival
    from ..kubernetes.wanted import Wanted
    from ..settings.model import Settings
    from ..settings.reading import Reading
    from .face import IngressController

NONE = "none"
"""The value of `ingress.controller` where a controller is there already."""

HEALTH = "portico-health"
"""The name of the health endpoint's port, of the controller's entry point as of its Service."""


class Objects(Protocol):
    """The module `objects` of a controller's folder."""

    def wanted(self, settings: Settings, names: Names) -> Iterable[Wanted]:
        """The Kubernetes objects that the component makes."""
        ...


class Rivals(Protocol):
    """The module `rivals` of a controller's folder."""

    def rivals(self, settings: Settings, workloads: Iterable[Workload]) -> Iterable[Rival]:
        """Those among the other workloads of the cluster."""
        ...


class Checks(Protocol):
    """The module `settings` of a controller's folder."""

    def check(self, read: Reading, settings: Settings) -> None:
        """Reports what the controller cannot be told."""
        ...


@dataclass(frozen=True)
class Signature:
    """What tells a controller's answers from an application's."""

    certificate: bytes
    """In the certificate that it shows where it has none for a host name."""
    bodies: Mapping[int, bytes] = field(default_factory=dict)
    """By status: what it says where a route is known, and the application behind it does not answer."""


@dataclass(frozen=True)
class Controller:
    """A row of the table."""

    name: str
    """The value of `ingress.controller`; its objects are named after it."""
    package: str
    """The Python package of the controller: `objects`, `component` with its class, and `settings`
    where there is something that it cannot be told."""
    component: str
    """The class in `component`."""
    health_path: str
    """Where it says that it serves."""
    signature: Signature
    reserved: tuple[str, ...] = ()
    """What it keeps for itself of the names that a listener through it may have."""
    metrics_port: int | None = None
    """Where its pods tell their metrics; a node port, which is a pod's port too, has to be another."""
    carries_tcp: bool = False
    """Whether it carries the bytes of a listener to a Service (`listeners[].service`)."""
    class_controller: str = ""
    """What the `spec.controller` of an ingress class has to be for it to serve the class; empty: anything."""
    external_names: bool = False
    """Whether it serves a Service of type ExternalName, which leads wherever a DNS name points to."""

    def service(self, namespace: str, names: Names) -> Object:
        """The Service that holds the node ports."""
        return Object("v1", "Service", namespace, names.of(self.name))

    def objects(self) -> Objects:
        """Which Kubernetes objects it makes."""
        return cast(Objects, import_module(f"{self.package}.objects"))

    def rivals(self) -> Rivals | None:
        """Which other controllers serve what it serves; None where nobody knows."""
        name = f"{self.package}.rivals"
        return cast(Rivals, import_module(name)) if find_spec(name) else None

    def settings(self) -> Checks | None:
        """What it cannot be told; None where it can be told everything."""
        module = f"{self.package}.settings"
        return cast(Checks, import_module(module)) if find_spec(module) else None

    def load(self) -> type[IngressController]:
        """The class that builds it."""
        component: type[IngressController] = getattr(
            import_module(f"{self.package}.component"), self.component
        )
        return component


CONTROLLERS: tuple[Controller, ...] = (
    Controller(
        "traefik",
        f"{__package__}.traefik",
        "Traefik",
        health_path="/ping",
        metrics_port=9100,
        reserved=("traefik",),  # Traefik 3.7.9: the entry point of its own API, which serves no application
        carries_tcp=True,
        # Traefik 3.7.9: TLS, Default Certificate; what it says by itself where a route is known. Go's own
        # words for applications end with a line feed where Traefik's do not.
        signature=Signature(
            certificate=b"TRAEFIK DEFAULT CERT",
            bodies={502: b"Bad Gateway", 503: b"no available server\n", 504: b"Gateway Timeout"},
        ),
        # Traefik 3.7.9, pkg/provider/kubernetes/ingress: a constant, which no option changes.
        class_controller="traefik.io/ingress-controller",
    ),
)


def names() -> tuple[str, ...]:
    """The values that `ingress.controller` may take."""
    return (*(controller.name for controller in CONTROLLERS), NONE)


def chosen(name: str) -> Controller | None:
    """The row of that name; None for `none`.

    Raises:
        LookupError: no such row.
    """
    if name == NONE:
        return None
    for controller in CONTROLLERS:
        if controller.name == name:
            return controller
    raise LookupError(f"no ingress controller {name!r}")
