"""One cloud as plain values: its secrets, its hypervisors, its ports. Everything that is rendered follows
from a Site.

Pure but for `Secrets.ensure`, which reads or writes one file. Read by every module of sandbox.openstack.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from enum import IntEnum
from pathlib import Path

from sandbox.paths import Paths

REGION = "RegionOne"
"""The region without Octavia: what `OS_CLOUD=portico` names."""

OCTAVIA_REGION = "RegionTwo"
"""The same cloud with Octavia in its catalogue."""

ADDRESS = "127.0.0.1"
"""Every service listens here, inside the cloud's network namespace."""


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
        names = [each.name for each in fields(cls)]
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
class Hypervisor:
    """A machine that servers run on: a name in Nova and OVN, a network namespace, an Open vSwitch of its
    own."""

    name: str
    netns: str
    ovs: Path
    """Folder of its Open vSwitch: sockets. The database socket is `db.sock` in it."""
    state: Path
    """Folder of its Open vSwitch's database."""
    tunnel: str
    """Its address in the network between hypervisors."""

    @property
    def ovsdb(self) -> str:
        """How to reach its Open vSwitch database."""
        return f"unix:{self.ovs}/db.sock"


@dataclass(frozen=True)
class Site:
    """One cloud."""

    paths: Paths
    secrets: Secrets

    @property
    def first(self) -> Hypervisor:
        """The hypervisor that also is the gateway to the external network."""
        paths = self.paths
        return Hypervisor("compute1", paths.cloud, paths.run / "ovs", paths.state / "ovs", ADDRESS)

    @property
    def hypervisors(self) -> tuple[Hypervisor, ...]:
        """All hypervisors."""
        return (self.first,)

    @property
    def ovn(self) -> str:
        """How to reach OVN's two databases, which the first hypervisor's ovsdb-server keeps."""
        return self.first.ovsdb

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
