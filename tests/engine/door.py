"""One stack under test: a stack file, a local backend and a passphrase of its own, and `pulumi` around them.

Runs the program of this checkout as users do. Read by the tests of tiers engine and datapath.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import yaml

from tools import places
from tools.toolchain.environment import environment

MINUTES = 60.0
OFFLINE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "offline")
"""Puts a command into a network of its own, where there is nobody but itself."""


@dataclass(frozen=True)
class Run:
    """A command that has ended."""

    command: str
    code: int
    output: str
    """What it printed, errors included."""
    seconds: float
    log: Path
    """The same text, to be read after a failure."""

    def succeeded(self) -> Run:
        """Itself, or an AssertionError with the end of what it printed."""
        tail = "\n".join(self.output.splitlines()[-40:])
        assert self.code == 0, f"{self.command} ended with {self.code}; all of it: {self.log}\n{tail}"
        return self

    def failed(self) -> Run:
        """Itself, or an AssertionError if it went well."""
        assert self.code != 0, f"{self.command} should have failed; all it said: {self.log}"
        return self


@dataclass(frozen=True)
class Step:
    """What a preview says of one resource."""

    op: str
    """create, update, replace, delete, same ..."""
    type: str
    """`Instance`"""
    name: str
    diffs: tuple[str, ...]
    """The inputs that change."""
    replaced_for: tuple[str, ...]
    old: Mapping[str, Any]
    """The inputs as they are."""
    new: Mapping[str, Any]
    """The inputs as they would be."""


@dataclass(frozen=True)
class Preview:
    steps: tuple[Step, ...]
    seconds: float

    @property
    def changes(self) -> tuple[Step, ...]:
        """Everything but what stays the same."""
        return tuple(step for step in self.steps if step.op != "same")

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """How many changes there are by operation and type."""
        return Counter((step.op, step.type) for step in self.changes)


class Running:
    """A command that goes on."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path, project: Path) -> None:
        self._command, self._started, self._log = command, time.monotonic(), log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                command,
                cwd=project,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    def wait_for(self, pattern: str, seconds: float = 5 * MINUTES) -> bool:
        """Waits until a line matches; False when it ended without one.

        Raises TimeoutError.
        """
        end = time.monotonic() + seconds
        while not re.search(pattern, self.said(), re.MULTILINE):
            if self._process.poll() is not None:
                return re.search(pattern, self.said(), re.MULTILINE) is not None
            if time.monotonic() > end:
                self.kill()
                raise TimeoutError(f"{pattern!r} did not come in {seconds:.0f} s: {self._log}")
            time.sleep(0.02)
        return True

    def kill(self) -> int:
        """SIGKILL for it and everything that it started, as a machine that loses its power does; how many."""
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._process.pid)
            # Stopped first, so that nobody starts another one meanwhile.
            everybody = [process, *process.children(recursive=True)]
            for each in everybody:
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(signal.SIGSTOP)
            everybody = [process, *process.children(recursive=True)]
            for each in everybody:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            self._process.wait()
            return len(everybody)
        return 0

    def end(self, seconds: float = 10 * MINUTES) -> Run:
        """Waits until it ends.

        Raises TimeoutError, after killing it.
        """
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"{self._words} took more than {seconds:.0f} s: {self._log}") from None
        return Run(self._words, code, self.said(), time.monotonic() - self._started, self._log)

    @property
    def _words(self) -> str:
        return " ".join(self._command)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with changes: sections are merged key by key, everything else is replaced; None removes."""
    result = dict(deepcopy(base))
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def base() -> dict[str, Any]:
    """The sandbox's stack file, as users find it."""
    config: dict[str, Any] = yaml.safe_load((places.CHECKOUT / "stacks/Pulumi.sandbox.yaml").read_text())
    return config["config"]


def _places() -> Iterator[int]:
    """Where the node ports of one stack after the other begin: no two stacks of one run have the same, also
    when the run has two processes. The first is at random, for the sake of what a killed run left behind."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(8))
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return count(int(run[:8], 16) + process, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


_PLACES = _places()


@dataclass
class Door:
    """One stack."""

    what: str
    """What the stack is for: part of its name."""
    folder: Path
    """An empty folder of its own."""
    where: str = "sandbox"
    """`sandbox`; `offline`, where there is no network; `here`, where `extra` names cloud and cluster."""
    cloud: str = "portico"
    """A name in the sandbox's clouds.yaml."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """More environment variables."""
    project: Path = places.CHECKOUT
    """The folder of the program."""
    _runs: int = field(default=0, repr=False)
    _outputs: dict[str, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        # At random, so that what a killed run of the tests left behind is in nobody's way.
        self.stack = f"t{secrets.token_hex(2)}-{self.what}"
        self._port = 30100 + next(_PLACES) % 260 * 10
        (self.folder / "backend").mkdir(parents=True)
        name = yaml.safe_load((self.project / "Pulumi.yaml").read_text())["name"]
        (self.folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")

    @property
    def file(self) -> Path:
        """The stack file."""
        return self.folder / f"Pulumi.{self.stack}.yaml"

    @property
    def prefix(self) -> str:
        """What the names of everything in the cloud begin with."""
        return f"portico-{self.stack}"

    @property
    def host(self) -> str:
        """The host name of the application."""
        return f"{self.stack}.example.org"

    @property
    def own(self) -> dict[str, Any]:
        """What has to differ from stack to stack in one cloud and one cluster."""
        return {
            "openstack:cloud": self.cloud,
            "portico:ingress": {
                "namespace": self.prefix,
                "ingressClass": self.prefix,
                "nodePorts": {"http": self._port, "https": self._port + 1},
                "healthPort": self._port + 2,
            },
            "portico:loadBalancer": {"hosts": {"routerId": 100 + self._port // 10 % 150}},
            "portico:apps": [
                {
                    "name": self.stack,
                    "host": self.host,
                    "run": {"image": "docker.io/traefik/whoami:v1.11.0", "port": 80},
                }
            ],
        }

    def say(self, config: Mapping[str, Any]) -> None:
        """Writes the stack file: these settings alone."""
        self.file.write_text(yaml.safe_dump({**self._encryption(), "config": dict(config)}, sort_keys=False))

    def change(self, *changes: Mapping[str, Any]) -> None:
        """Writes the stack file: the sandbox's with what must differ, and these changes."""
        config = merged(base(), self.own)
        for each in changes:
            config = merged(config, each)
        self.say(config)

    def _encryption(self) -> dict[str, Any]:
        if not self.file.exists():
            return {}
        said: dict[str, Any] = yaml.safe_load(self.file.read_text()) or {}
        return {key: value for key, value in said.items() if key != "config"}

    def init(self) -> Door:
        """Makes the stack known to its backend."""
        words = ["stack", "init", self.stack, "--no-select", "--cwd", str(self.folder)]
        self.start(*words, bare=True).end().succeeded()
        return self

    def start(self, *words: str, bare: bool = False, command: str = "pulumi") -> Running:
        """Starts `pulumi`; `bare` without the stack's options."""
        self._runs += 1
        options = [] if bare else ["--stack", self.stack]
        if words[0] in ("up", "preview", "refresh", "destroy"):
            options += ["--config-file", str(self.file)]
        if words[:2] != ("stack", "output"):
            self._outputs = None
        log = self.folder / f"{self._runs:02}-{words[0]}.log"
        whole = [*self._where, *shlex.split(command), *words, *options]
        return Running(whole, self._environment, log, self.project)

    def run(self, *words: str, seconds: float = 10 * MINUTES) -> Run:
        """Runs `pulumi` to its end."""
        return self.start(*words).end(seconds)

    def up(self, *words: str) -> Run:
        return self.run("up", "--yes", "--skip-preview", *words)

    def refresh(self, *words: str) -> Run:
        return self.run("refresh", "--yes", "--skip-preview", *words)

    def destroy(self) -> Run:
        return self.run("destroy", "--yes", "--skip-preview")

    def recover(self) -> Run:
        """Settles what a killed `up` left open."""
        command = f"{sys.executable} -m portico.recovery"
        return self.start("--config-file", str(self.file), command=command).end()

    def preview(self, *words: str) -> Preview:
        """What `up` would change."""
        run = self.run("preview", "--json", *words).succeeded()
        text = run.output[run.output.index("\n{") if not run.output.startswith("{") else 0 :]
        said, _ = json.JSONDecoder().raw_decode(text.lstrip())
        steps = tuple(_step(each) for each in said.get("steps", ()))
        return Preview(steps, run.seconds)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, as the last command left them."""
        if self._outputs is None:
            self._outputs = self._json("stack", "output", "--json")
        return self._outputs

    def state(self) -> list[dict[str, Any]]:
        """Every resource as Pulumi remembers it."""
        resources: list[dict[str, Any]] = self.export()["resources"]
        return resources

    def export(self) -> dict[str, Any]:
        """The whole state."""
        deployment: dict[str, Any] = self._json("stack", "export")["deployment"]
        return deployment

    def close(self) -> None:
        """Destroys whatever there is, also after an `up` that was interrupted."""
        if not self.destroy().code:
            return
        self.recover().succeeded()
        self.destroy().succeeded()

    def _json(self, *words: str) -> dict[str, Any]:
        run = self.run(*words).succeeded()
        said: dict[str, Any] = json.loads(run.output)
        return said

    @property
    def _where(self) -> tuple[str, ...]:
        places = {"offline": OFFLINE, "here": (), "sandbox": (sys.executable, "-m", "sandbox", "run", "--")}
        return places[self.where]

    @property
    def _environment(self) -> dict[str, str]:
        ambient = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "KUBE"))}
        if self.where == "sandbox":
            ambient["OS_CLOUD"] = self.cloud
        else:
            ambient["HOME"] = str(self.folder)  # where neither a clouds.yaml nor a kubeconfig lies
        return {
            **ambient,
            **environment(ambient),
            "PULUMI_BACKEND_URL": (self.folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "of a test",
            "NO_COLOR": "1",
            **self.extra,
        }


def _step(said: Mapping[str, Any]) -> Step:
    urn = said["urn"]
    old, new = said.get("oldState") or {}, said.get("newState") or {}
    return Step(
        op=said["op"],
        type=urn.split("::")[2].rpartition(":")[2],
        name=urn.split("::")[3],
        diffs=tuple(said.get("diffReasons") or ()),
        replaced_for=tuple(said.get("replaceReasons") or ()),
        old=old.get("inputs") or {},
        new=new.get("inputs") or {},
    )
