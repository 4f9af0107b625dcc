"""The worker nodes as the cloud sees them: a Neutron port each, and the cable from the node to Open vSwitch.

Speaks to the sandbox's OpenStack and changes the hypervisor's end of each node's cable. Used by the sandbox's
command line when both halves are there, and by tests that cut a worker off. A worker is no Nova server, so
what Nova does for a server's port is done here: binding it to a hypervisor (an administrator's call) and
telling OVN which link it is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sandbox import namespaces
from sandbox.kubernetes import network
from sandbox.kubernetes.errors import KubernetesError
from sandbox.kubernetes.layout import Layout, Node
from sandbox.openstack import clouds
from sandbox.openstack.bootstrap import NETWORK, WORKERS_GROUP
from sandbox.openstack.cloud import OpenStack
from sandbox.paths import Paths

ACTIVE_SECONDS = 60
"""How long OVN may take to make a port work; on a cloud that has just come up it is a few seconds."""


class WorkersError(KubernetesError):
    """A worker cannot be joined to the cloud; the text says which, why, and what to do."""


@dataclass(frozen=True)
class Worker:
    """A worker node that sits on the tenant network."""

    name: str
    address: str
    """Its address on the tenant network: the port's fixed address, and the node's InternalIP."""
    port: str
    """The id of its Neutron port."""
    netns: str
    """Its network namespace."""


class Workers:
    """The nodes of the sandbox's cluster on the demo project's network."""

    def __init__(self, paths: Paths, openstack: OpenStack) -> None:
        self._paths = paths
        self._openstack = openstack
        self._nodes = {node.name: node for node in Layout(paths.prefix).nodes}

    def join(self) -> list[Worker]:
        """Gives each node its port, makes what is missing, and returns when all ports are ACTIVE.

        The project's network, its subnet and its security group must be there, and the nodes' cables
        (Kubernetes.up). Raises WorkersError.
        """
        with self._openstack.connection() as user:
            mtu, gateway, ports = self._ports(user.network)
        with self._openstack.connection(clouds.ADMIN) as admin:
            for name, port in ports.items():
                host = self._openstack.host
                admin.network.update_port(port, binding_host_id=host, device_owner="compute:nova")
                self._plug(self._nodes[name], port, mtu, gateway)
            self._wait(admin.network, ports)
        return [
            Worker(name, str(self._nodes[name].address), port.id, self._nodes[name].netns)
            for name, port in ports.items()
        ]

    def cut(self, name: str) -> None:
        """Takes a worker's link to the tenant network down. The cluster's own link stays: its pods and the
        API do not notice."""
        self._set_cable(name, "down")

    def heal(self, name: str) -> None:
        """Takes the link up again."""
        self._set_cable(name, "up")

    def _set_cable(self, name: str, state: str) -> None:
        if name not in self._nodes:
            raise WorkersError(f"there is no worker {name!r}; there are {', '.join(self._nodes)}")
        namespaces.run("ip", "-n", self._paths.cloud, "link", "set", network.cable(self._nodes[name]), state)

    def _ports(self, api: Any) -> tuple[int, str, dict[str, Any]]:
        """The network's MTU, the subnet's gateway and the port of each node."""
        net = api.find_network(NETWORK, ignore_missing=False)
        subnet = api.find_subnet(NETWORK, network_id=net.id, ignore_missing=False)
        group = api.find_security_group(WORKERS_GROUP, ignore_missing=False)
        standing = {port.name: port for port in api.ports(network_id=net.id)}
        ports = {}
        for node in self._nodes.values():
            fixed = {"subnet_id": subnet.id, "ip_address": str(node.address)}
            port = standing.get(node.name) or api.create_port(
                name=node.name,
                description=f"worker node {node.name} of the sandbox's Kubernetes",
                network_id=net.id,
                fixed_ips=[fixed],
                security_group_ids=[group.id],
            )
            if fixed not in port.fixed_ips:
                found = ", ".join(ip["ip_address"] for ip in port.fixed_ips) or "none"
                raise WorkersError(
                    f"port {node.name} of network {NETWORK} has address {found}, its node {node.address}: "
                    f"delete the port (openstack port delete {port.id}) and try again"
                )
            ports[node.name] = port
        return net.mtu, subnet.gateway_ip, ports

    def _plug(self, node: Node, port: Any, mtu: int, gateway: str) -> None:
        cable = network.cable(node)
        namespaces.run("ip", "-n", self._paths.cloud, "link", "set", cable, "mtu", str(mtu))
        commands = [
            f"link set eth0 address {port.mac_address} mtu {mtu}",
            f"route replace default via {gateway} dev eth0",
        ]
        namespaces.run("ip", "-n", node.netns, "-batch", "-", stdin="\n".join(commands) + "\n")
        self._openstack.plug(cable, port.id, port.mac_address)

    def _wait(self, api: Any, ports: dict[str, Any]) -> None:
        end = time.monotonic() + ACTIVE_SECONDS
        waiting = list(ports)
        while waiting := [name for name in waiting if api.get_port(ports[name].id).status != "ACTIVE"]:
            if time.monotonic() > end:
                raise WorkersError(
                    f"the ports of {', '.join(waiting)} are not ACTIVE after {ACTIVE_SECONDS} s: "
                    f"see the logs of ovn-controller and Neutron in {self._paths.log}"
                )
            time.sleep(0.3)
