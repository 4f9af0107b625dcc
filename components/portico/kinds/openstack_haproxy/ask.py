"""What an OpenStack cloud is asked for LB hosts, beside what is asked for any kind there.

Only reads. Read by openstack.ask through the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ...names import Names
from ...openstack.answers import OpenStack
from ...openstack.ask import Asker, Listed, named, quota
from ...openstack.cloud import Cloud
from ...settings.model import Settings


def ask(asker: Asker, settings: Settings, answers: OpenStack) -> OpenStack:
    """Image, flavor, key pair and zones of the hosts, and Nova's quotas."""
    cloud, hosts = asker.cloud, settings.load_balancer.hosts
    if hosts is None:
        raise ValueError("the reader guarantees the section hosts for openstack-haproxy")
    asker.look("hosts.image", hosts.image, "image", cloud.image.find_image)
    flavor = asker.look("hosts.flavor", hosts.flavor, "flavor", cloud.compute.find_flavor)
    asker.look("hosts.keyPair", hosts.key_pair, "keypair", cloud.compute.find_keypair)
    zones = frozenset(zone.name for zone in cloud.compute.availability_zones())
    for zone in hosts.availability_zones:
        if zone not in zones:
            asker.refuse(
                "hosts.availabilityZones",
                zone,
                "there is no such availability zone",
                f"known are {', '.join(sorted(zones))}",
            )
    limits = cloud.compute.get_limits().absolute
    quotas = {
        "instances": quota(limits.instances, limits.instances_used),
        "cores": quota(limits.total_cores, limits.total_cores_used),
        "ram": quota(limits.total_ram, limits.total_ram_used),
        "server_groups": quota(limits.server_groups, limits.server_groups_used),
    }
    return replace(
        answers,
        flavor_name=flavor.name if flavor else None,
        flavor_cores=flavor.vcpus if flavor else 0,
        flavor_ram=flavor.ram if flavor else 0,
        metadata_items=limits.server_meta,
        quotas={**answers.quotas, **quotas},
    )


def listed(cloud: Cloud, names: Names, _answers: OpenStack) -> Mapping[str, Listed]:
    """What may stand in the way of the hosts, by the quota that it counts in."""
    ours = f"^{re.escape(names.prefix)}-"
    return {
        "instances": named(cloud.compute.servers(details=False, name=ours)),
        "server_groups": named(cloud.compute.server_groups()),
    }
