"""Whether a project's quotas have room for what is planned.

Pure: no Pulumi, no network, no clock. Read by the plans of the kinds there. What was not asked is not
judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..problems import Problem
from .answers import OpenStack

COMMANDS = {
    "security_groups": "openstack quota set --secgroups",
    "security_group_rules": "openstack quota set --secgroup-rules",
    "load_balancers": "openstack loadbalancer quota set --loadbalancer",
    "listeners": "openstack loadbalancer quota set --listener",
    "pools": "openstack loadbalancer quota set --pool",
    "members": "openstack loadbalancer quota set --member",
    "health_monitors": "openstack loadbalancer quota set --healthmonitor",
}
"""What raises a quota, where that is not `openstack quota set` with its name in dashes."""


def missing(cloud: OpenStack, quota: str, *wanted: str) -> int:
    """How many of these the stack has not made yet: what it has made needs no more room.

    Args:
        wanted: names, or the descriptions of what has no name.
    """
    existing = cloud.own.made.get(quota, frozenset())
    return sum(name not in existing for name in wanted)


def short(needs: Mapping[str, int], cloud: OpenStack) -> Iterator[Problem]:
    """A problem for each quota that is too small, with the command that raises it."""
    for resource, more in needs.items():
        quota = cloud.quotas.get(resource)
        if more and quota and not quota.room_for(more):
            words, room = resource.replace("_", " "), max(0, quota.limit - quota.used)
            command = COMMANDS.get(resource, f"openstack quota set --{resource.replace('_', '-')}")
            raised = f"{command} {quota.used + more} PROJECT"
            yield Problem(
                "portico:loadBalancer.openstack",
                "",
                f"needs {more} more {words}, and the quota of {quota.limit} has room for {room}",
                f"raise it (`{raised}`) or make room",
            )
