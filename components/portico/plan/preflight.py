"""Whether the platform can carry the plan: judged before the first resource, all reasons at once.

Pure: no Pulumi, no network, no clock. What was not asked is not judged. Where the technique needs what:
docs/openstack.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from ..capabilities import Capabilities, OpenStack
from ..lbhost import Fleet, Host, payload
from ..names import Names
from ..problems import Problem, Refused
from ..settings.model import OpenStack as Where
from ..settings.model import Settings
from ..traffic import Backend, Health, Listener
from .octavia import OctaviaPlan
from .openstack_haproxy import OpenStackHAProxyPlan


@dataclass(frozen=True)
class Traffic:
    """What comes in and where it goes, as far as it is known."""

    listeners: tuple[Listener, ...]
    backends: tuple[Backend, ...] | None
    health: Health


SECTION = "portico:loadBalancer"
NEEDED_EXTENSIONS = ("allowed-address-pairs", "port-security", "security-group")
DEFAULT_RULES = 2
"""Neutron gives a new security group an egress rule for IPv4 and one for IPv6."""


def preflight(
    plan: object, traffic: Traffic, settings: Settings, capabilities: Capabilities, names: Names
) -> None:
    """Checks a load balancer's plan against what the platform answered.

    Raises:
        Refused: with every reason.
    """
    problems = list(capabilities.problems)
    can, where = capabilities.openstack, settings.load_balancer.openstack
    if isinstance(plan, OpenStackHAProxyPlan):
        problems.extend(_payload(plan, traffic))
    if can and where:
        if isinstance(plan, OpenStackHAProxyPlan):
            problems.extend(_pairs(where, can))
            problems.extend(_quotas(_pair_needs(plan, can, names), can))
        if isinstance(plan, OctaviaPlan):
            problems.extend(_octavia(plan, can))
            problems.extend(
                _quotas(
                    {"floating_ips": _missing([names.of("address")], can) if _makes_address(plan) else 0}, can
                )
            )
    if problems:
        raise Refused(f"{names.prefix}: the platform cannot carry this plan; nothing was made", problems)


def _payload(plan: OpenStackHAProxyPlan, traffic: Traffic) -> Iterator[Problem]:
    """Whether the configuration fits the metadata of a host, tried with addresses of the right length."""
    if traffic.backends is None:
        return
    addresses = [IPv4Address("203.0.113.100") + index for index in range(len(plan.hosts.value) + 2)]
    fleet = Fleet(
        listeners=traffic.listeners,
        backends=traffic.backends,
        health=traffic.health,
        timers=plan.timers.value,
        vip=addresses[0],
        gateway=addresses[1],
        router_id=plan.router_id,
        hosts=tuple(
            Host(host.name, address) for host, address in zip(plan.hosts.value, addresses[2:], strict=True)
        ),
        max_connections=plan.max_connections,
    )
    try:
        payload.pack(fleet, fleet.hosts[-1], plan.metadata_items)
    except payload.PayloadTooLarge as error:
        yield Problem("portico:nodes", "", str(error))


def _pairs(where: Where, can: OpenStack) -> Iterator[Problem]:
    for extension in NEEDED_EXTENSIONS:
        if can.extensions is not None and extension not in can.extensions:
            yield Problem(
                f"{SECTION}.type",
                "'openstack-haproxy'",
                f"needs Neutron's extension {extension}, which this region lacks",
                "use HAProxy on machines outside, or ask the cloud's operator for it",
            )
    if can.foreign_network and not where.address_pairs_allowed:
        yield Problem(
            f"{SECTION}.openstack.network",
            repr(where.network),
            "belongs to another project, and only its owner may set allowed address pairs on ports there",
            "use a network of your own, or have it allowed and set openstack.addressPairsAllowed: true",
        )


def _pair_needs(plan: OpenStackHAProxyPlan, can: OpenStack, names: Names) -> Mapping[str, int]:
    hosts = _missing([host.name for host in plan.hosts.value], can)
    group = _missing([names.of("hosts")], can)
    return {
        "instances": hosts,
        "cores": hosts * can.flavor_cores,
        "ram": hosts * can.flavor_ram,
        "ports": _missing([names.of("vip"), *(f"{host.name}-port" for host in plan.hosts.value)], can),
        "security_groups": group,
        "security_group_rules": group and len(plan.rules) + DEFAULT_RULES,
        "server_groups": group if plan.server_group_policy.value else 0,
        "floating_ips": _missing([names.of("address")], can) if _makes_address(plan) else 0,
    }


def _missing(wanted: list[str], can: OpenStack) -> int:
    return sum(name not in can.made for name in wanted)


def _makes_address(plan: OpenStackHAProxyPlan | OctaviaPlan) -> bool:
    return plan.public.value and plan.floating_ip_said is None


def _quotas(needs: Mapping[str, int], can: OpenStack) -> Iterator[Problem]:
    for resource, more in needs.items():
        quota = can.quotas.get(resource)
        if more and quota and not quota.room_for(more):
            what, room = resource.replace("_", " "), max(0, quota.limit - quota.used)
            raised = f"openstack quota set --{_option(resource)} {quota.used + more} PROJECT"
            yield Problem(
                f"{SECTION}.openstack",
                "",
                f"needs {more} more {what}, and the quota of {quota.limit} has room for {room}",
                f"raise it (`{raised}`) or make room",
            )


def _option(resource: str) -> str:
    names = {
        "security_groups": "secgroups",
        "security_group_rules": "secgroup-rules",
        "floating_ips": "floating-ips",
    }
    return names.get(resource, resource.replace("_", "-"))


def _octavia(plan: OctaviaPlan, can: OpenStack) -> Iterator[Problem]:
    providers = can.octavia_providers
    if providers is None:
        return
    if not providers:
        yield Problem(
            f"{SECTION}.type",
            "'octavia'",
            "this region has no Octavia that answers",
            "set loadBalancer.type: openstack-haproxy",
        )
    elif plan.provider.value not in providers and not (
        plan.provider.value == "amphora" and "octavia" in providers
    ):
        yield Problem(
            f"{SECTION}.octavia.provider",
            repr(plan.provider.value),
            f"this region's Octavia has the providers {', '.join(providers)}",
            "choose one of them",
        )
