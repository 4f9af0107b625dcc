"""What an OpenStack cloud is asked for Octavia, beside what is asked for any kind there.

Only reads. Read by openstack.ask through the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from keystoneauth1.exceptions import ClientException
from openstack import exceptions

from ...names import Names
from ...openstack.answers import OpenStack, Quota
from ...openstack.ask import Listed, named
from ...openstack.asker import Asker, quota, told
from ...openstack.cloud import Cloud, one_line
from ...settings.model import Settings


def ask(asker: Asker, _settings: Settings, _names: Names, answers: OpenStack) -> OpenStack:
    """Which provider drivers the region has, and Octavia's quotas."""
    providers = octavia_providers(asker)
    more = _quotas(asker.cloud) if providers else {}
    return replace(answers, octavia_providers=providers, quotas={**answers.quotas, **more})


def listed(cloud: Cloud, names: Names, answers: OpenStack) -> Mapping[str, Listed]:
    """What may stand in the way of the load balancer, by the quota that it counts in."""
    if not answers.octavia_providers:
        return {}
    mine = {"name": names.of("lb"), "project_id": cloud.current_project_id}
    balancers = told(lambda: list(cloud.load_balancer.load_balancers(**mine))) or ()
    # Octavia goes on listing what it deletes.
    return {
        "load_balancers": named(
            balancer for balancer in balancers if "DELETE" not in balancer.provisioning_status
        )
    }


def octavia_providers(asker: Asker) -> tuple[str, ...] | None:
    """The provider drivers of Octavia; empty where the catalogue has none, None where it did not tell."""
    if not asker.cloud.has_service("load-balancer"):
        return ()
    try:
        return tuple(sorted(provider.name for provider in asker.cloud.load_balancer.providers()))
    except exceptions.ForbiddenException as error:
        rule = f"Octavia refuses this project: {one_line(error)}"
        remedy = "ask the cloud's operator for the role load-balancer_member, or use openstack-haproxy"
    except (exceptions.SDKException, ClientException) as error:
        rule = f"the region has Octavia, and it does not answer: {one_line(error)}"
        remedy = "try again later, or ask the cloud's operator"
    asker.refuse("type", "octavia", rule, remedy)
    return None


def _quotas(cloud: Cloud) -> dict[str, Quota]:
    """What the project may have of Octavia's parts, and has. Octavia tells the limits alone: what is used is
    counted, of those that are limited."""
    octavia, mine = cloud.load_balancer, {"project_id": cloud.current_project_id}
    limits = told(lambda: octavia.get_quota(cloud.current_project_id))
    counts = {
        "load_balancers": lambda: len(list(octavia.load_balancers(**mine))),
        "listeners": lambda: len(list(octavia.listeners(**mine))),
        "pools": lambda: len(pools()),
        "members": lambda: sum(len(pool.members or ()) for pool in pools()),
        "health_monitors": lambda: len(list(octavia.health_monitors(**mine))),
    }

    @cache
    def pools() -> list[Any]:
        return list(octavia.pools(**mine))

    limited = {
        name: limit
        for name in counts
        if limits is not None and (limit := getattr(limits, name)) is not None and limit >= 0
    }
    found = {name: quota(limit, told(counts[name])) for name, limit in limited.items()}
    return {name: known for name, known in found.items() if known}
