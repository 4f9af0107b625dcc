"""Tools built from Go modules, from the go.mod and go.sum committed in tools/toolchain/go.

Runs `go`, one build at a time on the whole machine so that two runs do not compile the same packages twice.
Used by install. Why go.sum must never be lost: docs/tools.md.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools import places
from tools.locks import only_one
from tools.say import Stopwatch, every, say
from tools.toolchain.catalogue import GoBuild, Tool
from tools.toolchain.choose import Unavailable

SOURCES = places.CHECKOUT / "tools" / "toolchain" / "go"


def content(build: GoBuild) -> str:
    """A checksum of what a build depends on but the Go toolchain: sources, sums, the catalogue's row."""
    digest = hashlib.sha256(repr(build).encode())
    folder = SOURCES / build.folder
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"\n{file.relative_to(folder)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def build(tool: Tool, how: GoBuild, folder: Path) -> None:
    """Build the tool into `folder`, with what it expects beside itself.

    Raises Unavailable with the end of go's own words.
    """
    with only_one(places.tools() / ".locks" / "go", waiting=f"{tool.name}: waiting for another build"):
        watch = Stopwatch()
        say(f"{tool.name} {tool.version}: building it, first the Go modules it needs")
        packages = len(_go(how, "list", "-deps", *_tags(how), how.package).split())
        _compile(tool, how, folder / Path(tool.file).name, packages, watch)
        for path, module in how.copies.items():
            source = Path(_go(how, "list", "-m", "-f", "{{.Dir}}", module).strip()) / path
            shutil.copyfile(source, folder / source.name)
            (folder / source.name).chmod(0o755)


def _compile(tool: Tool, how: GoBuild, program: Path, packages: int, watch: Stopwatch) -> None:
    linker = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in how.variables.items())])
    command = ["go", "build", "-v", *_tags(how), "-ldflags", linker, "-o", str(program), how.package]
    compiled: list[str] = []
    with (
        subprocess.Popen(
            command, cwd=SOURCES / how.folder, env=_environment(), stderr=subprocess.PIPE, text=True
        ) as process,
        every(20, lambda: f"{tool.name}: {len(compiled)} of at most {packages} packages after {watch}"),
    ):
        assert process.stderr is not None  # noqa: S101 - asked for above; this tells the type checker
        compiled.extend(line.rstrip() for line in process.stderr)
    if process.returncode:
        raise Unavailable("go build failed:\n  " + "\n  ".join(compiled[-20:]))


def _go(how: GoBuild, *arguments: str) -> str:
    answer = subprocess.run(
        ["go", *arguments], cwd=SOURCES / how.folder, env=_environment(), capture_output=True, text=True
    )
    if answer.returncode:
        words = "\n  ".join(answer.stderr.strip().splitlines()[-20:])
        raise Unavailable(f"go {arguments[0]} failed in tools/toolchain/go/{how.folder}:\n  {words}")
    return answer.stdout


def _tags(how: GoBuild) -> list[str]:
    return ["-tags", ",".join(how.tags)] if how.tags else []


def _environment() -> Mapping[str, str]:
    # A person's own flags are kept; what makes a build the same everywhere is added to them.
    flags = f"{os.environ.get('GOFLAGS', '')} -mod=readonly -trimpath -buildvcs=false".strip()
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": flags}
