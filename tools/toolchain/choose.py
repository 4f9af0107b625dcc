"""Which source a tool comes from: this machine, the tool cache, the official download, or a build.

Pure: from what was found on the machine to an ordered list of attempts, each with its reason. Nothing is
fetched, run or read here. Read by install, which makes the attempts in turn, and by `python -m tools status`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tools.toolchain.catalogue import OnPath, Tool


class Unavailable(Exception):
    """A source could not serve a tool after all; the message says why, the next source is tried."""

    def __init__(self, message: str, known: bool = False) -> None:
        super().__init__(message)
        self.known = known
        """It was said of another tool already and need not be said again."""


class Source(Enum):
    MACHINE = "this machine"
    CACHE = "the tool cache"
    DOWNLOAD = "the official download"
    BUILD = "its source, with Go"


@dataclass(frozen=True)
class Platform:
    """An operating system and a processor by the names that Go uses: linux, darwin; amd64, arm64."""

    os: str
    arch: str

    def fill(self, template: str) -> str:
        return template.format(os=self.os, arch=self.arch, x64="x64" if self.arch == "amd64" else self.arch)


@dataclass(frozen=True)
class Found:
    """A program or plugin that was on the machine before us."""

    path: str
    version: str
    missing: tuple[str, ...] = ()
    """What should lie beside it and does not."""


@dataclass(frozen=True)
class Machine:
    """What was found; the only input of a decision."""

    platform: Platform
    found: Mapping[str, Found] = field(default_factory=dict)
    """By the name of the tool."""
    cached: frozenset[str] = frozenset()
    """File names in the tool cache."""
    go: bool = False
    """Whether a Go toolchain is on PATH."""


@dataclass(frozen=True)
class Attempt:
    source: Source
    because: str


@dataclass(frozen=True)
class Route:
    """The attempts to make, best first, and why each of the other sources was left out."""

    attempts: tuple[Attempt, ...]
    left_out: tuple[Attempt, ...]


def cache_file(tool: Tool, platform: Platform) -> str:
    return f"{tool.name}-{tool.version}-{platform.os}-{platform.arch}.xz"


def route(tool: Tool, machine: Machine) -> Route:
    """This machine, the tool cache, the official download, a build: in this order, as far as each can serve.

    Any of them may still fail; the next one is tried then.
    """
    judged = (
        (Source.MACHINE, *_machine(tool, machine.found.get(tool.name))),
        (Source.CACHE, *_cache(tool, machine)),
        (Source.DOWNLOAD, *_download(tool, machine)),
        (Source.BUILD, *_build(tool, machine)),
    )
    return Route(
        attempts=tuple(Attempt(source, because) for source, possible, because in judged if possible),
        left_out=tuple(Attempt(source, because) for source, possible, because in judged if not possible),
    )


def _machine(tool: Tool, found: Found | None) -> tuple[bool, str]:
    if found is None:
        return False, "not there"
    if found.missing:
        return False, f"{found.path} has no {' and no '.join(found.missing)} beside it"
    if not usable(tool.on_path, have=found.version, want=tool.version):
        return False, f"{found.path} is version {found.version or 'unknown'}, not {tool.version}"
    return True, f"{found.path} is version {found.version}"


def _cache(tool: Tool, machine: Machine) -> tuple[bool, str]:
    if tool.build and tool.build.copies:
        return False, "it is more than one file"
    name = cache_file(tool, machine.platform)
    return (True, name) if name in machine.cached else (False, f"no {name} in $PORTICO_TOOL_CACHE")


def _download(tool: Tool, machine: Machine) -> tuple[bool, str]:
    return (
        (True, machine.platform.fill(tool.download.url))
        if tool.download
        else (False, "upstream publishes none")
    )


def _build(tool: Tool, machine: Machine) -> tuple[bool, str]:
    if not tool.build:
        return False, "its source cannot be had as a Go module"
    return machine.go, f"tools/toolchain/go/{tool.build.folder}" if machine.go else "no Go on PATH"


def usable(rule: OnPath | None, have: str, want: str) -> bool:
    """Whether version `have` serves where `want` is asked for; a plugin (no rule) must be exactly it."""
    if rule and rule.newer:
        mine, wanted = _numbers(have), _numbers(want)
        return bool(mine) and mine[0] == wanted[0] and mine >= wanted
    return have == want


def _numbers(version: str) -> tuple[int, ...]:
    """(3, 259, 0) for `3.259.0`; nothing for a pre-release or what is no version."""
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()
