"""What is asked of the published address in the end: one question for each application.

Pure: no Pulumi, no network, no clock. Why these: docs/ingress.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from ..ingress.table import Signature, chosen
from ..kinds import table as kinds
from ..settings import model
from ..settings.model import Settings

EVERYBODY = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True)
class Question:
    """An HTTP GET, or a TCP connection, and what counts as its answer."""

    port: int
    tls: bool
    host: str | None = None
    """The application's host name; None where there is no application, and the controller's own 404 is answer
    enough."""
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
    """One for each application, in their order, or without any one for the controller; then one for each
    listener that goes past the controller."""
    controller = chosen(settings.ingress.controller)
    signature = controller.signature if controller else None
    listeners = settings.load_balancer.listeners
    direct = [
        Question(listener.port, tls=False, direct=True)
        for listener in listeners
        if listener.protocol == "tcp"
    ]
    served = [_question(app, settings, signature) for app in settings.apps]
    if not served and len(direct) < len(listeners):
        listener = _listener(settings, secure=False)
        served = [Question(listener.port, listener.tls, signature=signature)]
    return (*served, *direct)


def _question(app: model.App, settings: Settings, signature: Signature | None) -> Question:
    listener = _listener(settings, secure=app.tls_secret is not None)
    probe = app.probe or model.Probe()
    return Question(
        listener.port,
        listener.tls,
        app.host.replace("*", "portico", 1),
        app.path,
        probe.path,
        probe.expect,
        f"{app.namespace}/{app.tls_secret}" if app.tls_secret and listener.tls else None,
        signature,
    )


def _listener(settings: Settings, secure: bool) -> model.Listener:
    serving = [listener for listener in settings.load_balancer.listeners if listener.protocol == "http"]
    return min(serving, key=lambda listener: (listener.tls is not secure, listener.port))


def narrowed(settings: Settings) -> tuple[str, ...]:
    """Why this machine may get no answer from a front door that works."""
    load_balancer = settings.load_balancer
    clients = (
        ("this machine's address is none of portico:loadBalancer.allowedClients",)
        if EVERYBODY not in load_balancer.allowed_clients
        else ()
    )
    return (*clients, *kinds.chosen(load_balancer).planner().narrowed(load_balancer))
