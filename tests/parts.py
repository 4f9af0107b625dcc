"""What a test says whose parts are not on this machine; and the root file system of an LB host."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from sandbox import packages
from tools import places


def missing(sentence: str) -> NoReturn:
    """A test without its parts is skipped; under CI=true it fails, so that nothing is left out unseen."""
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def host_image() -> Path:
    """The root file system that the sandbox's servers boot, and bubblewrap to run things on it.

    PORTICO_LBHOST_IMAGE names another one, of another release or of Ubuntu, as mmdebstrap makes it with
    haproxy, keepalived, cloud-init, iputils-ping, iproute2, lsb-release and systemd.
    """
    if os.geteuid() != 0:
        missing("root is needed to make the image of an LB host and its network")
    try:
        packages.install("bubblewrap", program="bwrap")
    except packages.PackagesError as error:
        missing(str(error))
    if other := os.environ.get("PORTICO_LBHOST_IMAGE"):
        return Path(other)
    command = [sys.executable, "-m", "sandbox", "image"]
    made = subprocess.run(command, cwd=places.CHECKOUT, capture_output=True, text=True)
    if made.returncode:
        missing(f"no image of an LB host: {(made.stderr or made.stdout).strip().splitlines()[-1:]}")
    return Path(made.stdout.strip().splitlines()[-1])
