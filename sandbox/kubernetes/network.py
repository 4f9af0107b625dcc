"""The cluster's links, addresses and routes.

Changes the namespaces of the control plane, of the nodes and (one end of a cable for each node) of the cloud.
Everything can be said again over what is there. Read by cluster. Which link carries what: layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sandbox import namespaces
from sandbox.kubernetes import layout
from sandbox.kubernetes.layout import Layout, Node

BRIDGE = "mg"
"""Joins the nodes' second links, in the control plane's namespace."""

SEGMENT_OVERHEAD = 58
"""What Geneve takes of a frame on the way between hypervisors, in bytes; OVN leaves it out of a tenant
network's MTU."""
TENANT_MTU = 1500 - SEGMENT_OVERHEAD


def control_plane(cluster: Layout) -> None:
    """The control plane's namespace with the management network."""
    namespaces.ensure(cluster.netns)
    if not namespaces.link_exists(cluster.netns, BRIDGE):
        namespaces.run("ip", "-n", cluster.netns, "link", "add", BRIDGE, "type", "bridge")
    _configure(cluster.netns, control_plane_commands(cluster))
    _set(cluster.netns, {"bridge/bridge-nf-call-iptables": "0"})


def node(cluster: Layout, node: Node, cloud: str) -> None:
    """A node's namespace, its cable into the cloud's namespace, its link to the management network and its
    routes."""
    namespaces.ensure(node.netns)
    namespaces.veth(namespaces.End(node.netns, "eth0"), namespaces.End(cloud, cable(node)), mtu=TENANT_MTU)
    namespaces.veth(namespaces.End(node.netns, "mg0"), namespaces.End(cluster.netns, node.name))
    _configure(node.netns, node_commands(cluster, node))
    _configure(
        cluster.netns,
        [
            f"link set {node.name} master {BRIDGE} up",
            f"route replace {node.address}/32 via {node.management}",
            f"route replace {node.pods} via {node.management}",
        ],
    )
    _set(
        node.netns,
        {
            "ipv4/ip_forward": "1",
            # what comes in on eth0 may be answered by way of mg0
            **{f"ipv4/conf/{link}/rp_filter": "0" for link in ("all", "default", "eth0", "mg0")},
        },
    )


def cable(node: Node) -> str:
    """The name of the cloud's end of a node's cable."""
    return f"tap-{node.name}"


def control_plane_commands(cluster: Layout) -> list[str]:
    """Arguments of ip(8), one command each."""
    first = cluster.nodes[0]
    prefix = layout.MANAGEMENT.prefixlen
    return [
        f"address replace {layout.API_ADDRESS}/{prefix} dev {BRIDGE}",
        f"link set {BRIDGE} up",
        # the API server calls admission webhooks by their service address: every kube-proxy knows the way
        f"route replace {layout.SERVICES} via {first.management} dev {BRIDGE} onlink",
    ]


def node_commands(cluster: Layout, node: Node) -> list[str]:
    """Arguments of ip(8), one command each."""
    return [
        f"address replace {node.address}/{layout.TENANT.prefixlen} dev eth0",
        f"route replace default via {layout.GATEWAY} dev eth0",
        f"address replace {node.management}/{layout.MANAGEMENT.prefixlen} dev mg0",
        *(f"route replace {other.pods} via {other.management} dev mg0" for other in cluster.others(node)),
        # a process of the node itself needs some route to a service before kube-proxy rewrites the address
        f"route replace {layout.SERVICES} via {layout.API_ADDRESS} dev mg0",
    ]


def _configure(netns: str, commands: Iterable[str]) -> None:
    namespaces.run("ip", "-n", netns, "-batch", "-", stdin="\n".join(commands) + "\n")


def _set(netns: str, settings: Mapping[str, str]) -> None:
    with namespaces.entered(netns):
        for name, value in settings.items():
            path = Path("/proc/sys/net") / name
            if path.exists():  # bridge/* is there only where the kernel filters bridges at all
                path.write_text(value)
