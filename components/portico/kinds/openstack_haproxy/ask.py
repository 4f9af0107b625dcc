"""What an OpenStack cloud is asked for LB hosts, beside what is asked for any kind there.

Only reads. Read by openstack.ask through the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ...names import Names
from ...openstack.answers import OpenStack
from ...openstack.ask import Listed, named
from ...openstack.asker import Asker, quota, told
from ...openstack.cloud import Cloud
from ...settings.model import Settings

NOBODY = "0.0.0.0"
"""What a subnet names that hands out no DNS server (Neutron, DHCP agent, is_dns_servers_any_address)."""


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
    _names(asker, answers)
    return replace(
        answers,
        flavor_name=flavor.name if flavor else None,
        flavor_cores=flavor.vcpus if flavor else 0,
        flavor_ram=flavor.ram if flavor else 0,
        metadata_items=limits.server_meta,
        quotas={**answers.quotas, **{name: found for name, found in quotas.items() if found}},
    )


def _names(asker: Asker, answers: OpenStack) -> None:
    """Whether the hosts learn of a DNS server, by which they find their packages.

    A subnet that names none: OVN hands out those of its own configuration, or of the machine it runs on
    (Neutron, ovn.dns_servers). A DHCP agent hands out itself, and knows no name outside unless it was
    configured to (dnsmasq_dns_servers, dnsmasq_local_resolv). A subnet that names 0.0.0.0 has none handed
    out.
    """
    subnet = answers.subnet
    if subnet is None or subnet.dns is None:
        return
    if subnet.dns == (NOBODY,):
        rule = "has no DNS server handed out"
    elif not subnet.dns and not answers.ovn:
        rule = "names no DNS server, and what Neutron's DHCP agent then answers may know no name outside"
    else:
        return
    asker.warn(
        "openstack.subnet",
        subnet.id,
        f"{rule}: an image without HAProxy finds no package mirror",
        "name one with `openstack subnet set --dns-nameserver ADDRESS SUBNET`",
    )


def listed(cloud: Cloud, names: Names, _answers: OpenStack) -> Mapping[str, Listed]:
    """What may stand in the way of the hosts, by the quota that it counts in."""
    ours = f"^{re.escape(names.prefix)}-"
    return {
        "instances": named(cloud.compute.servers(details=False, name=ours)),
        "server_groups": told(lambda: named(cloud.compute.server_groups())) or [],
    }
