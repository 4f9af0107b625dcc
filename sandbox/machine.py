"""What a machine must offer to carry the sandbox, and the sentence for one that doesn't.

`look` reads the machine; `refusals` is pure.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.paths import LONGEST_ROOT, Paths

MEMORY = 6 * 1024
"""MiB that must be free: OpenStack and Kubernetes take 3.6 GiB, four servers and the tests the rest."""

DISK = 8 * 1000
"""MB that must be free for a sandbox from nothing."""

PROGRAMS = {
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
    "sysctl": "procps",
}
"""Programs of the system that are needed, and the Debian packages they come with."""

INSTEAD = (
    "What works without one: `make preview` shows every example offline, `make up STACK=openstack` builds "
    "in your own cloud."
)


@dataclass(frozen=True)
class Machine:
    """What matters of a machine."""

    system: str
    """As sys.platform says it."""
    user: int
    memory: int
    """MiB available to new programs."""
    disk: int
    """MB free where the data folder is."""
    missing: tuple[str, ...]
    """Names of PROGRAMS that are not on PATH."""
    root: Path


def look(paths: Paths) -> Machine:
    """This machine."""
    linux = sys.platform == "linux"
    folder = paths.root
    while not folder.exists():
        folder = folder.parent
    return Machine(
        system=sys.platform,
        user=os.geteuid(),
        memory=_available_memory() if linux else 0,
        disk=shutil.disk_usage(folder).free // 1_000_000,
        missing=tuple(name for name in PROGRAMS if not shutil.which(name)),
        root=paths.root,
    )


def refusals(machine: Machine, *, fresh: bool, running: bool) -> list[str]:
    """One sentence for each reason why the sandbox can't run here; `fresh` if nothing of it was downloaded
    yet.

    Where the system is not Linux, nothing else needs to be said.
    """
    if machine.system != "linux":
        return [f"the sandbox needs Linux, and this machine runs {machine.system}"]
    found: list[str] = []
    if machine.user != 0:
        found.append("the sandbox makes network namespaces and mounts, which only root may: run it with sudo")
    if not running and machine.memory < MEMORY:
        found.append(f"the sandbox needs {MEMORY} MiB of free memory, and {machine.memory} MiB are free")
    if fresh and machine.disk < DISK:
        found.append(
            f"the sandbox needs {DISK} MB of disk at {machine.root}, and {machine.disk} MB are free: "
            "set PORTICO_DATA to a folder with more"
        )
    if len(str(machine.root)) > LONGEST_ROOT:
        found.append(
            f"the data folder's path {machine.root} is longer than {LONGEST_ROOT} characters, too long for "
            "the sockets in it: set PORTICO_DATA to a shorter one"
        )
    packages = sorted({PROGRAMS[name] for name in machine.missing})
    if packages:
        found.append(f"{', '.join(machine.missing)} not found: apt-get install {' '.join(packages)}")
    return found


def _available_memory() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 0
