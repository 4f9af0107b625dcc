"""Whether LB hosts serve what was planned, read from their servers' consoles through Nova.

Asks and changes nothing; never in previews. Read by loadbalancers.
"""

import asyncio
from collections.abc import Sequence

import pulumi
from keystoneauth1.exceptions import RetriableConnectionFailure
from openstack import exceptions

from ..connections import cloud
from ..lbhost import console
from ..platforms import openstack
from ..settings.model import Wait
from .waiting import until

PASSING = (500, 502, 503, 504)
"""An API's answers that may be gone the next time it is asked."""


async def serves_at_all(component: pulumi.Resource, host: str, server_id: str, seconds: int) -> str:
    """Waits until a host has said, ever since it was made, that it serves some generation."""
    if pulumi.runtime.is_dry_run():
        return "not asked in a preview"
    return await _host_serves(component, host, server_id, None, seconds)


async def hosts_serve(
    component: pulumi.Resource,
    hosts: Sequence[str],
    server_ids: Sequence[str],
    generations: Sequence[str],
    wait: Wait,
) -> str:
    """Waits until every host serves its planned generation, and says where two hosts share a hypervisor."""
    if pulumi.runtime.is_dry_run() or wait.until == "nothing":
        return "not asked"
    seconds = wait.minutes * 60
    for host, server_id, generation in zip(hosts, server_ids, generations, strict=True):
        await _host_serves(component, host, server_id, generation, seconds)
    connection = cloud()
    if connection is not None and len(hosts) > 1:
        where = await asyncio.to_thread(openstack.hypervisors, connection, server_ids)
        if len(set(where)) < len(hosts):
            pulumi.log.warn(
                f"of {', '.join(hosts)} at least two share a hypervisor, whose death takes both; "
                "portico:loadBalancer.hosts.antiAffinity: hard refuses that",
                component,
            )
    return "every host serves what was planned"


async def _host_serves(
    component: pulumi.Resource, host: str, server_id: str, generation: str | None, seconds: int
) -> str:
    connection = cloud()
    if connection is None:
        return "not asked: no credentials"
    what = f"generation {generation}" if generation else "anything"
    text = ""

    def asked() -> str | None:
        nonlocal text
        try:
            text = openstack.console(connection, server_id)
        except RetriableConnectionFailure:
            return None
        except exceptions.HttpException as error:
            if error.status_code in PASSING:
                return None
            raise
        said = console.serving(text)
        if said is None or said.generation is None or generation not in (None, said.generation):
            return None
        return f"{host} serves {said.generation}"

    try:
        served = await until(component, f"waiting until {host} serves {what}", asked, seconds)
    except exceptions.SDKException as error:
        pulumi.log.warn(
            f"{host}: this cloud shows no consoles ({error}); waiting {seconds} s instead", component
        )
        await asyncio.sleep(seconds)
        return f"{host} was given {seconds} s"
    if served:
        return served
    said = console.serving(text)
    complaint = said.complaint if said else None
    last = " | ".join(line.strip() for line in text.splitlines()[-3:] if line.strip())
    raise pulumi.RunError(
        f"{host} (server {server_id}) is ACTIVE but does not serve {what} after {seconds} s; "
        + (
            f"its agent says: {complaint}"
            if complaint
            else f"its agent has said nothing; the console ends with: {last or 'nothing'}"
        )
        + f"; look with `openstack console log show {server_id}`"
    )
