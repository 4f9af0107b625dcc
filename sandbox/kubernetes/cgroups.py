"""The cgroups that hold the nodes' pods, in every hierarchy of the machine: cgroup v1, v2 or both mounted
side by side.

Makes and removes folders with the sandbox's prefix at the root of each hierarchy, and nothing else. Read by
cluster. Rules: cgroups(7); with version 2 a controller serves a folder only where each folder above has
handed it down (cgroup-v2, "Enabling and Disabling").
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NEEDED = ("cpu", "cpuset", "hugetlb", "memory", "pids")
"""The controllers of version 2 that a kubelet asks for where the machine has them (Kubernetes 1.35,
pkg/kubelet/cm/cgroup_v2_manager_linux.go); no other is touched. Handed down once, they stay so."""


@dataclass(frozen=True)
class Hierarchy:
    """One mounted cgroup hierarchy."""

    root: Path
    unified: bool
    """Version 2."""
    controllers: frozenset[str]
    """Version 1: the controllers it is mounted with, and `name=...` where it has none."""


def hierarchies(mountinfo: str | None = None) -> list[Hierarchy]:
    """The machine's cgroup hierarchies, from /proc/self/mountinfo (proc_pid_mountinfo(5)) unless the text is
    given."""
    text = Path("/proc/self/mountinfo").read_text() if mountinfo is None else mountinfo
    found: dict[Path, Hierarchy] = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(maxsplit=2)
        if kind not in ("cgroup", "cgroup2"):
            continue
        root = Path(before.split()[4])
        found[root] = Hierarchy(root, kind == "cgroup2", frozenset(options.split(",")) - {"rw", "ro"})
    return list(found.values())


def ensure(hierarchy: Hierarchy, group: str) -> None:
    """Makes a group (`/portico/w1`) with the controllers that a kubelet needs there."""
    folder = hierarchy.root
    for name in group.strip("/").split("/"):
        if hierarchy.unified:
            _hand_down(folder)
        parent, folder = folder, folder / name
        folder.mkdir(exist_ok=True)
        if "cpuset" in hierarchy.controllers:
            # a new group of version 1 has no processor and no memory until it is given some
            for knob in ("cpuset.cpus", "cpuset.mems"):
                (folder / knob).write_text((parent / knob).read_text())


def _hand_down(folder: Path) -> None:
    enabled = (folder / "cgroup.controllers").read_text().split()
    for controller in [name for name in NEEDED if name in enabled]:
        # one that another program has taken for itself, such as cpu for real-time work, is done without
        with contextlib.suppress(OSError):
            (folder / "cgroup.subtree_control").write_text(f"+{controller}")


def remove(hierarchy: Hierarchy, group: str, seconds: float = 5) -> None:
    """Removes a group and all below it, waiting for the kernel to be done with the processes that were in it.

    Raises OSError if something still lives in it after so many seconds.
    """
    top = hierarchy.root / group.strip("/")
    end = time.monotonic() + seconds
    while top.exists():
        for folder in (*_below(top), top):
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                if time.monotonic() > end:
                    raise
        time.sleep(0.05)


def _below(folder: Path) -> Iterator[Path]:
    """Folders below, the deepest first."""
    with contextlib.suppress(FileNotFoundError):
        for child in sorted(folder.iterdir()):
            if child.is_dir() and not child.is_symlink():
                yield from _below(child)
                yield child
