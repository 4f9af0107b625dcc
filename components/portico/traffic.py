"""What comes in and where it goes: listeners, backends and the health check, as every kind of load balancer
sees them.

Pure values: no Pulumi, no network, no clock. Read by everything above.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True)
class Listener:
    """A TCP port that clients connect to, and the node port its connections are forwarded to."""

    name: str
    """A DNS label; also the name of the ingress controller's entry point."""
    port: int
    """The port on the published address, 1..65535."""
    node_port: int
    """The port on every backend, 30000..32767 unless the cluster says otherwise (Kubernetes, Service, type
    NodePort)."""
    tls: bool = False
    """Whether the ingress controller ends TLS on this listener. A load balancer passes the bytes through
    either way."""
    direct: bool = False
    """Whether the node port is not the controller's but that of somebody's own Service: it gets the client's
    bytes and no PROXY header, and tells by accepting connections whether it serves."""


@dataclass(frozen=True)
class Backend:
    """A node of the cluster, as a load balancer sees it."""

    name: str
    address: IPv4Address


@dataclass(frozen=True)
class Checking:
    """How often and how patiently a load balancer asks a node, in seconds and in answers in a row."""

    interval: int = 1
    timeout: int = 1
    down: int = 2
    """Bad answers until a node is out."""
    up: int = 1
    """Good ones until it is in."""

    @property
    def notices(self) -> int:
        """Seconds until a node that stops serving is out."""
        return self.interval * self.down


@dataclass(frozen=True)
class Health:
    """How a load balancer asks whether a backend can serve: HTTP GET, 200 means yes."""

    node_port: int
    """A node port of the ingress controller's own health endpoint. Its Service has the traffic policy Local,
    so a node without a controller pod does not answer; the web port and kube-proxy's port would not tell."""
    path: str = "/ping"
    proxied: bool = False
    """Whether the question comes with a PROXY v2 header."""
