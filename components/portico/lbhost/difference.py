"""What a change does to the files of an LB host, as text: in the server's metadata they are compressed.

Pure: no Pulumi, no network, no clock. Read by kinds.openstack_haproxy, which says it in a preview. Nothing in
these files is secret.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Mapping
from difflib import unified_diff

from . import payload

MOST_LINES = 120
"""Of one file: what a person reads. A hundred nodes more are as many lines for each listener."""


def difference(before: Mapping[str, str], after: Mapping[str, str], but: frozenset[str] = frozenset()) -> str:
    """Each file that changes, as a unified diff; empty where none does, or where nothing can be read.

    Args:
        before: the metadata that the server has.
        after: the metadata that it will get.
        but: files that are left out.
    """
    try:
        old, new = payload.unpack(before), payload.unpack(after)
    except (KeyError, ValueError, lzma.LZMAError):
        return ""
    return "\n".join(
        line for name in new if name not in but for line in _file(name, old.get(name, ""), new[name])
    )


def _file(name: str, old: str, new: str) -> Iterator[str]:
    lines = list(
        unified_diff(old.splitlines(), new.splitlines(), f"{name} now", f"{name} then", lineterm="", n=2)
    )
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield f"... and {len(lines) - MOST_LINES} lines more"
