"""What may be said in a stack file (model) and how it is read (parse)."""

from .model import (
    DEFAULT_NODE_PORTS,
    App,
    AppImage,
    AppService,
    Aws,
    Hosts,
    Ingress,
    Kubernetes,
    Listener,
    LoadBalancer,
    MetalLb,
    NodeAddress,
    Nodes,
    Octavia,
    OpenStack,
    Settings,
    Wait,
)
from .parsing import SECTIONS, parse

__all__ = [
    "DEFAULT_NODE_PORTS",
    "SECTIONS",
    "App",
    "AppImage",
    "AppService",
    "Aws",
    "Hosts",
    "Ingress",
    "Kubernetes",
    "Listener",
    "LoadBalancer",
    "MetalLb",
    "NodeAddress",
    "Nodes",
    "Octavia",
    "OpenStack",
    "Settings",
    "Wait",
    "parse",
]
