"""The Kubernetes objects of Traefik.

Pure: no Pulumi, no network, no clock. Read by kubernetes.objects through the table; the component beside this
file makes them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...kubernetes.answers import Object
from ...kubernetes.wanted import OTHER_NAME, STACK, Wanted
from ...names import Names
from ...settings.model import Settings


def wanted(settings: Settings, names: Names) -> Iterator[Wanted]:
    """All that it makes."""
    ingress, name = settings.ingress, names.of("traefik")
    space = ingress.namespace
    at = ("portico:ingress.namespace", repr(space), OTHER_NAME)
    if "namespace" not in ingress.existing:
        use = f"{OTHER_NAME}, or say `existing: [namespace]` to use it as it is"
        yield Wanted(Object("v1", "Namespace", None, space), "portico:ingress.namespace", repr(space), use)
    if ingress.makes_class:
        yield Wanted(
            Object("networking.k8s.io/v1", "IngressClass", None, ingress.ingress_class),
            "portico:ingress.ingressClass",
            repr(ingress.ingress_class),
            f"{OTHER_NAME}, or say `controller: none` where the class has a controller that shall go on",
        )
    for kind in ("ClusterRole", "ClusterRoleBinding"):
        group = "rbac.authorization.k8s.io/v1"
        yield Wanted(
            Object(group, kind, None, name), STACK, repr(names.prefix), "choose another name for the stack"
        )
    yield Wanted(Object("v1", "ServiceAccount", space, name), *at)
    if ingress.default_certificate or any(each.service for each in settings.load_balancer.listeners):
        yield Wanted(Object("v1", "ConfigMap", space, name), *at)
    yield Wanted(Object("v1", "Service", space, name), *at)
    workload = "DaemonSet" if ingress.replicas is None else "Deployment"
    yield Wanted(Object("apps/v1", workload, space, name), *at)
    if (ingress.replicas or 0) > 1:
        yield Wanted(Object("policy/v1", "PodDisruptionBudget", space, name), *at)
