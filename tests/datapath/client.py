"""A client in a process of its own, so that nothing here delays it, for as long as a block runs.

It is a program that takes what is wanted as JSON on standard input, says a word when it is ready, and prints
its report as JSON when its input ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@contextmanager
def running(
    program: str, wanted: DataclassInstance, prefix: Sequence[str], ready: str
) -> Iterator[dict[str, Any]]:
    """Its report, empty until the block has ended; `prefix` puts a command where the client is."""
    said: dict[str, Any] = {}
    process = subprocess.Popen(
        [*prefix, sys.executable, str(Path(program).resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(asdict(wanted)) + "\n")
    process.stdin.flush()
    try:
        assert process.stdout.readline() == f"{ready}\n", f"it was never {ready}"
        yield said
    finally:
        said |= json.loads(process.communicate(timeout=60)[0] or "{}")
