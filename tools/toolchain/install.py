"""Bring tools into the tools folder, each from the first source that serves it, several side by side.

Writes only below the tools folder. A tool appears there whole or not at all, so a run may be killed at any
moment and repeated; two runs at once do each tool once. Used by `python -m tools` and by run.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import places
from tools.locks import only_one
from tools.say import Stopwatch, say
from tools.toolchain import build, choose, fetch, look
from tools.toolchain.catalogue import TOOLS, Tool
from tools.toolchain.choose import Attempt, Found, Machine, Source, Unavailable


class ToolsError(Exception):
    """Tools that no source could serve, one paragraph each, with what to do."""


@dataclass(frozen=True)
class Installed:
    """What is known of a tool that lies in the tools folder."""

    version: str
    source: Source
    origin: str
    """A path or an address."""
    content: str = ""
    """For a tool that was built: the checksum of what it was built from."""


def path(tool: Tool) -> Path:
    return places.tools() / tool.file


def installed(tool: Tool) -> Installed | None:
    """What lies in the tools folder for this tool, or None where that is nothing or out of date."""
    try:
        noted = json.loads(_note(tool).read_text())
        have = Installed(noted["version"], Source[noted["source"]], noted["origin"], noted["content"])
    except (OSError, ValueError, KeyError):
        return None
    old = have.source is Source.BUILD and (not tool.build or have.content != build.content(tool.build))
    return have if have.version == tool.version and path(tool).is_file() and not old else None


def ensure(names: Iterable[str]) -> None:
    """Make sure that the named tools lie in the tools folder, where `path` says.

    Raises ToolsError with every failure.
    """
    missing = [TOOLS[name] for name in names if not installed(TOOLS[name])]
    if not missing:
        return
    machine = look.machine(missing)
    with (
        tempfile.TemporaryDirectory(prefix="portico-") as downloads,
        ThreadPoolExecutor(max_workers=len(missing)) as workers,
    ):
        shared = fetch.Downloads(Path(downloads))
        failures = [
            failure
            for failure in workers.map(lambda tool: _ensure(tool, machine, shared), missing)
            if failure
        ]
    if failures:
        raise ToolsError("\n".join(failures))


def _ensure(tool: Tool, machine: Machine, downloads: fetch.Downloads) -> str:
    """Install one tool; what is returned says why that was not possible, and is empty when it was."""
    with only_one(
        places.tools() / ".locks" / tool.name, waiting=f"{tool.name}: another run is fetching it, waiting"
    ):
        if installed(tool):
            return ""
        route = choose.route(tool, machine)
        reasons = [f"{left.source.value}: {left.because}" for left in route.left_out]
        for attempt in route.attempts:
            watch = Stopwatch()
            try:
                _install(tool, attempt, machine, downloads)
            except Unavailable as error:
                reasons.append(f"{attempt.source.value}: {error}")
                if not error.known:
                    say(f"{tool.name} {tool.version}: {error}")
                continue
            source = attempt.source
            say(f"{tool.name} {tool.version}: from {source.value}, {watch}{_remark(tool, source)}")
            return ""
        return "\n  ".join(
            [f"{tool.name} {tool.version} could not be had:", *reasons, _remedy(tool, machine)]
        )


def _remark(tool: Tool, source: Source) -> str:
    ours = source in (Source.BUILD, Source.CACHE) and tool.build and tool.build.stand_in
    return " (a stand-in for the original: docs/tools.md)" if ours else ""


def _remedy(tool: Tool, machine: Machine) -> str:
    ways = []
    if tool.build and not machine.go:
        ways.append("install Go 1.26 or later (https://go.dev/dl)")
    if tool.download:
        ways.append("run this again where the download can be reached")
    if not (tool.build and tool.build.copies):
        name = choose.cache_file(tool, machine.platform)
        ways.append(f"put {name} into a folder and name it in PORTICO_TOOL_CACHE")
    return f"remedy: {', or '.join(ways)}"


def _install(tool: Tool, attempt: Attempt, machine: Machine, downloads: fetch.Downloads) -> None:
    target = path(tool).parent
    content = origin = ""
    with _staging(tool) as folder:
        match attempt.source:
            case Source.MACHINE:
                origin = machine.found[tool.name].path
                _link(tool, machine.found[tool.name], folder)
            case Source.CACHE:
                cache = places.cache()
                assert cache is not None  # noqa: S101 - a file in it was found; this tells the type checker
                origin = str(cache / attempt.because)
                fetch.unpack(tool, cache, machine.platform, folder)
            case Source.DOWNLOAD:
                assert tool.download is not None  # noqa: S101 - as above
                origin = machine.platform.fill(tool.download.url)
                downloads.fetch(tool, tool.download, machine.platform, folder)
            case Source.BUILD:
                assert tool.build is not None  # noqa: S101 - as above
                origin, content = attempt.because, build.content(tool.build)
                build.build(tool, tool.build, folder)
        target.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            file.replace(target / file.name)
    _remember(tool, Installed(tool.version, attempt.source, origin, content))


@contextmanager
def _staging(tool: Tool) -> Iterator[Path]:
    """An empty folder on the disk of the tools folder; what a killed run left in it is gone."""
    folder = places.tools() / ".staging" / tool.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _link(tool: Tool, found: Found, folder: Path) -> None:
    program = Path(found.path)
    (folder / tool.name).symlink_to(program)
    for name in tool.on_path.beside if tool.on_path else ():
        if name not in TOOLS:
            (folder / name).symlink_to(program.parent / name)


def _note(tool: Tool) -> Path:
    return places.tools() / ".installed" / f"{tool.name}.json"


def _remember(tool: Tool, have: Installed) -> None:
    note = _note(tool)
    note.parent.mkdir(parents=True, exist_ok=True)
    new = note.with_suffix(".new")
    new.write_text(json.dumps({**vars(have), "source": have.source.name}))
    new.replace(note)
