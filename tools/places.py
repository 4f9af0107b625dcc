"""Where things lie: the checkout, the data folder and what is below it.

Touches nothing; reads environment variables alone. Read by everything in tools.
"""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder with Pulumi.yaml and the Makefile."""

VENV = CHECKOUT / ".venv"
"""The virtual environment that `make` keeps."""


def data() -> Path:
    """`$PORTICO_DATA`, by default `~/.cache/portico`: what Portico keeps outside the checkout."""
    if chosen := os.environ.get("PORTICO_DATA"):
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portico"


def tools() -> Path:
    """The tools folder: a PULUMI_HOME with `bin/` and `plugins/`."""
    return data() / "tools"


def state(stack: str) -> Path:
    """What `make` keeps for one stack: local backend, passphrase, working copy of the stack file.

    No cache: by default `~/.local/state/portico` (XDG Base Directory Specification), which nobody empties.
    """
    if os.environ.get("PORTICO_DATA"):
        return data() / "state" / stack
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "portico" / stack


def sandbox_state() -> Path:
    """What `make` keeps for the stack of a sandbox that is up.

    The sandbox removes its run folder when it goes down or is made anew: what Pulumi remembers goes as well.
    """
    return data() / "sandbox" / "run" / "stack"


def cache() -> Path | None:
    """`$PORTICO_TOOL_CACHE`, a folder of `<tool>-<version>-<os>-<arch>.xz`; None where there is none."""
    chosen = os.environ.get("PORTICO_TOOL_CACHE")
    folder = Path(chosen).expanduser().absolute() if chosen else None
    return folder if folder and folder.is_dir() else None
