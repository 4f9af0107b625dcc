"""The LB hosts of the kind openstack-haproxy, as they are written in the settings.

Pure: no Pulumi, no network, no clock. Read by settings and by this kind's plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from ...fields import Input, Network, Section, Text, one_of, whole
from ...openstack import settings as openstack

if TYPE_CHECKING:
    from ...settings.model import Settings
    from ...settings.reading import Reading

MOST_CONNECTIONS = 200_000
"""What an LB host can be given: HAProxy needs 2.5 descriptors for each, and systemd's hard limit is
524288."""

HOSTS = ("loadBalancer", "hosts")


@dataclass(frozen=True)
class Hosts(Section):
    """The LB hosts (type openstack-haproxy)."""

    image: Input[Text]
    """A Debian or Ubuntu cloud image, by id or name. Required."""
    flavor: Input[Text]
    """By id or name. One core and 512 MiB suffice. Required."""
    count: Annotated[int, whole(1, 5)] = 2
    """1..5. One has no failover."""
    timers: Annotated[str, one_of("steady", "fast")] = "steady"
    """`steady` (failover in 0.6-0.75 s, a pause of half a second moves nothing) or `fast` (0.3-0.4 s)."""
    anti_affinity: Annotated[str, one_of("soft", "hard", "none")] = "soft"
    """`soft`: on different hypervisors where possible, and said when not; `hard`: or fail; `none`."""
    availability_zones: tuple[Text, ...] = ()
    """The hosts are spread over these in turn. Default: Nova's choice."""
    router_id: Annotated[int, whole(1, 255)] = 51
    """The VRRP router id, 1..255. Several pairs on one network may have the same: docs/lb-host.md."""
    max_connections: Annotated[int, whole(100, MOST_CONNECTIONS)] = 4000
    """Concurrent connections per host, 100..200000. HAProxy needs about two file descriptors for each."""
    max_connections_per_source: Annotated[int, whole(1, MOST_CONNECTIONS)] | None = None
    """The most of these that one client address may have, 1..maxConnections; more are refused at once.
    Clients behind one NAT, proxy or CDN share an address, and so share this. Default: half of
    maxConnections."""
    key_pair: Input[Text] | None = None
    """A Nova key pair for logging in. Default: none."""
    ssh_from: tuple[Network, ...] = ()
    """Who may reach port 22 of the hosts. Default: nobody."""
    settle_seconds: Annotated[int, whole(10, 1800)] = 90
    """How long a host that was made or replaced may take to serve before the next one is touched is given up,
    10..1800. Where the cloud shows no consoles, such a host is given this time instead."""

    remedies: ClassVar = {
        "image": "name a Debian or Ubuntu cloud image",
        "flavor": "name one with a core and 512 MiB or more",
    }

    def check(self, read: Reading, settings: Settings) -> None:  # noqa: ARG002 - as every section
        share, most = self.max_connections_per_source, self.max_connections
        if share is not None and share > most:
            read.wrong(
                *HOSTS,
                "maxConnectionsPerSource",
                rule=f"must not be more than maxConnections, which is {most}",
                remedy="lower it, or raise maxConnections",
            )
        if self.ssh_from and self.key_pair is None:
            read.wrong(
                *HOSTS,
                "keyPair",
                rule="is required with sshFrom",
                remedy="without a key pair nobody can log in",
            )


SECTIONS = {**openstack.SECTIONS, "hosts": Hosts}
"""The keys under `loadBalancer` that this kind takes."""
