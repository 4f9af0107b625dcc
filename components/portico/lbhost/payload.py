"""The payload: both files of a host in its server's metadata, compressed, in chunks, named by their checksum.

Pure: no Pulumi, no network, no clock. Read by kinds.openstack_haproxy; taken apart on the host by
portico_sync.py. Why metadata, and why this encoding: docs/lb-host.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from . import haproxy, keepalived
from .fleet import Fleet, Host

CHUNK = 255
"""Characters a metadata value may have (Nova API, servers, metadata)."""

LIMIT = 120
"""Items a payload may take. Nova's default quota `metadata_items` is 128; the rest is left to the user's
own."""

_PREFIX = "portico-"
_GENERATION_DIGITS = 16


class PayloadTooLarge(Exception):
    """The payload does not fit a server's metadata. Its text says how large it is, what fits and what to
    do."""


@dataclass(frozen=True)
class Payload:
    """What a server's metadata has to hold, and what can be known of it."""

    metadata: Mapping[str, str]
    """`portico-generation`, `portico-chunks`, `portico-000`, ...: at most 255 characters each."""
    generation: str
    """16 hexadecimal digits: the SHA-256 of the content before compression, so another lzma changes
    nothing."""
    size: int
    """Bytes of all keys and values."""


def pack(fleet: Fleet, host: Host, limit: int = LIMIT) -> Payload:
    """The payload of one host.

    The content names the host that goes first and the generation it must serve by then, so the order is
    checked too. Raises PayloadTooLarge beyond `limit` items, ValueError when the host is not one of the
    fleet's.
    """
    content = _content(fleet, host)
    generation = _generation(content)
    text = base64.b64encode(lzma.compress(content, preset=6 | lzma.PRESET_EXTREME)).decode()
    chunks = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    metadata = {
        f"{_PREFIX}generation": generation,
        f"{_PREFIX}chunks": str(len(chunks)),
        **{f"{_PREFIX}{index:03}": chunk for index, chunk in enumerate(chunks)},
    }
    size = sum(len(key) + len(value) for key, value in metadata.items())
    if len(metadata) > limit:
        raise PayloadTooLarge(
            f"{host.name}: {len(fleet.backends)} backends × {len(fleet.listeners)} listeners need "
            f"{len(metadata)} metadata items ({size} bytes), and at most {limit} of {CHUNK} characters may "
            "be used: name fewer nodes (the ingress controller need not run on all), or have the quota "
            "metadata_items raised"
        )
    return Payload(MappingProxyType(metadata), generation, size)


def unpack(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """The two files in a payload, by name. Raises KeyError or ValueError for what is no whole payload."""
    count = int(metadata[f"{_PREFIX}chunks"])
    text = "".join(metadata[f"{_PREFIX}{index:03}"] for index in range(count))
    content = lzma.decompress(base64.b64decode(text, validate=True))
    if _generation(content) != metadata[f"{_PREFIX}generation"]:
        raise ValueError("the checksum is not the generation")
    files: dict[str, str] = json.loads(content)["files"]
    return files


def _generation(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_GENERATION_DIGITS]


def _content(fleet: Fleet, host: Host) -> bytes:
    first = fleet.predecessor(host)
    content = {
        "address": str(host.address),
        "after": [str(first.address), _generation(_content(fleet, first))] if first else None,
        "files": {"haproxy.cfg": haproxy.render(fleet), "keepalived.conf": keepalived.render(fleet, host)},
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
