"""One cloud as plain values: its secrets, its hypervisors, its ports. Everything that is rendered follows
from a Site.

Pure but for `Secrets.ensure`, which reads or writes one file. Read by every module of sandbox.openstack.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields, replace
from enum import IntEnum
from ipaddress import IPv4Network
from pathlib import Path

from sandbox.paths import Paths

REGION = "RegionOne"
"""The region without Octavia: what `OS_CLOUD=portico` names."""

OCTAVIA_REGION = "RegionTwo"
"""The same cloud with Octavia in its catalogue."""

ADDRESS = "127.0.0.1"
"""Every service listens here, inside the cloud's network namespace."""

TUNNELS = IPv4Network("10.98.0.0/24")
"""The network between hypervisors."""


class Port(IntEnum):
    """Where each service listens. The APIs answer on the same port in the operator's namespace."""

    KEYSTONE = 25000
    PLACEMENT = 28778
    NOVA = 28774
    METADATA = 28775
    GLANCE = 29292
    NEUTRON = 29696
    OCTAVIA = 29876
    MARIADB = 23306
    RABBITMQ = 25672
    RABBITMQ_DISTRIBUTION = 25673
    EPMD = 24369


APIS = (Port.KEYSTONE, Port.PLACEMENT, Port.NOVA, Port.GLANCE, Port.NEUTRON, Port.OCTAVIA)
"""The ports that are relayed to the operator."""


@dataclass(frozen=True)
class Secrets:
    """Passwords, made at random for each sandbox, 32 hexadecimal digits each."""

    admin: str
    demo: str
    service: str
    """Of Nova, Neutron and the others towards Keystone."""
    database: str
    messaging: str
    metadata: str
    """Signs what the metadata proxy says about who asks."""

    @classmethod
    def ensure(cls, path: Path) -> Secrets:
        """The secrets in the file, which is written (mode 0600) if it is not there or not complete."""
        names = [field.name for field in fields(cls)]
        known = json.loads(path.read_text()) if path.exists() else {}
        if sorted(known) != sorted(names):
            known = {name: secrets.token_hex(16) for name in names}
            path.parent.mkdir(parents=True, exist_ok=True)
            write_secret(path, json.dumps(known, indent=1))
        return cls(**known)

    def values(self) -> list[str]:
        """All of them, for those who must not print them."""
        return list(asdict(self).values())


def write_secret(path: Path, text: str) -> None:
    """Writes a file that only its owner can read; readers see the old content or the new, never a part."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    partial.rename(path)


@dataclass(frozen=True)
class Station:
    """A place of Open vSwitch's and OVN's programs: they find one another by the sockets in one folder."""

    netns: str
    run: Path
    """Folder of the sockets; that of the databases' server is `db.sock`."""
    state: Path
    """Folder of the databases."""

    @property
    def ovsdb(self) -> str:
        """How to reach its databases."""
        return f"unix:{self.run}/db.sock"


@dataclass(frozen=True, kw_only=True)
class Hypervisor(Station):
    """A machine that servers run on: an Open vSwitch of its own in a network namespace of its own.

    Its nova-compute sits with the other services and only plugs servers in here. What it has to say to the
    cloud goes through sockets, so the network between hypervisors carries servers' packets and nothing else.
    """

    name: str
    """In Nova and in OVN."""
    tunnel: str
    """Its address in the network between hypervisors."""
    gateway: bool = False
    """Whether the cable to the external network ends here."""


@dataclass(frozen=True)
class Site:
    """One cloud."""

    paths: Paths
    secrets: Secrets

    @property
    def first(self) -> Hypervisor:
        """The hypervisor in the cloud's own namespace. It is the gateway to the external network, and what is
        no server is plugged in there."""
        return replace(self._hypervisor(1), netns=self.paths.cloud, gateway=True)

    @property
    def hypervisors(self) -> tuple[Hypervisor, ...]:
        """All hypervisors."""
        return self.first, self._hypervisor(2)

    def _hypervisor(self, number: int) -> Hypervisor:
        name, paths = f"compute{number}", self.paths
        return Hypervisor(
            name=name,
            netns=paths.netns(name),
            run=paths.run / name,
            state=paths.state / f"ovs-{name}",
            tunnel=str(TUNNELS[number]),
        )

    @property
    def central(self) -> Station:
        """Where OVN's northbound and southbound database and their compiler are."""
        return Station(self.paths.cloud, self.paths.run / "ovn", self.paths.state / "ovn")

    @property
    def ovn(self) -> str:
        """How to reach OVN's two databases."""
        return self.central.ovsdb

    def etc(self, *parts: str) -> Path:
        """A file below the folder of configurations."""
        return self.paths.etc.joinpath(*parts)

    def database(self, name: str) -> str:
        """SQLAlchemy's URL of a database."""
        return (
            f"mysql+pymysql://openstack:{self.secrets.database}@{ADDRESS}:{Port.MARIADB}/{name}?charset=utf8"
        )

    @property
    def messaging(self) -> str:
        """oslo.messaging's URL of the message queue."""
        return f"rabbit://openstack:{self.secrets.messaging}@{ADDRESS}:{Port.RABBITMQ}/"

    def url(self, port: Port, path: str = "") -> str:
        """The URL of an API."""
        return f"http://{ADDRESS}:{int(port)}{path}"
