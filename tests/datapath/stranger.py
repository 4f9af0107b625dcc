"""Somebody who has no business here: a server of its own on the tenant network.

A namespace on a Neutron port with a security group of its own, made for the stranger and removed after it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox import namespaces
from sandbox.lifecycle import Sandbox
from sandbox.openstack import clouds
from sandbox.openstack.bootstrap import NETWORK
from tests.engine.pair import until


@dataclass(frozen=True)
class Stranger:
    """A server on the tenant network."""

    netns: str
    address: str
    mac: str

    @contextmanager
    def as_well(self, address: str) -> Iterator[None]:
        """It gives itself another's address."""
        change = ("ip", "-n", self.netns, "address")
        namespaces.run(*change, "add", f"{address}/32", "dev", "eth0")
        try:
            yield
        finally:
            namespaces.run(*change, "delete", f"{address}/32", "dev", "eth0")


@contextmanager
def stranger(sandbox: Sandbox) -> Iterator[Stranger]:
    """A server that comes and goes, in a security group that admits nothing."""
    mark = secrets.token_hex(2)
    name, cable = f"stranger-{mark}", f"tap-{mark}"
    netns = sandbox.paths.netns(name)
    cloud = sandbox.openstack
    with ExitStack() as made:

        def afterwards(delete: str, what: Any) -> None:
            made.callback(_delete, sandbox, delete, what.id)

        with cloud.connection() as user:
            api: Any = user.network
            net = api.find_network(NETWORK, ignore_missing=False)
            subnet = api.find_subnet(NETWORK, network_id=net.id, ignore_missing=False)
            group = api.create_security_group(name=name, description="a stranger's, of a test")
            afterwards("delete_security_group", group)
            port = api.create_port(name=name, network_id=net.id, security_group_ids=[group.id])
            afterwards("delete_port", port)
        with cloud.connection(clouds.ADMIN) as admin:
            admin.network.update_port(port, binding_host_id=cloud.host, device_owner="compute:nova")
        address, mac = port.fixed_ips[0]["ip_address"], port.mac_address

        made.callback(namespaces.delete, netns)
        namespaces.ensure(netns)
        inner, outer = namespaces.End(netns, "eth0", mac), namespaces.End(sandbox.paths.cloud, cable)
        made.callback(namespaces.delete_link, outer.netns, cable)
        namespaces.veth(outer, inner, mtu=net.mtu)
        commands = [
            f"address add {address}/{subnet.cidr.partition('/')[2]} dev eth0",
            f"route add default via {subnet.gateway_ip} dev eth0",
        ]
        namespaces.run("ip", "-n", netns, "-batch", "-", stdin="\n".join(commands) + "\n")
        made.callback(cloud.unplug, cable)
        cloud.plug(cable, port.id, mac)
        with cloud.connection() as user:
            until("its port is ACTIVE", lambda: user.network.get_port(port.id).status == "ACTIVE", 60)
        yield Stranger(netns, address, mac)


def _delete(sandbox: Sandbox, delete: str, id: str) -> None:
    with sandbox.openstack.connection() as user:
        getattr(user.network, delete)(id)


@contextmanager
def admitted(
    sandbox: Sandbox, group: str, source: str, protocol: str, port: int | None = None
) -> Iterator[None]:
    """A security group, by its name, admits one address more: what then happens shows what it kept out."""
    with sandbox.openstack.connection() as user:
        api: Any = user.network
        rule = api.create_security_group_rule(
            security_group_id=api.find_security_group(group, ignore_missing=False).id,
            direction="ingress",
            ethertype="IPv4",
            protocol=protocol,
            port_range_min=port,
            port_range_max=port,
            remote_ip_prefix=f"{source}/32",
        )
    try:
        yield
    finally:
        _delete(sandbox, "delete_security_group_rule", rule.id)
