"""What comes in and where it goes: listeners, backends and the health check, as every kind of load balancer
sees them.

Pure values: no Pulumi, no network, no clock. Read by everything above.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True)
class Check:
    """How a load balancer asks the nodes behind somebody's own Service."""

    port: int | None = None
    """The port of the node that is asked; None: the node port that the connections go to."""
    path: str | None = None
    """What is asked by HTTP GET, where 200 means yes; None: a connection that comes about is a yes."""


@dataclass(frozen=True)
class Service:
    """A Service of somebody's own."""

    name: str
    namespace: str
    port: int

    @property
    def host(self) -> str:
        """Its name in the cluster's DNS, whatever the cluster's domain is (Kubernetes, DNS for Services and
        Pods)."""
        return f"{self.name}.{self.namespace}.svc"


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
    """Whether the node port is not the controller's but that of somebody's own Service, which is asked by
    itself whether it serves."""
    proxy_protocol: bool = False
    """Whether somebody's own Service asked for a PROXY header. Else it gets the client's bytes alone."""
    check: Check = Check()
    """With `direct`: how its nodes are asked."""
    service: Service | None = None
    """Where the controller carries the connections, byte for byte; None: it serves applications."""

    @property
    def opaque(self) -> bool:
        """Whether nobody on the way knows what is said: either side may speak first."""
        return self.direct or self.service is not None

    @property
    def proxied(self) -> bool:
        """Whether a load balancer that names the client in a PROXY header does so here."""
        return self.proxy_protocol or not self.direct


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


def node_ports(listeners: Iterable[Listener], health: Health) -> tuple[int, ...]:
    """Every port of a node that a load balancer sends to, by connections as by questions."""
    ports = {health.node_port}
    for listener in listeners:
        ports |= {listener.node_port, listener.check.port or listener.node_port}
    return tuple(sorted(ports))
