"""MetalLB as its authors publish it, in the namespace that the settings say.

Pure but for reading the file beside it. Read by kubernetes.objects and the component.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

MANIFEST = Path(__file__).with_name("metallb-native-0.16.1.yaml")
"""Their file, byte for byte."""

UPSTREAM_NAMESPACE = "metallb-system"
"""The namespace in it."""

Document = Mapping[str, Any]
"""A Kubernetes object, as in YAML."""


@cache
def documents() -> tuple[Document, ...]:
    """The manifest's documents."""
    return tuple(filter(None, yaml.safe_load_all(MANIFEST.read_text())))


def in_namespace(document: Document, namespace: str) -> Document:
    """A document without nulls, its namespace replaced wherever it stands, as in the beginning of a name."""
    moved: Document = _moved(document, namespace)
    return moved


def for_class(document: Document, load_balancer_class: str | None) -> Document:
    """A document whose programs serve that class of Services alone, where one is said (`--lb-class`)."""
    if load_balancer_class is None or document["kind"] not in ("Deployment", "DaemonSet"):
        return document
    said = deepcopy(dict(document))
    for container in said["spec"]["template"]["spec"]["containers"]:
        container["args"] = [*container["args"], f"--lb-class={load_balancer_class}"]
    return said


def _moved(value: Any, namespace: str) -> Any:
    if isinstance(value, dict):
        return {key: _moved(item, namespace) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_moved(item, namespace) for item in value]
    if isinstance(value, str) and (value == UPSTREAM_NAMESPACE or value.startswith(f"{UPSTREAM_NAMESPACE}:")):
        return namespace + value.removeprefix(UPSTREAM_NAMESPACE)
    return value
