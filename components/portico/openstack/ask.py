"""Read-only questions to an OpenStack region; the answers are capabilities, and what went wrong while asking
is a problem.

Speaks HTTPS through openstacksdk and changes nothing. Read by preflight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Protocol, cast

from ..capabilities import Capabilities
from ..kinds.table import chosen
from ..later import Later
from ..names import Names
from ..settings import Settings
from ..settings.model import Nodes
from ..traffic import Backend
from . import ask_place
from .addresses import preferred
from .answers import Admission, Network, OpenStack, Own, Stranger, Subnet
from .asker import Asker, told
from .cloud import Cloud

Listed = list[tuple[str, str]]
"""What stands in a project: names, or descriptions where nothing has a name, each with its id."""


class Questions(Protocol):
    """What the module `ask` of a kind's folder has."""

    def ask(self, asker: Asker, settings: Settings, names: Names, answers: OpenStack) -> OpenStack:
        """The answers, with what this kind needs to know beside them."""
        ...

    def listed(self, cloud: Cloud, names: Names, answers: OpenStack) -> Mapping[str, Listed]:
        """What has a name like this kind's own, by the quota that it counts in (`Own.made`)."""
        ...


def ask(settings: Settings, names: Names, cloud: Cloud, own: Own) -> Capabilities:
    """Everything the plan needs to know of the cloud.

    Args:
        own: what the stack's state says of the cloud.

    Raises:
        openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException: the cloud does not
            answer, or refuses the credentials.
    """
    asker = Asker(cloud, [])
    where = settings.load_balancer.openstack
    ports = told(lambda: list(cloud.network.ports(project_id=cloud.current_project_id))) if where else None
    known = ask_place.ask(asker, where, own, ports or ()) if where else OpenStack()
    answers = replace(known, own=own)
    asks = cast("Questions | None", chosen(settings.load_balancer).asks())
    if asks:
        answers = asks.ask(asker, settings, names, answers)
    nodes = settings.nodes
    backends = None
    if nodes and where:
        group = asker.look(
            "portico:nodes.securityGroup",
            nodes.security_group,
            "security group",
            lambda said: cloud.network.find_security_group(said),
        )
        answers = replace(answers, node_security_group_id=group.id if group else None)
    if where:
        more = asks.listed(cloud, names, answers) if asks else {}
        answers = _others(cloud, answers, {"ports": named(ports or ()), **more})
    if nodes and nodes.source == "openstack":
        backends = _backends(asker, nodes, where.network if where else None, answers, ports or ())
    return Capabilities(
        openstack=answers,
        backends=backends,
        problems=tuple(asker.problems),
        warnings=tuple(asker.warnings),
    )


def _others(cloud: Cloud, answers: OpenStack, more: Mapping[str, Listed]) -> OpenStack:
    """What in this project is not the stack's own, as far as it may stand in the way, and as far as the cloud
    lets it be listed.

    Args:
        more: what is listed already, by the quota that it counts in.
    """
    own, mine, network = answers.own, {"project_id": cloud.current_project_id}, cloud.network
    rules = told(lambda: list(network.security_group_rules(**mine))) or ()
    listed: dict[str, Listed] = {
        "security_groups": told(lambda: named(network.security_groups(**mine))) or [],
        "security_group_rules": [(rule.description, rule.id) for rule in rules],
        "floating_ips": told(lambda: [(ip.description, ip.id) for ip in network.ips(**mine)]) or [],
        **more,
    }
    there = [Stranger(quota, *thing) for quota, things in listed.items() for thing in things]
    # A program is not told what the engine has still to delete (pulumi, GetStackResourceOutputs); the stack's
    # own of the same name stands beside it.
    standing = {(thing.quota, thing.name) for thing in there if thing.id in own.ids}
    strangers = (thing for thing in there if (thing.quota, thing.name) not in standing)
    return replace(answers, strangers=tuple(strangers), admissions=tuple(_admissions(rules, answers)))


def named(things: Iterable[Any]) -> Listed:
    """The name and the id of each."""
    return [(thing.name, thing.id) for thing in things]


def _admissions(rules: Iterable[Any], answers: OpenStack) -> Iterator[Admission]:
    for rule in rules:
        if (
            rule.security_group_id == answers.node_security_group_id
            and rule.id not in answers.own.ids
            and (rule.direction, rule.ether_type) == ("ingress", "IPv4")
            and str(rule.protocol) in ("tcp", "6")
            and rule.port_range_min == rule.port_range_max is not None
            and rule.remote_ip_prefix
        ):
            yield Admission(rule.port_range_min, IPv4Network(rule.remote_ip_prefix), rule.id)


def _backends(
    asker: Asker, nodes: Nodes, shared: str | Later | None, answers: OpenStack, ports: Iterable[Any]
) -> tuple[Backend, ...] | None:
    """The servers that are meant; None where their network is known only while the program runs, or nowhere.

    Args:
        shared: the load balancer's network, which is the nodes' unless they name another one.
        ports: the project's, as far as it may list them.
    """
    said = nodes.network or shared
    if isinstance(said, Later):
        return None
    network = answers.network
    if said != shared:
        found = asker.look("portico:nodes.network", said, "network", asker.cloud.network.find_network)
        network = Network(found.id, found.name) if found else None
    if said is not None and network is None:
        return None
    return _servers(asker, nodes, network, answers.subnet, ports)


UNABLE = ("BUILD", "DELETED", "ERROR", "SOFT_DELETED")
"""The statuses of a server that serves nobody, or whose addresses may still change (Nova API, servers)."""


def _servers(
    asker: Asker, nodes: Nodes, network: Network | None, subnet: Subnet | None, ports: Iterable[Any]
) -> tuple[Backend, ...]:
    """The servers that are chosen. One that cannot be a backend is left out: the others serve without it."""
    held: dict[str, list[Any]] = {}
    for port in ports:
        held.setdefault(port.device_id, []).append(port)
    query: dict[str, Any] = {"tags": nodes.tag} if nodes.tag else {}
    servers = [server for server in asker.cloud.compute.servers(**query) if _wanted(server, nodes)]
    backends: list[Backend] = []
    absent: list[tuple[str, str, str, str]] = []
    for server in servers:
        addresses = _addresses(server, network, held.get(server.id))
        who = f"the server {server.name} ({server.id})"
        if server.status in UNABLE:
            why = f"{who} is left out, for its status is {server.status}"
            remedy = "mend or delete it; once it is ACTIVE, another `up` takes it in"
            absent.append(("portico:nodes.from", "openstack", why, remedy))
        elif addresses:
            backends.append(Backend(server.name, preferred(addresses, subnet.cidr if subnet else None)))
        else:
            why = f"{who} is left out, for it has no IPv4 address there"
            said = network.name if network else ""
            absent.append(("portico:nodes.network", said, why, "name its network"))
    for path, said, why, remedy in absent:
        if backends:
            asker.warn(path, said, why, remedy)
        else:
            asker.refuse(path, said, f"{why}, and no other is left", remedy)
    missing = sorted(set(nodes.names) - {server.name for server in servers})
    if missing:
        asker.refuse(
            "portico:nodes.names",
            ", ".join(missing),
            "there is no such server",
            "look with `openstack server list`",
        )
    elif not servers:
        asker.refuse(
            "portico:nodes.from",
            "openstack",
            "no server carries this tag and metadata",
            "look with `openstack server list`",
        )
    return tuple(backends)


def _addresses(server: Any, network: Network | None, ports: Iterable[Any] | None) -> list[IPv4Address]:
    """The server's own IPv4 addresses in a network, in no order. Nova lists them by the network's name, which
    another network may have too; its ports tell them apart.

    Args:
        ports: the server's; None where they were not told.
    """
    addresses = [
        IPv4Address(entry["addr"])
        for name, entries in (server.addresses or {}).items()
        if network is None or name == network.name
        for entry in entries
        if entry["version"] == 4 and entry.get("OS-EXT-IPS:type", "fixed") == "fixed"
    ]
    if network is None or ports is None:
        return addresses
    here = [port for port in ports if port.network_id == network.id]
    fixed = {each["ip_address"] for port in here for each in port.fixed_ips}
    return [address for address in addresses if str(address) in fixed]


def _wanted(server: Any, nodes: Nodes) -> bool:
    if nodes.names and server.name not in nodes.names:
        return False
    return all((server.metadata or {}).get(key) == value for key, value in (nodes.metadata or {}).items())
