"""What is asked of the published address in the end: one question for each application, and one for each
listener that no application is asked on.

Pure: no Pulumi, no network, no clock. Why these: docs/ingress.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network

from ..ingress.table import Signature, chosen
from ..kinds import table as kinds
from ..later import now
from ..settings import model
from ..settings.model import Settings
from .way import Way

LATER = "(known as the program runs)"
"""For the name of a Secret that the first plan does not know."""

EVERYBODY = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True)
class Question:
    """An HTTP GET, or a TCP connection, and what counts as its answer."""

    port: int
    tls: bool
    host: str | None = None
    """The application's host name; None where no application is asked, and whatever the controller says is
    answer enough."""
    path: str = "/"
    """The application's."""
    probe: str | None = None
    """The path that is asked, where it is another one."""
    expect: tuple[int, ...] = ()
    """The status codes that are an answer. Empty: whatever the application says."""
    secret: str | None = None
    """`namespace/name` of the Secret whose certificate has to be shown."""
    signature: Signature | None = None
    """What tells the controller's own answers from the application's; None where nobody knows."""
    direct: bool = False
    """Whether there is no HTTP to be asked: a connection that stays open is the answer."""
    service: str | None = None
    """With `direct`: `namespace/name` of the Service behind the controller; None past the controller."""
    app: model.App | None = field(default=None, compare=False)
    """The application, where one is asked."""

    @property
    def asked(self) -> str:
        """The path that is asked."""
        return self.probe or self.path

    def url(self, host: str, path: str | None = None) -> str:
        """Where the application is, at a host name or an address; or another path there."""
        if self.direct:
            return f"tcp://{host}:{self.port}"
        usual = 443 if self.tls else 80
        port = "" if self.port == usual else f":{self.port}"
        return f"{'https' if self.tls else 'http'}://{host}{port}{path or self.path}"


def questions(settings: Settings) -> tuple[Question, ...]:
    """One for each application, in their order; then one for each other listener, in its own protocol."""
    controller = chosen(settings.ingress.controller)
    signature = controller.signature if controller else None
    listeners = settings.load_balancer.listeners
    direct = [
        Question(listener.port, tls=False, direct=True, service=_named(listener.service))
        for listener in listeners
        if listener.protocol == "tcp"
    ]
    served = [_question(app, settings, signature) for app in settings.apps]
    ports = {question.port for question in served}
    others = [
        Question(listener.port, listener.tls, signature=signature)
        for listener in sorted(listeners, key=lambda listener: (listener.tls, listener.port))
        if listener.protocol == "http" and listener.port not in ports
    ]
    return (*served, *others, *direct)


def _question(app: model.App, settings: Settings, signature: Signature | None) -> Question:
    listener = _listener(settings, secure=app.tls_secret is not None or settings.ingress.redirect_to_https)
    probe = app.probe or model.Probe()
    return Question(
        listener.port,
        listener.tls,
        app.host.replace("*", "portico", 1),
        app.path,
        probe.path,
        probe.expect,
        f"{app.namespace}/{now(app.tls_secret) or LATER}" if app.tls_secret and listener.tls else None,
        signature,
        app=app,
    )


def _named(service: model.ListenerService | None) -> str | None:
    return f"{service.namespace}/{service.name}" if service else None


def _listener(settings: Settings, secure: bool) -> model.Listener:
    serving = [listener for listener in settings.load_balancer.listeners if listener.protocol == "http"]
    return min(serving, key=lambda listener: (listener.tls is not secure, listener.port))


def way(settings: Settings) -> Way:
    """Where the way to the applications may end."""
    load_balancer = settings.load_balancer
    planner = kinds.chosen(load_balancer).planner()
    clients = load_balancer.allowed_clients
    return Way(
        () if EVERYBODY in clients else clients,
        tuple(planner.narrowed(load_balancer)),
        planner.ends(load_balancer),
    )
