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
from ...openstack.cloud import Cloud
from ...settings.model import Settings


def ask(asker: Asker, _settings: Settings, answers: OpenStack) -> OpenStack:
    """Which provider drivers the region has."""
    return replace(answers, octavia_providers=octavia_providers(asker.cloud))


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


def octavia_providers(cloud: Cloud) -> tuple[str, ...]:
    """The provider drivers of Octavia; empty where the catalogue has no Octavia or the one listed does not
    answer."""
    if not cloud.has_service("load-balancer"):
        return ()
    try:
        return tuple(sorted(provider.name for provider in cloud.load_balancer.providers()))
    except (exceptions.SDKException, ClientException):
        return ()
