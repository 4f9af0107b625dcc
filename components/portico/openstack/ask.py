"""Read-only questions to an OpenStack region; the answers are capabilities, and what went wrong while asking
is a problem.

Speaks HTTPS through openstacksdk and changes nothing. Read by preflight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Protocol, TypeVar, cast

from openstack import exceptions

from ..capabilities import Capabilities
from ..kinds.table import chosen
from ..later import Later, now
from ..names import Names
from ..openstack.settings import OpenStack as Where
from ..plan.choice import is_id
from ..problems import Problem
from ..settings import Settings
from ..settings.model import Nodes
from ..traffic import Backend
from .answers import Admission, FloatingIp, OpenStack, Own, Quota, Stranger, Subnet
from .cloud import Cloud

T = TypeVar("T")
Listed = list[tuple[str, str]]
"""What stands in a project: names, or descriptions where nothing has a name, each with its id."""
SECTION = "portico:loadBalancer"


@dataclass
class Asker:
    """Asks, and notes what has no answer."""

    cloud: Cloud
    problems: list[Problem]
    warnings: list[Problem] = field(default_factory=list)
    """What is wrong and does no harm today."""

    def found(self, path: str, said: str, what: str, find: Callable[[str], T | None]) -> T | None:
        """What a name or id means; a problem where it means nothing or several things."""
        try:
            thing = find(said)
        except exceptions.DuplicateResource:
            self.refuse(path, said, f"several {what}s have this name", "give the id instead")
            return None
        if thing is None:
            self.refuse(
                path,
                said,
                f"there is no such {what} that this project can see",
                f"look with `openstack {what} list`",
            )
        return thing

    def look(
        self, path: str, said: str | Later | None, what: str, find: Callable[[str], T | None]
    ) -> T | None:
        """As `found`; what is not named, or known only while the program runs, is not looked up."""
        known = now(said)
        return self.found(path, known, what, find) if known is not None else None

    def refuse(self, path: str, said: object, rule: str, remedy: str = "") -> None:
        self.problems.append(_problem(path, said, rule, remedy))

    def warn(self, path: str, said: object, rule: str, remedy: str = "") -> None:
        self.warnings.append(_problem(path, said, rule, remedy))


def _problem(path: str, said: object, rule: str, remedy: str) -> Problem:
    return Problem(path if ":" in path else f"{SECTION}.{path}", repr(said), rule, remedy)


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
    answers = replace(_where(asker, where, own) if where else OpenStack(), own=own)
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
        answers = _others(cloud, answers, more)
    if nodes and nodes.source == "openstack":
        network = nodes.network or (where.network if where else None)
        backends = None if isinstance(network, Later) else _servers(asker, nodes, network)
    return Capabilities(
        openstack=answers,
        backends=backends,
        problems=tuple(asker.problems),
        warnings=tuple(asker.warnings),
    )


def _where(asker: Asker, where: Where, own: Own) -> OpenStack:
    address = now(where.floating_ip)
    network = asker.look("openstack.network", where.network, "network", asker.cloud.network.find_network)
    answers = OpenStack(
        extensions=frozenset(extension.alias for extension in asker.cloud.network.extensions()),
        quotas=_network_quotas(asker.cloud),
    )
    if network is not None:
        answers = replace(
            answers,
            network_id=network.id,
            subnet=None if isinstance(where.subnet, Later) else _subnet(asker, where, network.id),
            foreign_network=network.project_id != asker.cloud.current_project_id,
        )
    outside = now(where.external_network)
    if where.public and address:
        answers = replace(answers, floating_ip=_floating_ip(asker, address, own))
    elif where.public and where.floating_ip is None and outside:
        answers = replace(answers, external_network=_external_network(asker, outside))
    return answers


def _subnet(asker: Asker, where: Where, network_id: str) -> Subnet | None:
    candidates = list(asker.cloud.network.subnets(network_id=network_id, ip_version=4))
    if where.subnet:
        candidates = [subnet for subnet in candidates if where.subnet in (subnet.id, subnet.name)]
    if len(candidates) != 1:
        found = ", ".join(sorted(subnet.name or subnet.id for subnet in candidates)) or "none"
        asker.refuse(
            "openstack.subnet" if where.subnet else "openstack.network",
            now(where.subnet) or now(where.network) or "",
            f"must mean exactly one IPv4 subnet, and means: {found}",
            "name the subnet in openstack.subnet",
        )
        return None
    subnet = candidates[0]
    cidr = IPv4Network(subnet.cidr)
    if where.vip and where.vip not in cidr:
        asker.refuse(
            "openstack.vip", str(where.vip), f"must be an address of the subnet {cidr}", "or leave it out"
        )
    return Subnet(subnet.id, cidr, IPv4Address(subnet.gateway_ip) if subnet.gateway_ip else None)


def _external_network(asker: Asker, said: str) -> str | None:
    network = asker.found("openstack.externalNetwork", said, "network", asker.cloud.network.find_network)
    if network is None:
        return None
    if not network.is_router_external:
        asker.refuse(
            "openstack.externalNetwork",
            said,
            "must be an external network: floating IPs come from it",
            "look with `openstack network list --external`",
        )
        return None
    return str(network.name)


def _floating_ip(asker: Asker, said: str, own: Own) -> FloatingIp | None:
    query = {"id": said} if is_id(said) else {"floating_ip_address": said}
    found = list(asker.cloud.network.ips(**query))
    if len(found) != 1:
        asker.refuse(
            "openstack.floatingIp",
            said,
            "there is no such floating IP in this project",
            "look with `openstack floating ip list`, or leave it out and a new one is made",
        )
        return None
    floating_ip = found[0]
    if floating_ip.port_id and floating_ip.port_id not in own.vips:
        asker.refuse(
            "openstack.floatingIp",
            said,
            f"is in use: it belongs to the port {floating_ip.port_id}",
            "detach it first, or name another one",
        )
    return FloatingIp(floating_ip.id, IPv4Address(floating_ip.floating_ip_address), floating_ip.port_id)


def _network_quotas(cloud: Cloud) -> dict[str, Quota]:
    try:
        details = cloud.network.get_quota(cloud.current_project_id, details=True)
    except exceptions.HttpException:
        return {}  # some clouds do not show a project its own quota; what cannot be asked is not judged
    return {
        name: quota(value["limit"], value["used"] + value.get("reserved", 0))
        for name in ("ports", "floating_ips", "security_groups", "security_group_rules")
        if isinstance(value := getattr(details, name), dict)
    }


def quota(limit: int | None, used: int | None) -> Quota:
    """A quota as an API tells it; None is unlimited."""
    return Quota(-1 if limit is None else limit, used or 0)


def _others(cloud: Cloud, answers: OpenStack, more: Mapping[str, Listed]) -> OpenStack:
    """What in this project is not the stack's own, as far as it may stand in the way.

    Args:
        more: what only this kind of load balancer makes, by the quota that it counts in.
    """
    own, mine = answers.own, {"project_id": cloud.current_project_id}
    rules = list(cloud.network.security_group_rules(**mine))
    listed: dict[str, Listed] = {
        "ports": named(cloud.network.ports(**mine)),
        "security_groups": named(cloud.network.security_groups(**mine)),
        "security_group_rules": [(rule.description, rule.id) for rule in rules],
        "floating_ips": [(ip.description, ip.id) for ip in cloud.network.ips(**mine)],
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


UNABLE = ("BUILD", "DELETED", "ERROR", "SOFT_DELETED")
"""The statuses of a server that serves nobody, or whose addresses may still change (Nova API, servers)."""


def _servers(asker: Asker, nodes: Nodes, network: str | None) -> tuple[Backend, ...]:
    """The servers that are chosen. One that cannot be a backend is left out: the others serve without it."""
    network_name = network
    if network and is_id(network):
        found = asker.cloud.network.find_network(network)
        network_name = found.name if found else network
    query: dict[str, Any] = {"tags": nodes.tag} if nodes.tag else {}
    servers = [server for server in asker.cloud.compute.servers(**query) if _wanted(server, nodes)]
    backends: list[Backend] = []
    absent: list[tuple[str, str, str, str]] = []
    for server in servers:
        address, who = _address(server, network_name), f"the server {server.name} ({server.id})"
        if server.status in UNABLE:
            why = f"{who} is left out, for its status is {server.status}"
            remedy = "mend or delete it; once it is ACTIVE, another `up` takes it in"
            absent.append(("portico:nodes.from", "openstack", why, remedy))
        elif address is None:
            why = f"{who} is left out, for it has no IPv4 address there"
            absent.append(("portico:nodes.network", str(network), why, "name its network"))
        else:
            backends.append(Backend(server.name, address))
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


def _address(server: Any, network: str | None) -> IPv4Address | None:
    """The server's own IPv4 address on a network; None where it has none."""
    addresses = (
        IPv4Address(entry["addr"])
        for name, entries in (server.addresses or {}).items()
        if network is None or name == network
        for entry in entries
        if entry["version"] == 4 and entry.get("OS-EXT-IPS:type", "fixed") == "fixed"
    )
    return next(addresses, None)


def _wanted(server: Any, nodes: Nodes) -> bool:
    if nodes.names and server.name not in nodes.names:
        return False
    return all((server.metadata or {}).get(key) == value for key, value in (nodes.metadata or {}).items())
