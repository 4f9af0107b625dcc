"""Whether what was planned serves: waits, bounded, with a line on progress, and names the hop that is broken
when it does not.

Asks Nova for consoles and the published address for an answer; changes nothing; never in previews. Read by
loadbalancers and exposure.
"""

import asyncio
import http.client
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import pulumi
from keystoneauth1.exceptions import RetriableConnectionFailure
from openstack import exceptions

from .lbhost import console
from .platforms import openstack
from .settings.model import Wait

PASSING = (500, 502, 503, 504)
"""An API's answers that may be gone the next time it is asked."""

PAUSE = 1.0
"""Seconds between two questions."""


@cache
def cloud() -> openstack.Cloud | None:
    """The cloud that the OpenStack provider uses too; None without credentials."""
    return openstack.connect(pulumi.Config("openstack").get("cloud"))


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
        served = await _until(component, f"waiting until {host} serves {what}", asked, seconds)
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


async def _until(
    component: pulumi.Resource, sentence: str, asked: Callable[[], str | None], seconds: float
) -> str | None:
    """The first answer that is not None, or None when the time is over; a line on progress every ten
    seconds."""
    started = time.monotonic()
    said = started
    while True:
        answer = await asyncio.to_thread(asked)
        now = time.monotonic()
        if answer is not None or now - started > seconds:
            return answer
        if now - said >= 10:
            pulumi.log.info(f"{sentence}: {now - started:.0f} s of at most {seconds:.0f}", component)
            said = now
        await asyncio.sleep(PAUSE)


@dataclass(frozen=True)
class Question:
    """What is asked of the published address in the end."""

    port: int
    tls: bool
    host: str | None
    """The application's host name; None where there is no application, and the controller's own 404 is answer
    enough."""
    path: str = "/"

    def url(self, host: str) -> str:
        """The question as a URL at a host name or an address."""
        usual = 443 if self.tls else 80
        port = "" if self.port == usual else f":{self.port}"
        return f"{'https' if self.tls else 'http'}://{host}{port}{self.path}"


async def address_answers(component: pulumi.Resource, address: str, question: Question, wait: Wait) -> str:
    """Waits until the published address answers for the application.

    A controller that has not read the Ingress yet says 404, one without a ready pod 503: neither is an
    answer.
    """
    if pulumi.runtime.is_dry_run() or wait.until == "nothing":
        return "not asked"
    answer = ""

    def asked() -> str | None:
        nonlocal answer
        try:
            status = _status(address, question)
        except OSError as error:
            answer = f"no answer ({error})"
            return None
        answer = f"HTTP {status}"
        return answer if question.host is None or status not in (404, 502, 503, 504) else None

    url = question.url(address)
    if answered := await _until(component, f"waiting until {url} answers", asked, wait.minutes * 60):
        return answered
    raise pulumi.RunError(
        f"{url} (host {question.host}) does not answer after {wait.minutes} minutes: {answer}; "
        f"{_broken_hop(answer, question)}; portico:wait.until: nothing ends without asking"
    )


def _broken_hop(answer: str, question: Question) -> str:
    if answer.startswith("no answer"):
        return "the floating IP, the rule for the listener or the LB hosts' way to the node ports is broken"
    if answer == "HTTP 404":
        return f"the ingress controller answers, and knows no Ingress for {question.host}{question.path}"
    return "the ingress controller answers, and the application behind it does not"


def _any_certificate() -> ssl.SSLContext:
    """The certificate names the application's host, not the address that is asked, and is not what is asked
    about."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _status(address: str, question: Question) -> int:
    connection: http.client.HTTPConnection
    if question.tls:
        connection = http.client.HTTPSConnection(
            address, question.port, timeout=5, context=_any_certificate()
        )
    else:
        connection = http.client.HTTPConnection(address, question.port, timeout=5)
    try:
        connection.request(
            "GET", question.path, headers={"Host": question.host or address, "User-Agent": "portico"}
        )
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
