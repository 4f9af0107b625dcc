"""Configuration files as values: collected first, written at once.

Writes below `Paths.etc`. The same values make the key of the snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.openstack.site import write_secret


@dataclass(frozen=True)
class File:
    """A file to be; configuration files hold passwords, so all of them are written with mode 0600."""

    path: Path
    text: str


def write(files: Iterable[File]) -> None:
    """Writes the files that are missing or different."""
    for file in files:
        if not file.path.exists() or file.path.read_text() != file.text:
            file.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_secret(file.path, file.text)
