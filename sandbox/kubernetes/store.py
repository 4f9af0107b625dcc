"""The images of the cluster, imported once: a containerd folder that every node starts from.

Writes below the folder it is given. Needs root and node.TREE. Read by cluster. Images are made of programs on
this machine, so there is no registry and nothing is pulled.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.kubernetes import images, node
from sandbox.kubernetes.errors import KubernetesError
from sandbox.kubernetes.images import Image
from sandbox.paths import Paths

SCRIPT = Path(__file__).with_name("import.sh")

_CONTAINERD_TOML = f"""version = 2
disabled_plugins = {json.dumps(["io.containerd.grpc.v1.cri", *node.UNUSED_CONTAINERD_PLUGINS])}
"""


class StoreError(KubernetesError):
    """containerd did not take an image; the text is what it said."""


@dataclass(frozen=True)
class Store:
    """The imported images."""

    paths: Paths

    @property
    def folder(self) -> Path:
        """Holds a containerd folder and `images.json`, which says what is in it. Kept by `down`."""
        return self.paths.programs / "kubernetes-images"

    @property
    def root(self) -> Path:
        """The containerd folder."""
        return self.folder / "containerd"

    def image_set(self) -> str:
        """A name for what is in the store; empty when there is nothing."""
        try:
            return hashlib.sha256(self._index.read_bytes()).hexdigest()[:16]
        except FileNotFoundError:
            return ""

    def holds(self, programs: Mapping[Image, Path]) -> bool:
        """Whether the store has these very images of these very programs (by their sizes and times)."""
        try:
            found: dict[str, str] = json.loads(self._index.read_bytes())
        except FileNotFoundError:
            return False
        return _contents(programs).items() <= found.items()

    def fill(self, programs: Mapping[Image, Path]) -> None:
        """Makes the store anew with an image for each program.

        All or nothing; nodes that run keep what they have. Raises StoreError.
        """
        beside = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        contents = _contents(programs)
        archives = []
        for number, (image, program) in enumerate(programs.items()):
            archives.append(beside / f"{number}.tar")
            images.write_archive(image, program, os.uname().machine, archives[-1])
        command = ("/bin/bash", "-c", SCRIPT.read_text(), "import.sh", *map(str, archives))
        done = subprocess.run(
            ["unshare", "--pid", "--fork", "--kill-child", *node.TREE.inside(self.paths, *command)],
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "IMAGES": str(beside / self.root.name),
                "IMAGES_CONFIGURATION": _CONTAINERD_TOML,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StoreError(f"containerd does not take the images: {(done.stdout + done.stderr).strip()}")
        for archive in archives:
            archive.unlink()
        (beside / self._index.name).write_text(json.dumps(contents, indent=1))
        shutil.rmtree(self.folder, ignore_errors=True)
        beside.rename(self.folder)

    @property
    def _index(self) -> Path:
        return self.folder / "images.json"


def _contents(programs: Mapping[Image, Path]) -> dict[str, str]:
    described = {}
    for image, program in programs.items():
        status = program.stat()
        described[repr(image)] = f"{program} {status.st_size} {status.st_mtime_ns}"
    return described
