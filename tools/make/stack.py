"""What `make` keeps for a stack outside the checkout: local backend, passphrase, copy of its stack file.

Writes below `places.state` alone; never changes a file of the checkout. Read by run.

Pulumi writes into the stack file that it works with: a salt the first time, and whatever `-c` says. So make
works on a copy, and the file in git stays as it is.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools import places

ENCRYPTION = ("encryptionsalt:", "secretsprovider:", "encryptedkey:")
"""Keys by which a stack file says how its secrets are encrypted (Pulumi, stack settings file reference)."""


class StackError(Exception):
    """The stack cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Stack:
    name: str
    folder: Path
    """What make keeps for it."""
    file: Path
    """Its stack file as committed."""

    @classmethod
    def named(cls, name: str) -> "Stack":
        """Raises StackError where stacks/ has no such stack file."""
        stacks = places.CHECKOUT / "stacks"
        file = stacks / f"Pulumi.{name}.yaml"
        if not file.is_file():
            have = ", ".join(sorted(known.name.split(".")[1] for known in stacks.glob("Pulumi.*.yaml")))
            raise StackError(
                f"stacks/{file.name}: there is no such stack file. Copy the one that is nearest to your "
                f"platform (there are: {have}) or name one of them: make up STACK=..."
            )
        return cls(name=name, folder=places.state(name), file=file)

    @property
    def config(self) -> Path:
        """The copy that Pulumi reads and may write."""
        return self.folder / self.file.name


def copied(text: str, before: str) -> str:
    """The working copy of a stack file: its text, and what an earlier copy says about encryption that it does
    not say itself."""
    keys = {line.partition(":")[0] for line in text.splitlines()}
    kept = [
        line
        for line in before.splitlines()
        if line.startswith(ENCRYPTION) and line.partition(":")[0] not in keys
    ]
    return "\n".join([text.rstrip("\n"), *kept]) + "\n"


def prepare(stack: Stack, ambient: Mapping[str, str]) -> dict[str, str]:
    """Make what the stack needs, and say what to add to the environment of `pulumi`.

    A backend or a passphrase that the caller has chosen stays chosen.
    """
    stack.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    chosen: dict[str, str] = {}
    if not ambient.get("PULUMI_BACKEND_URL"):
        backend = stack.folder / "backend"
        backend.mkdir(exist_ok=True, mode=0o700)
        chosen["PULUMI_BACKEND_URL"] = backend.as_uri()
    if "PULUMI_CONFIG_PASSPHRASE" not in ambient and "PULUMI_CONFIG_PASSPHRASE_FILE" not in ambient:
        chosen["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase(stack.folder / "passphrase"))
    before = stack.config.read_text() if stack.config.is_file() else ""
    _write(stack.config, copied(stack.file.read_text(), before))
    # `pulumi stack init` knows no --config-file: it runs in this folder, which must look like a project.
    _write(stack.folder / "Pulumi.yaml", f"name: {project()}\nruntime: python\n")
    return chosen


def project() -> str:
    """The project's name, as Pulumi.yaml says."""
    for line in (places.CHECKOUT / "Pulumi.yaml").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == "name":
            return value.strip()
    raise StackError("Pulumi.yaml has no line `name: ...`")


def _passphrase(file: Path) -> Path:
    if not file.is_file():
        _write(file, secrets.token_urlsafe(32))
    return file


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    new = file.with_name(f".{file.name}.new")
    new.touch(mode=0o600)
    new.write_text(text)
    new.replace(file)
