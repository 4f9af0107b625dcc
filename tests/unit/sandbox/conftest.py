"""A cloud as plain values: nothing of it exists."""

from pathlib import Path

import pytest

from sandbox.openstack.site import Secrets, Site
from sandbox.paths import Paths


@pytest.fixture
def paths() -> Paths:
    return Paths(Path("/data/sandbox"), "here")


@pytest.fixture
def site(paths) -> Site:
    return Site(paths, Secrets("a" * 32, "b" * 32, "c" * 32, "d" * 32, "e" * 32, "f" * 32))
