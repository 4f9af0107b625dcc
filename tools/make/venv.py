"""Keep .venv with the packages that a set consists of: `python3 -m tools.make.venv program`.

Writes .venv alone. Once made for what the requirements say now, it is left alone; a larger set includes the
smaller. What every set leads to has the versions of requirements-lock.txt.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import places
from tools.locks import only_one
from tools.say import Stopwatch, say

LOCK = "requirements-lock.txt"
PACKAGE = "components/pyproject.toml"


@dataclass(frozen=True)
class Part:
    """Something that pip installs."""

    arguments: tuple[str, str]
    """As pip takes it, in the checkout."""
    files: tuple[str, ...]
    """Where it is said what belongs to it."""


PROGRAM = Part(("--requirement", "requirements.txt"), ("requirements.txt", PACKAGE))
AWS = Part(("--editable", "./components[aws]"), (PACKAGE,))
SANDBOX = Part(("--editable", "./sandbox"), ("sandbox/pyproject.toml",))
CHECKS = Part(("--requirement", "requirements-dev.txt"), ("requirements-dev.txt",))

SETS = {
    "program": (PROGRAM,),
    "aws": (PROGRAM, AWS),
    "sandbox": (PROGRAM, SANDBOX),
    "dev": (PROGRAM, AWS, SANDBOX, CHECKS),
}

OLDEST = (3, 11)


class VenvError(Exception):
    """The virtual environment could not be made."""


def key(wanted: str) -> str:
    """A checksum of every file that says what this set consists of."""
    digest = hashlib.sha256()
    for name in dict.fromkeys([LOCK, *(name for part in SETS[wanted] for name in part.files)]):
        digest.update((places.CHECKOUT / name).read_bytes())
    return digest.hexdigest()


def ensure(wanted: str) -> None:
    """Make sure that .venv holds the set. Raises VenvError with the end of pip's own words."""
    if sys.version_info < OLDEST:
        raise VenvError(
            f"Python {sys.version.split()[0]} at {sys.executable} is too old: Portico needs 3.11 or later. "
            "Name another one: make PYTHON=python3.12"
        )
    with only_one(places.CHECKOUT / ".venv.lock", waiting=".venv: another run is making it, waiting"):
        if _held(wanted):
            return
        watch = Stopwatch()
        say(f".venv: installing the packages of the set {wanted}")
        if not _python().exists():
            _run([sys.executable, "-m", "venv", "--clear", str(places.VENV)])
        pip = [str(_python()), "-m", "pip", "--disable-pip-version-check"]
        parts = [word for part in SETS[wanted] for word in part.arguments]
        _run([*pip, "install", "--quiet", "--constraint", LOCK, *parts])
        _stamp(wanted).write_text(key(wanted))
        say(f".venv: ready, {watch}")


def _python() -> Path:
    return places.VENV / "bin" / "python"


def _held(wanted: str) -> bool:
    if not _python().exists():
        return False
    enough = [name for name, parts in SETS.items() if set(SETS[wanted]) <= set(parts)]
    return any(_stamp(name).is_file() and _stamp(name).read_text() == key(name) for name in enough)


def _stamp(name: str) -> Path:
    return places.VENV / f".holds-{name}"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=places.CHECKOUT, capture_output=True, text=True)
    if done.returncode:
        words = "\n  ".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise VenvError(f"{' '.join(command)} failed:\n  {words}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m tools.make.venv", description=__doc__)
    parser.add_argument("set", choices=list(SETS))
    try:
        ensure(parser.parse_args().set)
    except VenvError as error:
        sys.exit(f"tools: {error}")


if __name__ == "__main__":
    main()
