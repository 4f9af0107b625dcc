"""Whether an `up` would take an LB host's server away: rebuild it, or resize it, which restarts it.

Pure: no Pulumi, no network, no clock. Read by the component and by this folder's ask. A program is not told
what its engine is about to do, so what the state holds is compared with what is planned, property by
property: those that the provider replaces or resizes a server for (terraform-provider-openstack,
compute_instance_v2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from ...later import now
from ...names import Names
from ...openstack.answers import OpenStack
from ...plan.choice import is_id
from .settings import Hosts, Volume

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


def changed(recorded: Mapping[str, Any], planned: Server) -> tuple[str, ...]:
    """The properties for which the server is taken away; empty when it stays. What is in doubt counts as
    changed: it costs a question more.

    Args:
        recorded: the outputs of `openstack:compute/instance:Instance` as the state holds them.
    """
    volume = _volume(recorded)
    image = recorded.get("imageId" if is_id(planned.image) else "imageName")
    if planned.volume and volume:
        image = volume[0]
    flavor = recorded.get("flavorId" if is_id(planned.flavor) else "flavorName")
    checksum = sha1(planned.user_data.encode()).hexdigest()  # noqa: S324 - the provider's own
    same = {
        "volume": (volume is None) if planned.volume is None else _fits(volume, planned.volume),
        "image": image == planned.image,
        "flavor": flavor == planned.flavor,
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


def standing(hosts: Hosts, user_data: str, names: Names, cloud: OpenStack) -> Standing | None:
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
            user_data=user_data,
            volume=hosts.volume,
        )
        if changed(server, planned):
            return None
        flavors.add(str(server.get("flavorName")))
    return Standing(flavors.pop() if len(flavors) == 1 else None)
