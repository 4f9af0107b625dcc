"""What a Kubernetes cluster told, as frozen values.

Pure: no Pulumi, no network, no clock. Made by kubernetes.cluster, read by kubernetes.standing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Object:
    """Which Kubernetes object: all that tells it from any other in its cluster."""

    api_version: str
    """`apps/v1`; `v1` for the group without a name."""
    kind: str
    namespace: str | None
    """None where the kind belongs to the whole cluster."""
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Standing:
    """What is known of an object that is in the cluster."""

    uid: str
    """Another object of the same name has another one (Kubernetes, Object Names and IDs)."""
    instance: str = ""
    """Its label `app.kubernetes.io/instance`."""
    controller: str = ""
    """Of an IngressClass: who serves it."""
    leaving: bool = False
    """Whether it is being deleted."""
    enforced: str = ""
    """Of a namespace: the Pod Security Standard that it enforces; empty where its labels name none."""


@dataclass(frozen=True)
class Container:
    """A program that runs in a workload's pods."""

    image: str
    words: tuple[str, ...] = ()
    """Its command line, as far as the workload says it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Plain values alone."""


@dataclass(frozen=True)
class Workload:
    """A Deployment or DaemonSet that runs something."""

    object: Object
    containers: tuple[Container, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class IngressClass:
    """A class, and whether Ingresses that name none get it."""

    name: str
    default: bool


@dataclass(frozen=True)
class Look:
    """What a Service, a Secret or an Ingress that an application rests on looks like."""

    type: str = ""
    """Of a Service (`ClusterIP`, `ExternalName` ...) or a Secret (`kubernetes.io/tls` ...)."""
    ports: tuple[int, ...] = ()
    """Of a Service: those for TCP."""
    ready: int | None = None
    """Of a Service: how many endpoints are ready; None where it was not told."""


@dataclass(frozen=True)
class Cluster:
    """A Kubernetes cluster, as far as it was asked."""

    standing: Mapping[Object, Standing]
    """Those that are there, of all that were asked for."""
    asked: frozenset[Object]
    """What is in here and not in `standing` is not there; what is not in here is unknown."""
    made: Mapping[Object, str] = field(default_factory=dict)
    """What this stack made, by its state, and the uid of each."""
    node_ports: Mapping[int, Object] | None = None
    """The Service that holds each node port that is taken; None where it was not asked."""
    workloads: tuple[Workload, ...] | None = None
    """All of them; None where it was not asked."""
    classes: tuple[IngressClass, ...] | None = None
    """All of them; None where it was not asked."""
    listed: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """By path: what a kind wanted to have listed."""
