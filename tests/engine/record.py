"""Records the state of a pair that a commit makes, for tests/engine/test_upgrade.py: `make record-state`.

Checks the commit out into a folder of its own with packages of its own, brings its pair up in the sandbox,
writes tests/engine/upgrade/<commit>.json and .yaml, and destroys the pair.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.engine.door import Door, merged
from tools import places

STACK = "recorded"
PORT = 31800
OF_A_MACHINE = ("stackTrace", "sourcePosition")
"""What Pulumi keeps of the machine that it ran on."""


def kept(value: Any) -> Any:
    """A state without paths of the machine that made it: stack traces, and where the kubeconfig lay."""
    if isinstance(value, list):
        return [kept(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        key: kept(inner)
        for key, inner in value.items()
        if key not in OF_A_MACHINE and not (key == "kubeconfig" and isinstance(inner, str))
    }


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The files of a commit, with the packages that it asks for."""
    with tempfile.TemporaryDirectory(prefix="portico-record-") as folder:
        source = Path(folder) / "checkout"
        subprocess.run(
            ["git", "worktree", "add", "--detach", "--quiet", source, commit], cwd=places.CHECKOUT, check=True
        )
        try:
            subprocess.run([sys.executable, "-m", "tools.make.venv", "program"], cwd=source, check=True)
            yield source
        finally:
            remove = ["git", "worktree", "remove", "--force", source]
            subprocess.run(remove, cwd=places.CHECKOUT, check=True)


def record(commit: str, into: Path) -> None:
    """Writes the state and the stack file of a commit's pair."""
    with checkout(commit) as source, tempfile.TemporaryDirectory(prefix="portico-record-") as folder:
        settings = yaml.safe_load((source / "stacks" / "Pulumi.sandbox.yaml").read_text())["config"]
        door = Door("recorded", Path(folder) / "stack", project=source)
        door.stack, door._port = STACK, PORT
        door.say(merged(settings, door.own))
        door.init()
        try:
            door.up().succeeded()
            said = json.loads(door.run("stack", "export").succeeded().output)
            stack_file = door.file.read_text()
        finally:
            door.close()
    (into / f"{commit}.json").write_text(json.dumps(kept(said), indent=1, sort_keys=True) + "\n")
    (into / f"{commit}.yaml").write_text(stack_file)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make record-state", description=__doc__.partition("\n")[0])
    parser.add_argument("commit", help="the release: a tag or a commit")
    short = ["git", "rev-parse", "--short=7", f"{parser.parse_args().commit}^{{commit}}"]
    found = subprocess.run(short, cwd=places.CHECKOUT, capture_output=True, text=True)
    if found.returncode:
        parser.error(found.stderr.strip())
    commit = found.stdout.strip()
    into = places.CHECKOUT / "tests" / "engine" / "upgrade"
    record(commit, into)
    print(f"tests/engine/upgrade/{commit}.json and .yaml are written")
    print(f"CHANGELOG.md now needs the section `### A pair that {commit} made`, with what this test shows:")
    print(f'  make test-engine ARGS="-k test_upgrade and {commit}"')


if __name__ == "__main__":
    main()
