"""A Kubernetes object that will be made, and one that has to be there.

Pure: no Pulumi, no network, no clock. Made by the kinds, the controllers and kubernetes.objects.
"""

from __future__ import annotations

from dataclasses import dataclass

from .answers import Object

STACK = "the stack's name"
"""Where a name comes from that no setting gives."""

OTHER_NAME = "choose another name"


@dataclass(frozen=True)
class Wanted:
    """An object that will be made."""

    object: Object
    path: str
    """The setting that names it."""
    value: str
    """What that setting says."""
    remedy: str
    """What to do if it is there already."""


@dataclass(frozen=True)
class Needed:
    """An object that has to be there, because nobody makes it."""

    object: Object
    path: str
    value: str
    rule: str
    """What is wrong without it."""
    remedy: str
    used: str = ""
    """The setting that says that it is used as it is; a stack cannot use what it made itself."""
    controller: str = ""
    """Of an ingress class: who has to serve it."""
    pods: str = ""
    """Of a namespace: the Pod Security Standard that the pods made in it keep."""


@dataclass(frozen=True)
class NodePort:
    """A node port, and the Service that is to hold it."""

    port: int
    path: str
    service: Object


def namespace(path: str, name: str, used: str = "", pods: str = "") -> Needed:
    """A namespace that a setting names and nobody makes."""
    return Needed(
        Object("v1", "Namespace", None, name),
        path,
        repr(name),
        "there is no such namespace",
        f"`kubectl create namespace {name}`",
        used,
        pods=pods,
    )
