"""What the tests of tier engine share: the sandbox, and doors in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.lifecycle import Sandbox
from sandbox.paths import Paths
from sandbox.progress import Progress
from tests.engine import turns
from tests.engine.door import Door
from tests.engine.pair import Pair
from tests.parts import missing
from tools import places

Make = Callable[..., Door]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """What a test shares with others is made and unmade in its turn as well."""
    with turns.turn(places.data(), alone=turns.wants_to_be_alone(item)):
        return (yield)


@pytest.fixture(scope="session")
def toolchain() -> None:
    """The Pulumi CLI and the plugins."""
    if not (places.tools() / "bin" / "pulumi").exists():
        missing("there is no Pulumi toolchain: make tools")


@pytest.fixture(scope="session")
def sandbox(toolchain: None) -> Sandbox:
    """The sandbox of this machine, which has to be up."""
    here = Sandbox(Paths.here(), Progress())
    parts = here.parts()
    if parts is None or not parts.kubernetes:
        missing("the sandbox is not up: python -m sandbox up")
    return here


@pytest.fixture
def door(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes stacks in the sandbox, and destroys them in the end."""
    with _doors(tmp_path_factory) as make:
        yield make


@contextmanager
def _doors(folders: pytest.TempPathFactory) -> Iterator[Make]:
    """Doors that are closed in the end, the last one first, also when one of them does not close."""
    with ExitStack() as opened:

        def make(what: str, *changes: Mapping[str, Any], cloud: str = "portico") -> Door:
            made = Door(what, folders.mktemp(what) / "stack", cloud=cloud)
            made.change(*changes)
            made.init()
            opened.callback(made.close)
            return made

        yield make


@pytest.fixture
def offline(toolchain: None, tmp_path: Path) -> Make:
    """Makes stacks in a network where there is nothing."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        missing("a network of its own needs root and util-linux's unshare")

    def make(what: str, project: Path = places.CHECKOUT) -> Door:
        return Door(what, tmp_path / f"stack-{what}", where="offline", project=project)

    return make


@pytest.fixture(scope="session")
def pair(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A pair that is up. Tests that share it leave it as its stack file said at first."""
    with _doors(tmp_path_factory) as make:
        stack = make("pair")
        run = stack.up().succeeded()
        print(f"up: {run.seconds:.1f} s")
        yield Pair(stack, sandbox)
