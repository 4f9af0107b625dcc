"""Payloads that arrive whole and hold a file that must not be served."""

from __future__ import annotations

import base64
import hashlib
import json
import lzma

from portico.lbhost import payload


def spoiled(good: payload.Payload, file: str, old: str, new: str) -> tuple[str, dict[str, str]]:
    """The generation and the metadata of a payload in whose file `old` became `new`."""
    count = int(good.metadata["portico-chunks"])
    text = "".join(good.metadata[f"portico-{index:03}"] for index in range(count))
    said = json.loads(lzma.decompress(base64.b64decode(text)))
    assert old in said["files"][file]
    said["files"][file] = said["files"][file].replace(old, new)
    content = json.dumps(said).encode()
    text = base64.b64encode(lzma.compress(content)).decode()
    chunks = [text[start : start + payload.CHUNK] for start in range(0, len(text), payload.CHUNK)]
    generation = hashlib.sha256(content).hexdigest()[:16]
    named = {f"portico-{index:03}": chunk for index, chunk in enumerate(chunks)}
    return generation, {"portico-generation": generation, "portico-chunks": str(len(chunks)), **named}
