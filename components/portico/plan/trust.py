"""Whose PROXY header would be believed, and should not be.

Pure: no Pulumi, no network, no clock. Read by the plans of the kinds whose load balancer has addresses that
nobody knows before it is made: the controller then believes the whole subnet that they come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from ..problems import Problem
from ..traffic import Backend

SHOWN = 3
"""How many nodes a sentence names."""


def believed_nodes(
    backends: Sequence[Backend] | None, subnets: Sequence[IPv4Network], path: str, opening: str
) -> Iterator[Problem]:
    """A problem for each subnet that nodes stand in. Pods reach other nodes under their own node's address
    (Kubernetes, Networking, masquerading), so each could name any client's.

    Args:
        backends: None where they are not known.
        subnets: whose PROXY headers the controller believes.
        path: the setting that names the subnets.
        opening: the setting that takes the risk.
    """
    for subnet in subnets:
        if inside := [backend for backend in backends or () if backend.address in subnet]:
            yield Problem(
                path,
                str(subnet),
                f"holds nodes ({_listed(inside)}), and PROXY headers are believed from all of it: whoever "
                "runs a pod could name any client's address",
                f"give the load balancer a subnet without nodes, or set {opening}: true",
            )


def _listed(backends: Sequence[Backend]) -> str:
    shown = ", ".join(f"{backend.name} {backend.address}" for backend in backends[:SHOWN])
    return shown if len(backends) <= SHOWN else f"{shown} and {len(backends) - SHOWN} more"
