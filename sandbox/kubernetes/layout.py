"""Who has which name and address in the sandbox's cluster.

Pure: no files, no processes, no network. Read by every other module of sandbox.kubernetes.

A node has two links. eth0 is its port on the tenant network and carries what a cloud's worker would carry
there: its InternalIP and its node ports. mg0 carries the API and the pods, so that the port security of the
tenant network never sees a pod's address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

TENANT = IPv4Network("10.20.0.0/24")
"""The demo project's subnet; its gateway is the first address."""
GATEWAY = TENANT[1]

MANAGEMENT = IPv4Network("10.97.0.0/24")
"""The nodes' second link; the control plane has the first address."""
API_ADDRESS = MANAGEMENT[1]

SERVICES = IPv4Network("10.96.0.0/16")
PODS = IPv4Network("10.244.0.0/16")

API_PORT = 6443
ETCD_PORT = 2379
ETCD_PEER_PORT = 2380

WORKERS = ("w1", "w2", "w3")


@dataclass(frozen=True)
class Node:
    """A worker node."""

    name: str
    """Its name in Kubernetes, of its Neutron port and, after the prefix, of its network namespace."""
    number: int
    """1 for the first: what its addresses and its pod range are counted from."""
    netns: str

    @property
    def address(self) -> IPv4Address:
        """Its InternalIP, on eth0."""
        return TENANT[10 + self.number]

    @property
    def management(self) -> IPv4Address:
        """Its address on mg0."""
        return MANAGEMENT[10 + self.number]

    @property
    def pods(self) -> IPv4Network:
        """The range its pods get their addresses from."""
        return IPv4Network((int(PODS.network_address) + (self.number << 8), 24))


@dataclass(frozen=True)
class Layout:
    """One cluster: everything that bears the sandbox's prefix."""

    prefix: str
    """What the sandbox's namespaces, and the cgroup of its pods, begin with: `portico`."""

    @property
    def netns(self) -> str:
        """The control plane's network namespace."""
        return f"{self.prefix}-kube"

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(
            Node(name=name, number=number, netns=f"{self.prefix}-{name}")
            for number, name in enumerate(WORKERS, 1)
        )

    def others(self, node: Node) -> Iterator[Node]:
        return (other for other in self.nodes if other != node)

    def cgroup(self, node: Node) -> str:
        """The cgroup that holds the pods of a node, below each hierarchy's root."""
        return f"/{self.prefix}/{node.name}"
