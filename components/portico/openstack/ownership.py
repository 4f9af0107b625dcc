"""What a stack would make, although it is there already and is not its own.

Pure: no Pulumi, no network, no clock. Read by the plans of the kinds there. OpenStack gives a second object
the name of the first without a word, so both of two stacks would serve, and take down, what is the other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network

from ..problems import Problem
from .answers import OpenStack

WORDS = {
    "floating_ips": "floating IP",
    "instances": "server",
    "load_balancers": "load balancer",
    "ports": "port",
    "security_group_rules": "security group rule",
    "security_groups": "security group",
    "server_groups": "server group",
}
"""What counts in a quota, in the user's words."""

PATH = "portico:loadBalancer.openstack"

REMEDY = (
    "after an interrupted `up` run `python -m portico.recovery --stack STACK`; with another checkout or "
    "machine use its state (the same backend); else choose another stack name or delete it"
)

KEPT = "to use it, name it in openstack.floatingIp; "
"""A floating IP may have been kept on purpose."""


def taken(things: Mapping[str, Iterable[str]], cloud: OpenStack) -> Iterator[Problem]:
    """A problem for each of these that is there and is not this stack's own.

    Args:
        things: by quota, every name that the plan gives.
    """
    for stranger in cloud.strangers:
        if stranger.name in things.get(stranger.quota, ()):
            yield Problem(
                PATH,
                f"{WORDS[stranger.quota]} {stranger.name!r} ({stranger.id})",
                "is there, and is not in this stack's state",
                (KEPT if stranger.quota == "floating_ips" else "") + REMEDY,
            )


def admitted(wanted: Iterable[tuple[int, IPv4Network]], cloud: OpenStack) -> Iterator[Problem]:
    """A problem for each node port and source that a rule of the nodes' group admits already."""
    admitting = {(admission.port, admission.source): admission for admission in cloud.admissions}
    for port, source in wanted:
        if rule := admitting.get((port, source)):
            yield Problem(
                "portico:nodes.securityGroup",
                f"security group rule {rule.id}",
                f"admits {source} to TCP port {port} already, and is not in this stack's state; "
                "Neutron refuses a second one",
                f"delete it (`openstack security group rule delete {rule.id}`) and this stack makes its own",
            )
