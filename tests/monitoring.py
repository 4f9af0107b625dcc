"""A Prometheus from Debian, unpacked beside the programs of the sandbox; only tests start it."""

from __future__ import annotations

from pathlib import Path

from sandbox import packages
from sandbox.paths import Paths
from tests.parts import missing

TREE = packages.Tree("monitoring", "bookworm", "prometheus", programs="prometheus promtool")


def prometheus() -> Path:
    """The folder of `prometheus` and `promtool`."""
    try:
        packages.ensure(Paths.here(), TREE)
    except packages.PackagesError as error:
        missing(str(error))
    return Paths.here().bin
