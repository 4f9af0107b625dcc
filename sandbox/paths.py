"""Where everything of the sandbox lies, and what its namespaces are called.

Pure but for reading two environment variables in `Paths.here`. Read by every module of the sandbox.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LONGEST_ROOT = 70
"""Longest data folder, in characters: a Unix socket's whole path must stay below 108 (unix(7)) and ours add
up to 35."""


@dataclass(frozen=True)
class Paths:
    """The data folder and the prefix of one sandbox; everything else follows from these two."""

    root: Path
    """`$PORTICO_DATA/sandbox`, absolute."""

    prefix: str = "portico"
    """What the names of network namespaces begin with; another one lets two sandboxes live side by side."""

    @classmethod
    def here(cls, environ: Mapping[str, str] = os.environ) -> Paths:
        """The sandbox that PORTICO_DATA and PORTICO_SANDBOX name, by default ~/.cache/portico and
        `portico`."""
        cache = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "/root")) / ".cache")
        data = Path(environ.get("PORTICO_DATA") or cache / "portico")
        return cls(root=data.absolute() / "sandbox", prefix=environ.get("PORTICO_SANDBOX") or "portico")

    @property
    def programs(self) -> Path:
        """Downloaded programs: the OpenStack venv, unpacked Debian packages. Kept by `down`."""
        return self.root / "programs"

    @property
    def bin(self) -> Path:
        """Wrappers of the unpacked programs that others look up on PATH. Kept by `down`."""
        return self.programs / "bin"

    @property
    def venv(self) -> Path:
        """The virtual environment that holds OpenStack. Kept by `down`."""
        return self.programs / "openstack"

    @property
    def image(self) -> Path:
        """The root file system that every server boots (an overlay on it). Kept by `down`."""
        return self.root / "image"

    @property
    def snapshots(self) -> Path:
        """One folder for each snapshot, named after its key. Kept by `down`."""
        return self.root / "snapshots"

    @property
    def state(self) -> Path:
        """What the services write: databases, keys, disks of servers. `down` throws it away."""
        return self.root / "state"

    @property
    def etc(self) -> Path:
        """Rendered configuration files. `down` throws them away."""
        return self.root / "etc"

    @property
    def run(self) -> Path:
        """Sockets, start scripts, the state of the supervisor. `down` throws it away."""
        return self.root / "run"

    @property
    def log(self) -> Path:
        """One log for each program. Kept by `down` so that a failure can be read afterwards; emptied by
        `up`."""
        return self.root / "log"

    @property
    def secrets(self) -> Path:
        """Passwords made for this sandbox (mode 0600)."""
        return self.root / "secrets.json"

    @property
    def clouds(self) -> Path:
        """The clouds.yaml for openstacksdk and Pulumi (mode 0600)."""
        return self.root / "clouds.yaml"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig (mode 0600)."""
        return self.root / "kubeconfig"

    @property
    def facts(self) -> Path:
        """What a stack file or a test needs to know about this sandbox, as JSON."""
        return self.root / "facts.json"

    @property
    def lock(self) -> Path:
        """Held by the command that changes the sandbox, so that two never do at once."""
        return self.root / "lock"

    def netns(self, name: str) -> str:
        """The network namespace called `name` in this sandbox: cloud, inet, kube or a worker."""
        return f"{self.prefix}-{name}"

    @property
    def cloud(self) -> str:
        """The namespace of the OpenStack services and of OVN."""
        return self.netns("cloud")

    @property
    def inet(self) -> str:
        """The namespace that plays the internet: the operator and the clients sit there."""
        return self.netns("inet")

    @property
    def kube(self) -> str:
        """The namespace of the Kubernetes control plane."""
        return self.netns("kube")
