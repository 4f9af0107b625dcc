"""OCI image archives made of plain files, without a registry and without a builder.

Touches the files it is told to read and the archive it is told to write. Read by store. The same files give
the same bytes, and so the same digests, on any machine. Format: https://github.com/opencontainers/image-spec
(image-layout.md, manifest.md); the annotation `io.containerd.image.name` is the name that containerd imports
an archive under.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}
"""What `uname -m` says, in the words of an image."""

_TYPE = "application/vnd.oci.image"
_FOLDERS = ("etc", "root", "run", "tmp", "var")
_PASSWD = b"root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"


@dataclass(frozen=True)
class Image:
    """An image of one layer that holds one program."""

    name: str
    """Registry, repository and tag: `docker.io/library/traefik:v3.7.9`."""
    program: str
    """Where the program lies in the image: `/usr/local/bin/traefik`."""
    arguments: tuple[str, ...] = ()
    """What the program is called with where a pod does not say otherwise."""
    ports: tuple[int, ...] = ()
    """TCP ports that the program is said to listen on."""


def write_archive(image: Image, program: Path, machine: str, archive: Path) -> str:
    """Writes the archive of an image and returns its manifest's digest.

    machine is what `uname -m` says, a key of ARCHITECTURE. The archive appears whole or not at all.
    """
    layer = archive.with_name(archive.name + ".layer")
    new = archive.with_name(archive.name + ".new")
    try:
        with tarfile.open(layer, "w", format=tarfile.USTAR_FORMAT) as tar:
            _fill(tar, image, program)
        layer_digest = _digest_of(layer)
        config = _json(
            {
                "architecture": ARCHITECTURE[machine],
                "os": "linux",
                "config": {
                    "Entrypoint": [image.program, *image.arguments],
                    "Env": ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                    "ExposedPorts": {f"{port}/tcp": {} for port in image.ports},
                },
                "rootfs": {"type": "layers", "diff_ids": [layer_digest]},
            }
        )
        manifest = _json(
            {
                "schemaVersion": 2,
                "mediaType": f"{_TYPE}.manifest.v1+json",
                "config": _descriptor(f"{_TYPE}.config.v1+json", _digest(config), len(config)),
                "layers": [_descriptor(f"{_TYPE}.layer.v1.tar", layer_digest, layer.stat().st_size)],
            }
        )
        named = _descriptor(f"{_TYPE}.manifest.v1+json", _digest(manifest), len(manifest)) | {
            "annotations": {
                "io.containerd.image.name": image.name,
                "org.opencontainers.image.ref.name": image.name.rpartition(":")[2],
            }
        }
        with tarfile.open(new, "w", format=tarfile.USTAR_FORMAT) as tar:
            _add(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
            _add(tar, "index.json", _json({"schemaVersion": 2, "manifests": [named]}))
            _add(tar, _blob(_digest(config)), config)
            _add(tar, _blob(_digest(manifest)), manifest)
            with layer.open("rb") as content:
                _add_stream(tar, _blob(layer_digest), content, layer.stat().st_size, 0o644)
        new.rename(archive)
        return _digest(manifest)
    finally:
        layer.unlink(missing_ok=True)
        new.unlink(missing_ok=True)


def _fill(tar: tarfile.TarFile, image: Image, program: Path) -> None:
    target = PurePosixPath(image.program.lstrip("/"))
    folders = {PurePosixPath(name) for name in _FOLDERS} | set(_ancestors(target))
    for folder in sorted(folders):
        info = tarfile.TarInfo(str(folder))
        info.type = tarfile.DIRTYPE
        info.mode = 0o1777 if str(folder) == "tmp" else 0o755
        tar.addfile(info)
    _add(tar, "etc/passwd", _PASSWD)
    with program.open("rb") as content:
        _add_stream(tar, str(target), content, program.stat().st_size, 0o755)


def _ancestors(path: PurePosixPath) -> Iterator[PurePosixPath]:
    return (parent for parent in path.parents if parent != PurePosixPath("."))


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    _add_stream(tar, name, io.BytesIO(content), len(content), 0o644)


def _add_stream(tar: tarfile.TarFile, name: str, content: BinaryIO, size: int, mode: int) -> None:
    info = tarfile.TarInfo(name)  # owner 0, time 0: nothing of the machine it was made on
    info.size, info.mode = size, mode
    tar.addfile(info, content)


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest, "size": size}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
