"""What will be built, and why: settings and capabilities become a frozen Plan, each choice with its reason.

Pure: no Pulumi, no network, no clock; asks no platform. Read by planning, and by exposure, kinds and
ingress, which decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from ..capabilities import Capabilities
from ..ingress import table as controllers
from ..ingress.table import Controller
from ..kinds.table import Carries, ClientIp, Kind, Place, chosen
from ..kinds.table import Check as KindsCheck
from ..kubernetes import standing
from ..later import Later
from ..names import Names
from ..settings import model
from ..settings.model import App, Kubernetes, Settings, Timeouts, Wait
from ..settings.model import Ingress as IngressSettings
from ..traffic import Backend, Check, Health, Listener, Service
from .backends import backends
from .choice import Choice
from .questions import Question, questions, way
from .request import Request, Traffic
from .way import Way


@dataclass(frozen=True)
class ControllerPlan:
    """The ingress controller."""

    controller: Controller
    settings: IngressSettings
    workload: Choice[str]
    """`DaemonSet` or `Deployment`."""
    timeouts: Timeouts
    noticed_after: int = 0
    """Seconds until the load balancer has noticed that a controller stops serving; 0 where it asks nobody."""


@dataclass(frozen=True)
class Plan:
    """Everything that decides the shape of what is built; ids and addresses that only the platform knows come
    later."""

    names: Names
    kind: Choice[Kind]
    client_ip: Choice[ClientIp]
    traffic_policy: Choice[str]
    listeners: tuple[Listener, ...]
    health: Health
    check: Choice[KindsCheck]
    backends: Choice[tuple[Backend, ...] | None]
    """None: a look-up is needed and none was made, so they are unknown in that preview."""
    load_balancer: object
    """What the kind's planner made."""
    kubernetes: Kubernetes
    ingress: ControllerPlan | None
    """None: a controller is there already."""
    ingress_class: str
    by_annotation: bool
    """Whether applications name the class in an annotation."""
    apps: tuple[App, ...]
    questions: tuple[Question, ...]
    """What is asked of the address in the end, that of the first application first; never empty."""
    way: Way
    """Where the way to an application may end."""
    wait: Wait
    late: Later | None = None
    """The same plan, made once more when every argument is known; None where all were from the start."""

    def reasons(self) -> dict[str, str]:
        """The reason of every choice in it, by the choice's name, for the `reasons` output."""
        return dict(_reasons(self))


def _reasons(part: Any) -> Iterator[tuple[str, str]]:
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, Choice):
            yield field.name, value.because
        elif is_dataclass(value):
            yield from _reasons(value)


def make(settings: Settings, capabilities: Capabilities, names: Names) -> Plan:
    """Decides everything.

    Raises:
        Refused: the platform cannot carry it (quota short, address pairs refused, a name unknown); all
        reasons at once.
    """
    load_balancer = settings.load_balancer
    kind = chosen(load_balancer)
    planner = kind.planner()
    controller = controllers.chosen(settings.ingress.controller)
    listeners = tuple(_listener(listener, settings) for listener in load_balancer.listeners)
    health = Health(
        settings.ingress.health_port, settings.ingress.health_path, kind.check_carries is Carries.PROXY_V2
    )
    where = load_balancer.openstack
    nodes = backends(settings.nodes, capabilities.backends, where.vip if where else None)
    can = capabilities.openstack
    request = Request(kind, settings, can, names, Traffic(listeners, nodes.value, health))
    known = [*capabilities.problems, *standing.obstacles(settings, names, capabilities.cluster)]
    return Plan(
        names=names,
        kind=Choice(kind, because=f"loadBalancer.type is {kind.type}"),
        client_ip=Choice(kind.client_ip, because=kind.because),
        traffic_policy=Choice(
            kind.traffic_policy,
            because="a node answers only where a controller runs, and sees who really connects to it",
        ),
        listeners=listeners,
        health=health,
        check=Choice(kind.check, because=_check_reason(kind)),
        backends=nodes,
        load_balancer=planner(request, known),
        kubernetes=settings.kubernetes,
        ingress=ControllerPlan(
            controller,
            settings.ingress,
            _workload(settings.ingress),
            load_balancer.timeouts,
            kind.checking(load_balancer).notices if kind.asks_nodes else 0,
        )
        if controller
        else None,
        ingress_class=settings.ingress.ingress_class,
        by_annotation=settings.ingress.named_by == "annotation",
        apps=settings.apps,
        questions=questions(settings),
        way=way(settings),
        wait=settings.wait,
    )


def _listener(said: model.Listener, settings: Settings) -> Listener:
    check, service = said.health_check, said.service
    return Listener(
        said.name,
        said.port,
        settings.node_port(said),
        said.tls,
        direct=said.direct,
        proxy_protocol=said.proxy_protocol,
        check=Check(check.port, check.path if check.protocol == "http" else None),
        service=Service(service.name, service.namespace, service.port) if service else None,
    )


def _check_reason(kind: Kind) -> str:
    if kind.place is Place.INSIDE:
        return "the cluster knows which nodes have a controller"
    if kind.check is KindsCheck.TCP:
        return "the provider can ask no more than whether the port answers"
    return (
        "only the controller's own health endpoint tells that it serves; TCP stays green on a PROXY mismatch"
    )


def _workload(ingress: IngressSettings) -> Choice[str]:
    if ingress.replicas is None:
        return Choice("DaemonSet", because="one controller on every node, so that every backend serves")
    return Choice(
        "Deployment", because=f"ingress.replicas is {ingress.replicas}: only nodes with a controller serve"
    )
