"""What an OpenStack cloud is asked for LB hosts, beside what is asked for any kind there.

Only reads. Read by openstack.ask through the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openstack import exceptions

from ...later import now
from ...names import Names
from ...openstack.answers import OpenStack, Quota
from ...openstack.ask import Listed, named
from ...openstack.asker import Asker, quota, told
from ...openstack.cloud import Cloud, one_line
from ...settings.model import Settings
from .rebuild import standing
from .settings import Hosts

GIB = 1024**3

NOBODY = "0.0.0.0"
"""What a subnet names that hands out no DNS server (Neutron, DHCP agent, is_dns_servers_any_address)."""


def ask(asker: Asker, settings: Settings, names: Names, answers: OpenStack) -> OpenStack:
    """Image, flavor, key pair, zones and volumes of the hosts, and the quotas of Nova and Cinder.

    What only a host that is to be made needs is a warning as long as all of them stand as they are planned.
    """
    cloud, hosts = asker.cloud, settings.load_balancer.hosts
    if hosts is None:
        raise ValueError("the reader guarantees the section hosts for openstack-haproxy")
    making = Asker(cloud, [])
    image = making.look("hosts.image", hosts.image, "image", cloud.image.find_image)
    flavor = making.look("hosts.flavor", hosts.flavor, "flavor", cloud.compute.find_flavor)
    making.look("hosts.keyPair", hosts.key_pair, "keypair", cloud.compute.find_keypair)
    if image:
        _image(making, image, now(hosts.image) or "")
    if flavor:
        _flavor(making, flavor, image, hosts)
    _zones(making, hosts)
    limits = cloud.compute.get_limits().absolute
    quotas = {
        "instances": quota(limits.instances, limits.instances_used),
        "cores": quota(limits.total_cores, limits.total_cores_used),
        "ram": quota(limits.total_ram, limits.total_ram_used),
        "server_groups": quota(limits.server_groups, limits.server_groups_used),
    }
    _names(asker, answers)
    answers = replace(
        answers,
        absent=frozenset(what for what, found in (("image", image), ("flavor", flavor)) if found is None),
        flavor_name=flavor.name if flavor else None,
        flavor_cores=flavor.vcpus if flavor else 0,
        flavor_ram=flavor.ram if flavor else 0,
        metadata_items=limits.server_meta,
        quotas={**answers.quotas, **_known(quotas)},
    )
    if hosts.volume:
        answers = _volumes(making, hosts, image, answers)
    ports = [listener.port for listener in settings.load_balancer.listeners]
    stands = standing(hosts, ports, names, answers)
    if stands is None:
        asker.problems.extend(making.problems)
        return answers
    asker.warnings.extend(
        str(replace(each, rule=f"{each.rule}; the hosts stand, and none is made or rebuilt without it"))
        for each in making.problems
    )
    return replace(answers, flavor_name=answers.flavor_name or stands.flavor)


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


def _image(asker: Asker, image: Any, said: str) -> None:
    if image.status == "deactivated":
        rule, remedy = "is deactivated, and cannot be booted", "name another image, or have it reactivated"
        asker.refuse("hosts.image", said, rule, remedy)
    elif image.status != "active":
        rule = f"cannot be booted, for its status is {image.status}"
        asker.refuse("hosts.image", said, rule, "wait until it is active, or name another image")
    if image.is_hidden and image.id != said:
        rule = "is hidden, and the OpenStack provider finds a hidden image by its id alone"
        asker.refuse("hosts.image", said, rule, f"name a newer image, or the id {image.id}")


def _flavor(asker: Asker, flavor: Any, image: Any | None, hosts: Hosts) -> None:
    """What Nova asks of a flavor before it makes a server (nova/compute/api.py, _validate_flavor_image)."""
    said, volume = now(hosts.flavor) or "", hosts.volume
    if flavor.disk == 0 and volume is None:
        rule = "has no disk, and Nova boots a server of it from a volume alone"
        remedy = "set hosts.volume, as in `volume: {size: 10}`, or name a flavor with a disk"
        asker.refuse("hosts.flavor", said, rule, remedy)
    if image is None:
        return
    if flavor.ram < (image.min_ram or 0):
        rule = f"has {flavor.ram} MiB of memory, and the image {image.name} wants {image.min_ram}"
        asker.refuse("hosts.flavor", said, rule, "name a flavor with more memory")
    wants = max(image.min_disk or 0, -(-(image.size or 0) // GIB))
    if volume and volume.size < wants:
        rule = f"must be {wants} GiB at least, as the image {image.name} wants it"
        asker.refuse("hosts.volume.size", volume.size, rule, "raise it, or name a smaller image")
    elif volume is None and 0 < flavor.disk < wants:
        rule = f"has a disk of {flavor.disk} GiB, and the image {image.name} wants {wants}"
        asker.refuse("hosts.flavor", said, rule, "name a flavor with a larger disk, or set hosts.volume")


def _zones(asker: Asker, hosts: Hosts) -> None:
    if not hosts.availability_zones:
        return
    listed = asker.cloud.compute.availability_zones()
    zones = {zone.name: bool((zone.state or {}).get("available")) for zone in listed}
    remedy = f"available are {', '.join(sorted(name for name in zones if zones[name])) or 'none'}"
    for zone in dict.fromkeys(hosts.availability_zones):
        if zone not in zones:
            asker.refuse("hosts.availabilityZones", zone, "there is no such availability zone", remedy)
        elif not zones[zone]:
            asker.refuse("hosts.availabilityZones", zone, "is listed as unavailable", remedy)


def _volumes(asker: Asker, hosts: Hosts, image: Any | None, answers: OpenStack) -> OpenStack:
    """The image by its id, for a volume is made from nothing else, and Cinder's quotas."""
    cloud, volume = asker.cloud, hosts.volume
    if volume is None:
        return answers
    answers = replace(answers, image_id=image.id if image else None)
    said, remedy = f"{{size: {volume.size}}}", "leave it out, and name a flavor with a disk"
    if not cloud.has_service("block-storage"):
        rule = "needs a volume service, and this region's catalogue has none"
        asker.refuse("hosts.volume", said, rule, remedy)
        return answers
    try:
        asker.look("hosts.volume.type", volume.type, "volume type", cloud.block_storage.find_type)
        limits = told(lambda: cloud.block_storage.get_limits().absolute)
    except exceptions.HttpException as error:
        asker.refuse("hosts.volume", said, f"the volume service does not answer: {one_line(error)}", remedy)
        return answers
    if limits is None:
        return answers
    quotas = {
        "volumes": quota(limits.max_total_volumes, limits.total_volumes_used),
        "gigabytes": quota(limits.max_total_volume_gigabytes, limits.total_gigabytes_used),
    }
    return replace(answers, quotas={**answers.quotas, **_known(quotas)})


def _known(quotas: Mapping[str, Quota | None]) -> Mapping[str, Quota]:
    return {name: found for name, found in quotas.items() if found}


def listed(cloud: Cloud, names: Names, _answers: OpenStack) -> Mapping[str, Listed]:
    """What may stand in the way of the hosts, by the quota that it counts in."""
    ours = f"^{re.escape(names.prefix)}-"
    return {
        "instances": named(cloud.compute.servers(details=False, name=ours)),
        "server_groups": told(lambda: named(cloud.compute.server_groups())) or [],
    }
