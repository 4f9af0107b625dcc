"""Read-only questions about a server that is there: its console, its status, where it runs.

Speaks HTTPS through openstacksdk and changes nothing. Read by serving.
"""

from __future__ import annotations

from collections.abc import Iterable

from openstack import exceptions

from .cloud import Cloud


def console(cloud: Cloud, server_id: str) -> str:
    """The newest lines of a server's console.

    Raises:
        openstack.exceptions.SDKException: the cloud shows no consoles.
    """
    return str(cloud.compute.get_server_console_output(server_id, length=400)["output"])


def status(cloud: Cloud, server_id: str) -> str:
    """What Nova says of a server: ACTIVE, SHUTOFF ...; DELETED when there is none of that id.

    Raises:
        openstack.exceptions.SDKException: Nova does not answer.
    """
    try:
        return str(cloud.compute.get_server(server_id).status)
    except exceptions.NotFoundException:
        return "DELETED"


def hypervisors(cloud: Cloud, server_ids: Iterable[str]) -> list[str]:
    """Where servers run: the project's own token for each server's hypervisor (Nova API, servers, hostId)."""
    return [str(cloud.compute.get_server(server_id).host_id) for server_id in server_ids]
