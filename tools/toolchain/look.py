"""What is on this machine already: programs on PATH, plugins, files in the tool cache, a Go toolchain.

Only looks: runs `<program> version` and lists folders. Read by install and by `python -m tools status`.
"""

import os
import platform as host
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tools import places
from tools.toolchain.catalogue import Tool
from tools.toolchain.choose import Found, Machine, Platform

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def machine(tools: Iterable[Tool]) -> Machine:
    found = {tool.name: program for tool in tools if (program := _found(tool))}
    cache = places.cache()
    return Machine(
        platform=platform(),
        found=found,
        cached=frozenset(file.name for file in cache.iterdir()) if cache else frozenset(),
        go=shutil.which("go") is not None,
    )


def platform() -> Platform:
    processor = host.machine()
    return Platform(os=host.system().lower(), arch=_ARCHITECTURES.get(processor, processor))


def _found(tool: Tool) -> Found | None:
    if tool.plugin:
        folder = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
        program = folder / "plugins" / tool.plugin / tool.name
        ours = folder.absolute() == places.tools()
        return Found(str(program), tool.version) if program.is_file() and not ours else None
    if not tool.on_path:
        return None
    program_on_path = shutil.which(tool.name, path=_path_without_ours())
    if not program_on_path:
        return None
    folder = Path(program_on_path).resolve().parent
    missing = tuple(name for name in tool.on_path.beside if not (folder / name).is_file())
    name, *arguments = tool.on_path.ask
    version = "" if name in missing else _version(folder / name, arguments)
    return Found(str(folder / Path(program_on_path).name), version, missing)


def _path_without_ours() -> str:
    ours = str(places.tools() / "bin")
    return os.pathsep.join(part for part in os.environ.get("PATH", "").split(os.pathsep) if part != ours)


def _version(program: Path, arguments: list[str]) -> str:
    try:
        answer = subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\d+\.\d+\.\d+\S*", answer.stdout)
    return match[0] if match else ""
