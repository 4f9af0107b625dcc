"""The state of a cloud right after it was made: kept once, put back in a second instead of being made again.

Copies folders between `Paths.state` and `Paths.snapshots`. A snapshot fits one set of configuration files and
versions, and no other.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from sandbox import namespaces
from sandbox.openstack import bootstrap, databases, software
from sandbox.openstack.files import File
from sandbox.paths import Paths

PARTS = ("mariadb", "ovn", "keystone", "glance", "nova-*")
"""Patterns of what of the state belongs to a snapshot; the message queue holds nothing between two calls, and
a switch is described anew each time."""


def key(files: Iterable[File]) -> str:
    """Changes whenever another state would be made: with the configuration (secrets and places are in it),
    the versions, or the code that fills the databases."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        digest.update(f"{file.path}\n{file.text}\n".encode())
    digest.update(software.REQUIREMENTS.read_bytes())
    for tree in (software.SERVICES, software.NETWORK):
        digest.update(tree.key().encode())
    for module in (bootstrap, databases):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]


def exists(paths: Paths, name: str) -> bool:
    """Whether there is a snapshot of this key."""
    return (paths.snapshots / name).exists()


def take(paths: Paths, name: str) -> None:
    """Keeps the state; older snapshots go. Databases must not be running."""
    partial = paths.snapshots / f"{name}.partial"
    shutil.rmtree(paths.snapshots, ignore_errors=True)
    partial.mkdir(parents=True)
    _copy(paths.state, partial)
    partial.rename(paths.snapshots / name)


def restore(paths: Paths, name: str) -> None:
    """Puts a snapshot's state into the empty folder of state."""
    _copy(paths.snapshots / name, paths.state)


def _copy(source: Path, target: Path) -> None:
    # cp keeps the holes in the databases' files and shares blocks where the file system can.
    parts = [part for pattern in PARTS for part in source.glob(pattern)]
    namespaces.run("cp", "--archive", "--sparse=always", "--reflink=auto", *parts, target)
