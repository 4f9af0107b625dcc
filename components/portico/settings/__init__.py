"""What may be said in a stack file (model) and how it is read (parse)."""

from .model import (
    DEFAULT_NODE_PORTS,
    SECTIONS,
    App,
    AppImage,
    AppService,
    HealthCheck,
    Ingress,
    Kubernetes,
    Listener,
    ListenerCheck,
    LoadBalancer,
    NodeAddress,
    Nodes,
    Probe,
    Settings,
    Timeouts,
    Wait,
)
from .parsing import parse

__all__ = [
    "DEFAULT_NODE_PORTS",
    "SECTIONS",
    "App",
    "AppImage",
    "AppService",
    "HealthCheck",
    "Ingress",
    "Kubernetes",
    "Listener",
    "ListenerCheck",
    "LoadBalancer",
    "NodeAddress",
    "Nodes",
    "Probe",
    "Settings",
    "Timeouts",
    "Wait",
    "parse",
]
