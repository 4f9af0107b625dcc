"""What an OpenStack cloud is asked for Octavia, beside what is asked for any kind there.

Only reads. Read by openstack.ask through the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from keystoneauth1.exceptions import ClientException
from openstack import exceptions

from ...names import Names
from ...openstack.answers import OpenStack
from ...openstack.ask import Asker, Listed, named
from ...openstack.cloud import Cloud, one_line
from ...settings.model import Settings


def ask(asker: Asker, _settings: Settings, answers: OpenStack) -> OpenStack:
    """Which provider drivers the region has."""
    return replace(answers, octavia_providers=octavia_providers(asker))


def listed(cloud: Cloud, names: Names, answers: OpenStack) -> Mapping[str, Listed]:
    """What may stand in the way of the load balancer, by the quota that it counts in."""
    if not answers.octavia_providers:
        return {}
    balancers = cloud.load_balancer.load_balancers(name=names.of("lb"), project_id=cloud.current_project_id)
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
