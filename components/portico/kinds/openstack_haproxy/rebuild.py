"""Whether an `up` would take an LB host's server away: rebuild it, or resize it, which restarts it.

Pure: no Pulumi, no network, no clock. Read by the component and by this folder's ask. A program is not told
what its engine is about to do, so what the state holds is compared with what is planned, property by
property: those that the provider replaces or resizes a server for (terraform-provider-openstack,
compute_instance_v2).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from ...later import now
from ...names import Names
from ...openstack.answers import OpenStack
from ...plan.choice import is_id
from .settings import Hosts, Volume

GONE: Mapping[str, str] = {"imageName": "Image not found", "flavorName": "", "flavorId": ""}
"""What a refresh writes into the state of a server whose image or flavor the cloud has no more
(terraform-provider-openstack 3.4.0, compute_instance_v2). The next `up` would replace the server for it, and
could not."""

PROPERTIES = {"image": ("imageName",), "flavor": ("flavorName", "flavorId")}
"""Which of them tell of what."""

POLICIES = {"soft": "soft-anti-affinity", "hard": "anti-affinity", "none": None}
"""By `hosts.antiAffinity`: the policy of the hosts' server group; None: no group."""


@dataclass(frozen=True)
class Server:
    """What is planned for a server, as far as a change of it takes the old one away."""

    image: str
    """An id or a name; so is the flavor. For a volume an id."""
    flavor: str
    zone: str | None
    """None leaves it to Nova, and where the server is then stays right."""
    key_pair: str | None
    port: str
    """The id of its port."""
    group: str | None
    """The id of its server group."""
    user_data: str
    volume: Volume | None = None
    """None: it boots from the flavor's own disk."""


def spared(absent: Collection[str] | None) -> frozenset[str]:
    """The properties that may say that what a server was made of is gone, without a new server.

    Args:
        absent: of image and flavor what the cloud has not; None where it was not asked.
    """
    words = PROPERTIES if absent is None else absent
    return frozenset(each for word in words for each in PROPERTIES[word])


def gone(recorded: Mapping[str, Any], spares: Collection[str]) -> tuple[str, ...]:
    """Those of `spares` that do say so."""
    return tuple(each for each, mark in GONE.items() if each in spares and recorded.get(each) == mark)


def changed(recorded: Mapping[str, Any], planned: Server, spares: Collection[str] = ()) -> tuple[str, ...]:
    """The properties for which the server is taken away; empty when it stays. What is in doubt counts as
    changed: it costs a question more.

    Args:
        recorded: the outputs of `openstack:compute/instance:Instance` as the state holds them.
        spares: as `spared` tells them.
    """
    volume, lost = _volume(recorded), gone(recorded, spares)
    image_key = "imageId" if is_id(planned.image) else "imageName"
    image = recorded.get(image_key)
    if planned.volume and volume:
        image = volume[0]
    flavor_key = "flavorId" if is_id(planned.flavor) else "flavorName"
    checksum = sha1(planned.user_data.encode()).hexdigest()  # noqa: S324 - the provider's own
    same = {
        "volume": (volume is None) if planned.volume is None else _fits(volume, planned.volume),
        "image": image == planned.image or image_key in lost,
        "flavor": recorded.get(flavor_key) == planned.flavor or flavor_key in lost,
        "availabilityZone": planned.zone in (None, recorded.get("availabilityZone")),
        "keyPair": (recorded.get("keyPair") or None) == planned.key_pair,
        "port": _only(recorded.get("networks"), "port") == planned.port,
        "serverGroup": _only(recorded.get("schedulerHints"), "group") == planned.group,
        "userData": recorded.get("userData") in (checksum, planned.user_data),
    }
    return tuple(name for name, stays in same.items() if not stays)


def _only(blocks: Any, key: str) -> Any:
    """What the one block says; None where there is none. Several are nobody's plan."""
    if not blocks:
        return None
    return blocks[0].get(key) if len(blocks) == 1 else blocks


def _volume(recorded: Mapping[str, Any]) -> tuple[str, int, str] | None:
    """The image, the size and the type of the volume that a server boots from."""
    blocks = recorded.get("blockDevices")
    if not blocks:
        return None
    return (
        str(blocks[0].get("uuid")),
        int(blocks[0].get("volumeSize") or 0),
        blocks[0].get("volumeType") or "",
    )


def _fits(recorded: tuple[str, int, str] | None, planned: Volume) -> bool:
    return recorded is not None and recorded[1:] == (planned.size, planned.type or "")


@dataclass(frozen=True)
class Standing:
    """What hosts that stand as they are planned were made of."""

    flavor: str | None
    """The flavor's name."""


def standing(hosts: Hosts, listening: Sequence[int], names: Names, cloud: OpenStack) -> Standing | None:
    """What the hosts were made of; None where one is to be made, rebuilt or resized, as far as the state
    tells it. An image and a flavor that the cloud has no more are compared by what the settings say."""
    own, flavors = cloud.own.recorded, set[str]()
    servers, ports = own.get("instances", {}), own.get("ports", {})
    group = own.get("server_groups", {}).get(names.of("hosts"), {}).get("policies")
    if group != POLICIES[hosts.anti_affinity]:
        return None
    for index in range(hosts.count):
        name = names.of("host", index + 1)
        server, port = servers.get(name), ports.get(f"{name}-port", {})
        if server is None or cloud.network_id not in (None, port.get("networkId")):
            return None
        flavor = cloud.flavor_name or now(hosts.flavor)
        known = flavor in (server.get("flavorName"), server.get("flavorId"))
        zones = hosts.availability_zones
        planned = Server(
            image=cloud.own.booted.get(name) or cloud.image_id or now(hosts.image) or "",
            flavor=str(server.get("flavorName")) if known else flavor or "",
            zone=zones[index % len(zones)] if zones else None,
            key_pair=now(hosts.key_pair),
            port=str(_only(server.get("networks"), "port")),
            group=_only(server.get("schedulerHints"), "group"),
            user_data=hosts.user_data(index, listening),
            volume=hosts.volume,
        )
        if changed(server, planned, spared(cloud.absent or ())):
            return None
        flavors.add(str(server.get("flavorName")))
    return Standing((flavors.pop() or None) if len(flavors) == 1 else None)
