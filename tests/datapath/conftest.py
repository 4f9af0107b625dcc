"""The tests of tier datapath share one pair; its parts are those of tier engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.datapath import stranger as strangers
from tests.datapath.faults import hosts
from tests.engine.conftest import pair, sandbox, toolchain
from tests.engine.pair import Pair

__all__ = ["pair", "sandbox", "toolchain"]


@pytest.fixture(autouse=True)
def _forgotten(request: pytest.FixtureRequest) -> None:
    """No host stays out of anything for what an earlier test did to it."""
    if "pair" in request.fixturenames:
        hosts.forget(request.getfixturevalue("pair"))


@pytest.fixture(scope="module")
def workers(pair: Pair) -> Any:
    """The worker nodes, as the sandbox wrote them down."""
    return json.loads(pair.sandbox.paths.facts.read_text())["workers"]


@pytest.fixture(scope="module")
def stranger(pair: Pair) -> Iterator[strangers.Stranger]:
    """Another server of the tenant network."""
    with strangers.stranger(pair.sandbox) as made:
        yield made
