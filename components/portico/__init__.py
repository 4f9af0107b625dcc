"""Portico: a front door for Kubernetes where the platform has no load balancer.

The names here are the public ones. Each is imported when it is used, so that the pure parts need no Pulumi.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .args import ExposureArgs
    from .exposure import Exposure
    from .problems import Problem, Refused

__all__ = ["Exposure", "ExposureArgs", "Problem", "Refused"]

_HOMES = {"Exposure": "exposure", "ExposureArgs": "args", "Problem": "problems", "Refused": "problems"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'portico' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
