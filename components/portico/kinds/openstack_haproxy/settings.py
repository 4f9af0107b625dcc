"""The LB hosts of the kind openstack-haproxy, as they are written in the settings.

Pure: no Pulumi, no network, no clock. Read by settings and by this kind's plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Annotated, ClassVar

from ... import values
from ...fields import Flag, Input, Network, Port, Section, Text, one_of, text, whole
from ...lbhost import patching, userdata
from ...openstack import settings as openstack
from .. import table

if TYPE_CHECKING:
    from ...settings.model import Settings
    from ...settings.reading import Reading

MOST_CONNECTIONS = 200_000
"""What an LB host can be given: HAProxy needs 2.5 descriptors for each, and systemd's hard limit is
524288."""

HOSTS = ("loadBalancer", "hosts")


def _syslog(value: object) -> str:
    said = values.text(value)
    address, _, port = said.rpartition(":") if ":" in said else (said, "", "514")
    try:
        return f"{IPv4Address(address)}:{values.whole_number(1, 65535)(int(port))}"
    except ValueError:
        raise values.Wrong(
            "must be an IPv4 address and a port, such as 192.0.2.7:514",
            "a name is not looked up on the hosts",
        ) from None


@dataclass(frozen=True)
class Logs(Section):
    """What the hosts write down of the connections of clients."""

    access: Flag = False
    """Whether a line is written for each connection when it ends, with the client's address: into the host's
    journal (`journalctl -u haproxy`), which journald keeps short. Default: no address is written down."""
    syslog: Annotated[str, text(_syslog)] | None = None
    """A server that gets these lines as well, as `ADDRESS:PORT`, by default port 514: syslog over UDP
    (RFC 5424), in clear."""


@dataclass(frozen=True)
class Volume(Section):
    """The volume that a host boots from. It is made with the host and deleted with it. A change replaces the
    hosts."""

    size: Annotated[int, whole(1, 16_384)]
    """In GiB. The image's min_disk at least. Required."""
    type: Text | None = None
    """A volume type of the cloud, by name. Default: the cloud's."""

    remedies: ClassVar = {"size": "give the GiB of the volume; 10 suffice"}


@dataclass(frozen=True)
class Hosts(Section):
    """The LB hosts (type openstack-haproxy)."""

    image: Input[Text]
    """A Debian or Ubuntu cloud image, by id or name. Required."""
    flavor: Input[Text]
    """By id or name. One core and 512 MiB suffice. Required."""
    volume: Volume | None = None
    """Boots the hosts from a volume, as a flavor without a disk needs it. Default: the flavor's own disk."""
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
    drain_seconds: Annotated[int, whole(60, 604_800)] = 86_400
    """How long connections from before a change of the load balancer last at most, 60..604800: then they are
    cut, in use or not."""
    drain_changes: Annotated[int, whole(1, 500)] | None = None
    """Until how many changes later they last at most, 1..500. Each keeps a HAProxy of its own, of 4 MiB with
    3 nodes and 22 MiB with 1000. Default: as many as fit into 210 MiB and at most 50, so that a host of
    512 MiB bears them: 50 with up to 10 nodes, 36 with 100, 9 with 1000."""
    key_pair: Input[Text] | None = None
    """A Nova key pair for logging in. Default: none."""
    ssh_from: tuple[Network, ...] = ()
    """Who may reach the hosts' own SSH server. Default: nobody."""
    ssh_port: Port = 22
    """Where that listens, 1..65535. A listener may have port 22 where this is another one. Without `keyPair`
    nobody can log in: then a listener on port 22 switches the hosts' SSH server off. A change replaces the
    hosts, one at a time."""
    apt_mirror: Annotated[str, text(values.mirror)] | None = None
    """The URL of the mirror that the hosts' packages come from, where they have no way to the image's own:
    `http://mirror.example.org/debian`, `http://mirror.example.org/ubuntu`. A change replaces the hosts, as it
    does with the next two. Default: the image's own."""
    apt_security_mirror: Annotated[str, text(values.mirror)] | None = None
    """The mirror of the security updates. Default: aptMirror with `-security` behind it, as Debian has it, or
    aptMirror itself where the last part of its path begins with `ubuntu`."""
    http_proxy: Annotated[str, text(values.proxy)] | None = None
    """The URL of the HTTP proxy that apt uses on the hosts, and nothing else there:
    `http://proxy.example.org:3128`. Default: none."""
    patching: Annotated[str, one_of("image", "in-turn")] = "image"
    """When the image's own unattended-upgrades patches a host. `image`: as the image says, which is the same
    hour for all hosts; `in-turn`: host 1 after 2:00, host 2 after 3:00 and so on, by the image's clock. A
    change replaces the hosts, one at a time."""
    metrics_from: tuple[Network, ...] = ()
    """Who may read `http://<host>:61404/metrics`, for Prometheus. Default: nobody."""
    logs: Logs = Logs()
    """What the hosts write down."""
    settle_seconds: Annotated[int, whole(10, 1800)] = 90
    """How long a host that was made or replaced may take to serve before the next one is touched is given up,
    10..1800. Where the cloud shows no consoles, such a host is given this time instead."""

    remedies: ClassVar = {
        "image": "name a Debian or Ubuntu cloud image",
        "flavor": "name one with a core and 512 MiB or more",
    }

    def ssh_listens(self, ports: Iterable[int]) -> int | None:
        """Where the hosts' own SSH server listens beside listeners on these ports; None: nowhere."""
        return None if self.key_pair is None and self.ssh_port in ports else self.ssh_port

    def user_data(self, index: int, ports: Iterable[int]) -> str:
        """What a host is booted with, the first being 0, beside listeners on these ports."""
        packages = None
        if self.apt_mirror or self.http_proxy:
            packages = userdata.Packages(self.apt_mirror, self._security_mirror(), self.http_proxy)
        hour = patching.hour(index) if self.patching == "in-turn" else None
        return userdata.render(self.ssh_listens(ports), hour, packages)

    def _security_mirror(self) -> str | None:
        mirror = self.apt_mirror
        if self.apt_security_mirror or mirror is None:
            return self.apt_security_mirror
        return mirror if mirror.rpartition("/")[2].startswith("ubuntu") else f"{mirror}-security"

    def check(self, read: Reading, settings: Settings) -> None:
        self._ssh_has_a_port(read, settings)
        share, most = self.max_connections_per_source, self.max_connections
        if share is not None and share > most:
            read.wrong(
                *HOSTS,
                "maxConnectionsPerSource",
                rule=f"must not be more than maxConnections, which is {most}",
                remedy="lower it, or raise maxConnections",
            )
        if self.apt_security_mirror and self.apt_mirror is None:
            rule = "is not used without aptMirror"
            read.wrong(*HOSTS, "aptSecurityMirror", rule=rule, remedy="name that too, or leave it out")
        if self.ssh_from and self.key_pair is None:
            read.wrong(
                *HOSTS,
                "keyPair",
                rule="is required with sshFrom",
                remedy="without a key pair nobody can log in",
            )
        if self.logs.syslog and not self.logs.access:
            read.wrong(
                *HOSTS,
                "logs",
                "syslog",
                rule="is used only with `access: true`: it is connections that are told there",
                remedy="say `access: true` too, or leave it out",
            )

    def _ssh_has_a_port(self, read: Reading, settings: Settings) -> None:
        if self.key_pair is None:
            if read.given(*HOSTS, "sshPort"):
                rule = "is not used without keyPair, since nobody can log in"
                read.wrong(*HOSTS, "sshPort", rule=rule, remedy="leave it out")
            return
        taken = table.find(settings.load_balancer.type).taken_ports
        if self.ssh_port in taken:
            rule = f"must not be {self.ssh_port}: {taken[self.ssh_port]} is there"
            read.wrong(*HOSTS, "sshPort", rule=rule, remedy="choose another")
        for index, listener in enumerate(settings.load_balancer.listeners):
            if listener.port == self.ssh_port:
                read.wrong(
                    *("loadBalancer", "listeners", index, "port"),
                    rule=f"must not be {listener.port}: the hosts' own SSH server is there for their keyPair",
                    remedy="say another hosts.sshPort, such as 2222, or leave keyPair out",
                )


SECTIONS = {**openstack.SECTIONS, "hosts": Hosts}
"""The keys under `loadBalancer` that this kind takes."""
