"""How an object whose creation was under way is found in the cloud: by the name or description it was to
have.

Pure but for the calls of the cloud it is given, which only read. Read by deployment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

State = Mapping[str, Any]
"""A resource, or a whole deployment, as `pulumi stack export` writes it (version 3)."""


class Network(Protocol):
    """The calls to Neutron."""

    def ports(self, **query: Any) -> Iterable[Any]: ...
    def security_groups(self, **query: Any) -> Iterable[Any]: ...
    def security_group_rules(self, **query: Any) -> Iterable[Any]: ...
    def ips(self, **query: Any) -> Iterable[Any]: ...


class Compute(Protocol):
    """The calls to Nova."""

    def servers(self, details: bool = True, **query: Any) -> Iterable[Any]: ...
    def server_groups(self) -> Iterable[Any]: ...


class Cloud(Protocol):
    """One region, seen from one project: every call that a recovery makes."""

    current_project_id: str
    network: Network
    compute: Compute
    load_balancer: Any
    """Octavia's lists of load balancers, listeners, pools and health monitors."""


Find = Callable[[Cloud, State], Iterable[Any]]
"""From the inputs of an object to those that the cloud has with its name or description."""


def _ports(cloud: Cloud, inputs: State) -> Iterable[Any]:
    return cloud.network.ports(name=inputs["name"], network_id=inputs["networkId"])


def _groups(cloud: Cloud, inputs: State) -> Iterable[Any]:
    return cloud.network.security_groups(name=inputs["name"], project_id=cloud.current_project_id)


def _rules(cloud: Cloud, inputs: State) -> Iterable[Any]:
    rules = cloud.network.security_group_rules(security_group_id=inputs["securityGroupId"])
    return [rule for rule in rules if rule.description == inputs["description"]]


def _floating_ips(cloud: Cloud, inputs: State) -> Iterable[Any]:
    ips = cloud.network.ips(project_id=cloud.current_project_id)
    return [ip for ip in ips if ip.description == inputs["description"]]


def _server_groups(cloud: Cloud, inputs: State) -> Iterable[Any]:
    return [group for group in cloud.compute.server_groups() if group.name == inputs["name"]]


def _servers(cloud: Cloud, inputs: State) -> Iterable[Any]:
    return cloud.compute.servers(details=False, name=f"^{re.escape(inputs['name'])}$")


def _balancing(listing: str) -> Find:
    """By name, from one of Octavia's lists."""
    return lambda cloud, inputs: getattr(cloud.load_balancer, listing)(name=inputs["name"])


FINDERS: Mapping[str, Find] = {
    "openstack:compute/instance:Instance": _servers,
    "openstack:compute/serverGroup:ServerGroup": _server_groups,
    "openstack:loadbalancer/listener:Listener": _balancing("listeners"),
    "openstack:loadbalancer/loadBalancer:LoadBalancer": _balancing("load_balancers"),
    "openstack:loadbalancer/monitor:Monitor": _balancing("health_monitors"),
    "openstack:loadbalancer/pool:Pool": _balancing("pools"),
    "openstack:networking/floatingIp:FloatingIp": _floating_ips,
    "openstack:networking/port:Port": _ports,
    "openstack:networking/secGroup:SecGroup": _groups,
    "openstack:networking/secGroupRule:SecGroupRule": _rules,
}
"""What may be doubled, and how it is found."""

AGAIN = (
    "openstack:loadbalancer/members:Members",
    "openstack:networking/floatingIpAssociate:FloatingIpAssociate",
    "pulumi:",
)
"""What may be created again as if it were not there, because the second time only changes the first: members
and the port of a floating IP are set as a whole."""

KUBERNETES = "kubernetes:"
"""What the types of Kubernetes objects begin with: they are looked for in their cluster (objects)."""
