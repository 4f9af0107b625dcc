"""Whether LB hosts serve: what their agents say on the servers' consoles, and what Nova says of the servers.

Asks and changes nothing; never in previews. Read by kinds. What counts, and why: docs/openstack.md.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from keystoneauth1.exceptions import RetriableConnectionFailure
from openstack import exceptions

from ..connections import cloud
from ..lbhost import console
from ..lbhost.console import HEARTBEAT, Served
from ..openstack import servers
from ..openstack.cloud import Cloud
from ..settings.model import Wait
from .waiting import until

PASSING = (404, 409, 500, 502, 503, 504)
"""Answers about a console that may be gone the next time it is asked for: 409 is Nova's while it makes a
server, and a server that is gone is told by its status."""

UNANSWERED = (exceptions.SDKException, RetriableConnectionFailure)
"""What the cloud's client raises in place of an answer."""

AT_REST = frozenset(
    {"SHUTOFF", "ERROR", "DELETED", "SOFT_DELETED", "PAUSED", "SUSPENDED", "SHELVED", "SHELVED_OFFLOADED"}
)
"""What a server stays in until somebody acts (Nova API guide, server concepts)."""

SLACK = 10
"""Seconds by which a host's clock may differ from this machine's before its lines are no longer believed for
their time alone; also how long a line may take to be seen."""

LISTENED = 65
"""Seconds for which a host that stood already is listened to: agents of a first release spoke once a
minute."""


class NotServing(Exception):
    """Completes a sentence that begins with the host."""


class NoConsole(Exception):
    """This cloud shows no consoles; the text is its answer."""


@dataclass(frozen=True)
class Host:
    """An LB host and its server."""

    name: str
    server_id: str

    def __str__(self) -> str:
        return f"{self.name} (server {self.server_id})"


class Look:
    """One question to one host, asked again and again: does it serve, now?

    A line counts when it was not there at the first look, whatever the clocks say; unless the question is
    strict, also when its own time is not long ago. Lines are compared and not their places, since a log may
    forget its beginning. The server has to be ACTIVE.
    """

    def __init__(self, connection: Cloud, host: Host, *, strict: bool, generation: str | None = None) -> None:
        """`generation`: the one that it has to serve, without a complaint; None when any will do."""
        self.host = host
        self._cloud, self._strict, self._generation = connection, strict, generation
        self._begun = time.monotonic()
        self._first: frozenset[Served] | None = None
        self._status, self._text = "", ""
        self._fresh: Served | None = None

    @property
    def mute(self) -> bool:
        """Whether the console of a server that runs shows nothing at all."""
        return self._status == "ACTIVE" and not self._text.strip()

    def __call__(self) -> str | None:
        """A sentence once it serves.

        Raises:
            NotServing: the server rests, and will for as long as nobody acts.
            NoConsole: this cloud shows none.
        """
        self._status = _status(self._cloud, self.host)
        if not self._status:
            return None
        if self._status in AT_REST:
            raise NotServing(self.why())
        try:
            text = servers.console(self._cloud, self.host.server_id)
        except UNANSWERED as error:
            if isinstance(error, RetriableConnectionFailure) or getattr(error, "status_code", 0) in PASSING:
                return None
            raise NoConsole(str(error)) from None
        self._hear(text)
        return f"{self.host.name} serves {self._fresh.generation}" if self._fresh and self._good() else None

    def _hear(self, text: str) -> None:
        self._text = text
        spoken = console.spoken(text)
        if self._first is None:
            self._first = frozenset(spoken)
        newest = next(reversed(spoken), None)
        if newest and (newest not in self._first or (not self._strict and _is_now(newest.at))):
            self._fresh = newest

    def _good(self) -> bool:
        line = self._fresh
        if line is None or line.generation is None or self._status != "ACTIVE":
            return False
        return self._generation is None or (line.generation == self._generation and not line.complaint)

    def why(self) -> str:
        """Why it does not serve."""
        if self._status != "ACTIVE":
            sentences = {
                "DELETED": "does not exist any more",
                "": "cannot be asked for, since Nova does not answer",
            }
            return sentences.get(self._status, f"is {self._status}")
        heard, waited = self._fresh, f"after {time.monotonic() - self._begun:.0f} s"
        if heard is None:
            return f"is ACTIVE, but says nothing new on its console {waited}, which ends with: {self._end()}"
        wanted = f"generation {self._generation}" if self._generation else "anything"
        if heard.generation is not None and heard.generation == self._generation:
            return f"serves {wanted}, but {waited} its agent still says: {heard.complaint}"
        complains = f"; its agent says: {heard.complaint}" if heard.complaint else ""
        return f"is ACTIVE, but does not serve {wanted} {waited}{complains}"

    def _end(self) -> str:
        lines = [line.strip() for line in self._text.splitlines() if line.strip()]
        return " | ".join(lines[-3:]) or "nothing"


def _status(connection: Cloud, host: Host) -> str:
    """What Nova says of a host's server; nothing when it does not answer."""
    try:
        return servers.status(connection, host.server_id)
    except UNANSWERED:
        return ""


def _is_now(at: float) -> bool:
    return abs(time.time() - at) <= HEARTBEAT + SLACK


class Watch:
    """What is asked of the hosts of one load balancer while an `up` touches them."""

    def __init__(
        self,
        component: pulumi.Resource,
        wait: Wait,
        settle_seconds: int,
        stood: Mapping[str, str],
        late: pulumi.Output[Cloud | None] | None = None,
    ) -> None:
        """Args:
        component: what lines on progress belong to.
        wait: without `rolling` nobody is asked before a host is touched, without `hosts` none in the end.
        settle_seconds: how long a host that this `up` made may take to serve.
        stood: the server ids, by host, from before this `up`; those that are to go included.
        late: the cloud, where the program gave a provider; None where the configuration tells it.
        """
        self._component, self._wait, self._settle_seconds = component, wait, settle_seconds
        self._stood = tuple(Host(name, server_id) for name, server_id in stood.items())
        self._given: set[Host] = set()
        self._late = late

    def missing(self, name: str) -> bool:
        """Whether there is no such host. The state that a program reads is from before a refresh: it may hold
        a server that Nova knows no more."""
        recorded = [host for host in self._stood if host.name == name]
        connection = cloud() if self._late is None and self._asks(self._wait.rolling) else None
        return not recorded or (connection is not None and _status(connection, recorded[0]) == "DELETED")

    async def may_touch(self, name: str, before: Host | None, *, rebuilt: bool) -> str:
        """Waits until the host of that name may be made, changed or rebuilt.

        The host `before` it has to serve. One that is rebuilt takes what it serves with it: then another has
        to be heard in this very moment, the one before it, or for the first any that stands.

        Raises:
            pulumi.RunError: nobody else serves, so it is left alone.
        """
        connection = await self._connection(self._wait.rolling)
        if connection is None:
            return "not asked"
        rebuilt = rebuilt and await asyncio.to_thread(self._alive, connection, name)
        partners = [before] if before else [host for host in self._stood if rebuilt and host.name != name]
        if not partners:
            return f"nobody need serve before {name} is touched"
        looks = [Look(connection, partner, strict=rebuilt) for partner in partners]
        try:
            return await self._one_serves(looks, rebuilt)
        except NotServing as error:
            cure = (
                "delete it and run `pulumi up --refresh`" if rebuilt else "replace it (`pulumi up --replace`)"
            )
            raise pulumi.RunError(
                f"{name} was not touched, for {error}; repair that server, or {cure}; with "
                "portico:wait.rolling: false nobody is asked"
            ) from None

    async def all_serve(self, hosts: Sequence[Host], generations: Sequence[str]) -> str:
        """Waits until every host serves its planned generation and complains of nothing, and says where two
        share a hypervisor. When others are to go after this, each has to be heard in this very moment: that
        is asked for the sake of `rolling` too, of any generation.

        Raises:
            pulumi.RunError: one does not.
        """
        names = {host.name for host in hosts}
        strict = self._wait.rolling and any(host.name not in names for host in self._stood)
        connection = await self._connection(self._wait.hosts or strict)
        if connection is None:
            return "not asked"
        for host, planned in zip(hosts, generations, strict=True):
            generation = planned if self._wait.hosts else None
            look = Look(connection, host, strict=strict, generation=generation)
            try:
                await self._one_serves([look], strict, self._wait.minutes * 60)
            except NotServing as error:
                raise pulumi.RunError(
                    f"{error}; look with `openstack console log show {host.server_id}`"
                ) from None
        await self._apart(connection, hosts)
        return "every host serves what was planned"

    def _asks(self, wanted: bool) -> bool:
        return wanted and not pulumi.runtime.is_dry_run()

    async def _connection(self, wanted: bool) -> Cloud | None:
        if not self._asks(wanted):
            return None
        return cloud() if self._late is None else await self._late.future()

    def _alive(self, connection: Cloud, name: str) -> bool:
        """Whether there is anything to lose: a server of that name that runs, as far as can be known."""
        recorded = [host for host in self._stood if host.name == name]
        return any(_status(connection, host) not in AT_REST for host in recorded)

    async def _one_serves(self, looks: Sequence[Look], strict: bool, seconds: float | None = None) -> str:
        """Waits until one of them serves.

        Raises:
            NotServing: none does.
        """
        stood = all(look.host in self._stood for look in looks)
        if seconds is None:
            seconds = LISTENED if stood else self._settle_seconds
        mute = time.monotonic() + (HEARTBEAT + SLACK if stood else self._settle_seconds)

        def asked() -> str | None:
            answer = _first(looks)
            if answer is None and not strict and time.monotonic() > mute and all(look.mute for look in looks):
                self._given.update(look.host for look in looks)
                raise NoConsole("they stay empty")
            return answer

        names = " or ".join(look.host.name for look in looks)
        try:
            answer = await until(self._component, f"waiting until {names} serves", asked, seconds)
        except NoConsole as error:
            return await self._without_console([look.host for look in looks], str(error))
        if answer is None:
            raise NotServing(_whys(looks))
        return answer

    async def _without_console(self, hosts: Sequence[Host], reason: str) -> str:
        """A host that this `up` made is given time, once; of others nothing can be known."""
        new = [host for host in hosts if host not in self._stood and host not in self._given]
        self._given.update(new)
        seconds = self._settle_seconds if new else 0
        names = ", ".join(host.name for host in hosts)
        pulumi.log.warn(
            f"this cloud shows no consoles ({reason}), so whether {names} serves cannot be known"
            + (f"; it is given {seconds} s" if new else ""),
            self._component,
        )
        await asyncio.sleep(seconds)
        return f"{names} was given {seconds} s"

    async def _apart(self, connection: Cloud, hosts: Sequence[Host]) -> None:
        ids = [host.server_id for host in hosts]
        where = await asyncio.to_thread(servers.hypervisors, connection, ids) if len(ids) > 1 else []
        if len(set(where)) < len(where):
            pulumi.log.warn(
                f"of {', '.join(host.name for host in hosts)} at least two share a hypervisor, whose death "
                "takes both; portico:loadBalancer.hosts.antiAffinity: hard refuses that",
                self._component,
            )


def _first(looks: Sequence[Look]) -> str | None:
    """What the first says that serves.

    Raises:
        NotServing: all of them rest.
    """
    resting = 0
    for look in looks:
        try:
            if answer := look():
                return answer
        except NotServing:
            resting += 1
    if resting == len(looks):
        raise NotServing(_whys(looks))
    return None


def _whys(looks: Sequence[Look]) -> str:
    return ", and ".join(f"{look.host} {look.why()}" for look in looks)
