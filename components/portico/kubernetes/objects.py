"""Every Kubernetes object that the settings lead to, what has to be there for them, and their node ports.

Pure: no Pulumi, no network, no clock. Read by the preflight, which asks for each of them before anything is
made: creating an object that is there already would change it, and the end of the stack would delete it
(docs/ingress.md). tests/unit/kubernetes/test_objects.py compares this list with what is registered.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..ingress import table as controllers
from ..kinds.table import Place, chosen
from ..names import Names
from ..settings.model import App, Settings
from .answers import Object
from .wanted import OTHER_NAME, Needed, NodePort, Wanted, namespace


def wanted(settings: Settings, names: Names) -> tuple[Wanted, ...]:
    """All that will be made, the load balancer's own objects first."""
    controller = controllers.chosen(settings.ingress.controller)
    return (
        *chosen(settings.load_balancer).planner().wanted(settings, names),
        *(controller.objects().wanted(settings, names) if controller else ()),
        *(thing for index, app in enumerate(settings.apps) for thing in _app(index, app)),
    )


def needed(settings: Settings, names: Names) -> tuple[Needed, ...]:
    """All that has to be there."""
    planned = {thing.object for thing in wanted(settings, names)}
    return tuple(thing for thing in _needed(settings) if thing.object not in planned)


def node_ports(settings: Settings, names: Names) -> tuple[NodePort, ...]:
    """The node ports that a Service made here asks for; inside the cluster it has none."""
    controller = controllers.chosen(settings.ingress.controller)
    if controller is None or chosen(settings.load_balancer).place is Place.INSIDE:
        return ()
    service = controller.service(settings.ingress.namespace, names)
    return (
        *(
            NodePort(settings.node_port(listener), f"portico:ingress.nodePorts.{listener.name}", service)
            for listener in settings.load_balancer.listeners
            if not listener.direct
        ),
        NodePort(settings.ingress.health_port, "portico:ingress.healthPort", service),
    )


def _used(settings: Settings) -> Iterator[Needed]:
    """What the controller uses as it is."""
    ingress, said_by = settings.ingress, "portico:ingress.existing"
    controller = controllers.chosen(ingress.controller)
    if "namespace" in ingress.existing:
        yield namespace("portico:ingress.namespace", ingress.namespace, said_by, pods="restricted")
    if ingress.default_certificate and controller is not None:
        yield Needed(
            Object("v1", "Secret", ingress.namespace, ingress.default_certificate),
            "portico:ingress.defaultCertificate",
            repr(ingress.default_certificate),
            f"there is no such Secret in the namespace {ingress.namespace}",
            "make both before and say `existing: [namespace]`, or name it once the namespace is there",
        )
    if "ingressClass" in ingress.existing and controller is not None:
        yield Needed(
            Object("networking.k8s.io/v1", "IngressClass", None, ingress.ingress_class),
            "portico:ingress.ingressClass",
            repr(ingress.ingress_class),
            "there is no such ingress class",
            "leave it out of `existing`, and it is made",
            said_by,
            controller=controller.class_controller,
        )


def _app(index: int, app: App) -> Iterator[Wanted]:
    kinds = [("networking.k8s.io/v1", "Ingress")]
    if app.run is not None:
        kinds += [("apps/v1", "Deployment"), ("v1", "Service")]
        if app.run.replicas > 1:
            kinds.append(("policy/v1", "PodDisruptionBudget"))
    for version, kind in kinds:
        yield Wanted(
            Object(version, kind, app.namespace, app.name),
            f"portico:apps[{index}].name",
            repr(app.name),
            OTHER_NAME,
        )


def _needed(settings: Settings) -> Iterator[Needed]:
    yield from _used(settings)
    for index, app in enumerate(settings.apps):
        yield namespace(f"portico:apps[{index}].namespace", app.namespace)
    for index, listener in enumerate(settings.load_balancer.listeners):
        if listener.service:
            at = f"portico:loadBalancer.listeners[{index}].service.namespace"
            yield namespace(at, listener.service.namespace)
    yield from chosen(settings.load_balancer).planner().needed(settings)
