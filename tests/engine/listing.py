"""Everything that a cloud project and a cluster hold, to be compared before and after."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

from sandbox.lifecycle import Sandbox
from sandbox.openstack import clouds
from tools import places

KINDS = (
    "namespaces",
    "clusterroles",
    "clusterrolebindings",
    "ingressclasses",
    "serviceaccounts",
    "configmaps",
    "secrets",
    "services",
    "deployments",
    "daemonsets",
    "ingresses",
    "poddisruptionbudgets",
)

Things = frozenset[str]
"""A line for each thing: what it is, its name, its id."""


def cloud(sandbox: Sandbox, name: str = clouds.USER) -> Things:
    """What a project holds in a region, as its APIs list it."""
    with clouds.connection(sandbox.paths, name) as connection:
        return frozenset(_cloud(connection))


def _cloud(connection: object) -> Iterator[str]:
    compute, network = connection.compute, connection.network  # type: ignore[attr-defined]
    mine = {"project_id": connection.current_project_id}  # type: ignore[attr-defined]
    listed = {
        "server": compute.servers(),
        "server group": compute.server_groups(),
        "port": network.ports(**mine),
        "floating IP": network.ips(**mine),
        "security group": network.security_groups(**mine),
        "security group rule": network.security_group_rules(**mine),
        "network": network.networks(**mine),
    }
    if connection.has_service("load-balancer"):  # type: ignore[attr-defined]
        balancing = connection.load_balancer  # type: ignore[attr-defined]
        listed |= {
            "load balancer": balancing.load_balancers(),
            "listener": balancing.listeners(),
            "pool": balancing.pools(),
            "health monitor": balancing.health_monitors(),
        }
    for what, things in listed.items():
        for thing in things:
            # A floating IP's name is its address; its description says whose it is.
            first, second = ("description", "name") if what == "floating IP" else ("name", "description")
            name = getattr(thing, first, "") or getattr(thing, second, "") or ""
            if name or what != "security group rule":  # Neutron's own rules come and go with their group
                yield f"{what} {name} {thing.id}"


def cluster() -> Things:
    """What the cluster holds, without what comes and goes by itself (pods, events, endpoints)."""
    said = kubectl("get", ",".join(KINDS), "--all-namespaces", "--output", "json")
    return frozenset(
        f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
        for item in json.loads(said)["items"]
    )


OTHERS = re.compile(r"\bt[0-9a-f]{4}-|\bportico-sandbox\b|/hello$")
"""What the stacks of tests (tests/engine/door.py) and the sandbox's own stack make."""


def own(things: Things, stack: str) -> Things:
    """Those that carry a stack's name, as all have to that Portico makes: others come and go meanwhile."""
    return frozenset(thing for thing in things if stack in thing)


def without_others(things: Things, stack: str) -> Things:
    """Those that belong to no other stack, things without a name and of somebody else's included: for tests
    that are alone."""
    return frozenset(thing for thing in things if stack in thing or not OTHERS.search(thing))


def kubectl(*words: str) -> str:
    """What kubectl prints, asked as the operator."""
    command = [sys.executable, "-m", "sandbox", "run", "--", "kubectl", *words]
    return subprocess.run(
        command, cwd=places.CHECKOUT, check=True, stdout=subprocess.PIPE, text=True, timeout=120
    ).stdout


def named(things: Things, what: str, prefix: str) -> list[str]:
    """The names of things of a kind that begin so, sorted; one that is there twice is in it twice."""
    return sorted(
        thing.removeprefix(f"{what} ").rpartition(" ")[0]
        for thing in things
        if thing.startswith(f"{what} {prefix}")
    )
