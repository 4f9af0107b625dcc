"""Whether an `up` would take an LB host's server away: rebuild it, or resize it, which restarts it.

Pure: no Pulumi, no network, no clock. Read by the component. A program is not told what its
engine is about to do, so what the state holds is compared with what is planned, property by property: those
that the provider replaces or resizes a server for (terraform-provider-openstack, compute_instance_v2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from ...plan.choice import is_id


@dataclass(frozen=True)
class Server:
    """What is planned for a server, as far as a change of it takes the old one away."""

    image: str
    """An id or a name; so is the flavor."""
    flavor: str
    zone: str | None
    """None leaves it to Nova, and where the server is then stays right."""
    key_pair: str | None
    port: str
    """The id of its port."""
    group: str | None
    """The id of its server group."""
    user_data: str


def changed(recorded: Mapping[str, Any], planned: Server) -> tuple[str, ...]:
    """The properties for which the server is taken away; empty when it stays. What is in doubt counts as
    changed: it costs a question more.

    Args:
        recorded: the outputs of `openstack:compute/instance:Instance` as the state holds them.
    """
    image = recorded.get("imageId" if is_id(planned.image) else "imageName")
    flavor = recorded.get("flavorId" if is_id(planned.flavor) else "flavorName")
    checksum = sha1(planned.user_data.encode()).hexdigest()  # noqa: S324 - the provider's own
    same = {
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
