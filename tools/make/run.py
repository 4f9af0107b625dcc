"""What `make up`, `preview`, `refresh`, `outputs`, `destroy` and `down` do.

Called as `python -m tools.make.run up sandbox`. Runs `python -m sandbox` and `pulumi`; what they print is
shown as it is. For the stack `sandbox` everything happens inside the sandbox's network (`python -m sandbox
run`), for every other one on this machine.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tools import places
from tools.make import sandboxed, stack, venv
from tools.make.stack import Stack, StackError
from tools.toolchain import install
from tools.toolchain.catalogue import TOOLS
from tools.toolchain.environment import environment

SANDBOX = "sandbox"
"""The stack that runs against the sandbox instead of somebody's cloud."""

EXTRAS = {"aws-nlb": ("aws", "pulumi-resource-aws")}
"""What a kind of load balancer needs beyond what every stack does: a set of packages, and a tool."""


CONFIGURED = ("destroy", "import", "logs", "preview", "refresh", "up", "watch")
"""The commands of pulumi that read a stack file and may write into it; `pulumi config` is meant to."""

LONGEST = 128 * 1024 - len("PULUMI_CONFIG=") - 1
"""Bytes of the settings as JSON: Pulumi hands them to the program in one variable of its environment, and
Linux takes 128 KiB for one (execve(2), MAX_ARG_STRLEN)."""

LARGE = 32 * 1024
"""Bytes of a stack file that may become so many."""


class Runner:
    """Runs `pulumi` for one stack."""

    def __init__(self, chosen: Stack, inside: bool = False) -> None:
        self._stack = chosen
        self._inside = inside
        self._environment = {
            **(os.environ if inside or chosen.name != SANDBOX else _nobodys()),
            **environment(),
        }
        self._environment |= stack.prepare(chosen, self._environment)

    def pulumi(self, *words: str) -> int:
        """Run it with the terminal as it is; the exit code.

        Raises StackError where the settings are too long for it.
        """
        options = ["--stack", self._stack.name]
        if words and words[0] in CONFIGURED:
            self._measure()
            options += ["--config-file", str(self._stack.config)]
        return self.command(["pulumi", *words, *options])

    def _measure(self) -> None:
        if self._stack.config.stat().st_size < LARGE:
            return
        where = ["--stack", self._stack.name, "--config-file", str(self._stack.config)]
        answer = subprocess.run(
            ["pulumi", "config", "--json", *where],
            cwd=places.CHECKOUT,
            env=self._environment,
            capture_output=True,
            text=True,
        )
        if answer.returncode:
            return
        settings = {key: setting.get("value", "") for key, setting in json.loads(answer.stdout).items()}
        size = len(json.dumps(settings, separators=(",", ":")).encode())
        if size > LONGEST:
            raise StackError(
                f"stacks/{self._stack.file.name}: its settings are {size:,} bytes, and Pulumi can hand no "
                f"more than {LONGEST:,} to the program; name fewer nodes, or find them by nodes.from: "
                "openstack or cidr"
            )

    def command(self, words: Sequence[str]) -> int:
        """Run any command where `pulumi` runs, with the terminal as it is; the exit code."""
        return _call(self._wrapped(words), self._environment)

    def outputs(self) -> dict[str, object]:
        """The stack's outputs; those that are secret are masked."""
        command = ["pulumi", "stack", "output", "--json", "--stack", self._stack.name]
        answer = subprocess.run(
            command, cwd=places.CHECKOUT, env=self._environment, stdout=subprocess.PIPE, text=True
        )
        if answer.returncode:
            return {}
        found: dict[str, object] = json.loads(answer.stdout)
        return found

    def exists(self) -> bool:
        command = ["pulumi", "stack", "ls", "--json", "--project", stack.project()]
        answer = subprocess.run(
            command, cwd=places.CHECKOUT, env=self._environment, capture_output=True, text=True
        )
        if answer.returncode:
            raise StackError(f"the backend of the stack cannot be read:\n  {answer.stderr.strip()}")
        names = [known["name"] for known in json.loads(answer.stdout)]
        return any(name.split("/")[-1] == self._stack.name for name in names)

    def create(self) -> None:
        """Make the stack known to the backend."""
        folder = str(self._stack.config.parent)
        command = ["pulumi", "stack", "init", self._stack.name, "--no-select", "--cwd", folder]
        answer = subprocess.run(command, env=self._environment, capture_output=True, text=True)
        if answer.returncode:
            raise StackError(f"the stack cannot be created:\n  {answer.stderr.strip()}")

    def recover(self) -> int:
        """Settle what a killed run left open, so that nothing is made twice; the exit code."""
        command = [sys.executable, "-m", "portico.recovery", "--stack", self._stack.name]
        return self.command([*command, "--config-file", str(self._stack.config)])

    def ready(self) -> int:
        """See to it that the stack is there and nothing in it is left open; the exit code."""
        try:
            exists = self.exists()
        except StackError:
            # A kill may have left the backend unreadable, which the recovery mends.
            if self.recover():
                raise
            return 0
        if exists:
            return self.recover()
        self.create()
        return 0

    def knock(self, outputs: Mapping[str, object]) -> int:
        """Ask the front door for an answer, and print the report of `make up`."""
        command = [sys.executable, "-m", "tools.make.report", self._stack.name]
        return _call(self._wrapped(command), self._environment, text=json.dumps(outputs))

    def _wrapped(self, command: Sequence[str]) -> list[str]:
        return sandboxed.inside(command) if self._inside else list(command)


def up(chosen: Stack, arguments: list[str]) -> int:
    if chosen.name == SANDBOX:
        if sandboxed.up_while(lambda: _fetch(chosen), progress=sys.stdout):
            return 1
        runner = _in_sandbox(chosen)
        arguments = ["--yes", "--skip-preview", *arguments]
    else:
        _fetch(chosen)
        runner = Runner(chosen)
    # The report shows the outputs.
    failed = runner.ready() or runner.pulumi("up", *arguments, "--suppress-outputs")
    return failed or runner.knock(runner.outputs())


def preview(chosen: Stack, arguments: list[str]) -> int:
    _fetch(chosen)
    runner = _in_sandbox(chosen) if _sandbox_is_up(chosen) else Runner(chosen)
    if not runner.exists():
        runner.create()
    return runner.pulumi("preview", *arguments)


def refresh(chosen: Stack, arguments: list[str]) -> int:
    return _existing(chosen, "refresh", arguments)


def destroy(chosen: Stack, arguments: list[str]) -> int:
    return _existing(chosen, "destroy", arguments)


def outputs(chosen: Stack, arguments: list[str]) -> int:
    return pulumi(chosen, ["stack", "output", *arguments])


def pulumi(chosen: Stack, arguments: list[str]) -> int:
    """Any other command, for this stack in its backend."""
    _fetch(chosen)
    runner = _in_sandbox(chosen) if _sandbox_is_up(chosen) else Runner(chosen)
    return runner.pulumi(*arguments)


def shell(chosen: Stack, arguments: list[str]) -> int:
    """A shell, or one command, where `pulumi` knows the stack's backend; for the sandbox, on its internet."""
    _fetch(chosen)
    runner = _in_sandbox(chosen) if _sandbox_is_up(chosen) else Runner(chosen)
    return runner.command(arguments or [os.environ.get("SHELL", "/bin/sh")])


def down(chosen: Stack, arguments: list[str]) -> int:
    if chosen.name != SANDBOX:
        raise StackError("down stops the sandbox; to take a stack down: make destroy STACK=...")
    return _call(sandboxed.command("down", *arguments), os.environ)


ACTIONS: dict[str, Callable[[Stack, list[str]], int]] = {
    command.__name__: command for command in (up, preview, refresh, destroy, outputs, pulumi, shell, down)
}


def _existing(chosen: Stack, action: str, arguments: list[str]) -> int:
    _fetch(chosen)
    if chosen.name == SANDBOX:
        if not sandboxed.is_up():
            raise StackError("the sandbox is not running, so there is nothing to reach: make up")
        runner = _in_sandbox(chosen)
        if "--preview-only" not in arguments:
            arguments = ["--yes", "--skip-preview", *arguments]
    else:
        runner = Runner(chosen)
    return runner.ready() or runner.pulumi(action, *arguments)


def _in_sandbox(chosen: Stack) -> Runner:
    return Runner(replace(chosen, folder=places.sandbox_state()), inside=True)


def _sandbox_is_up(chosen: Stack) -> bool:
    return chosen.name == SANDBOX and sandboxed.is_up()


def _fetch(chosen: Stack) -> None:
    needed = [tool.name for tool in TOOLS.values() if tool.needed]
    text = chosen.file.read_text()
    for kind, (packages, tool) in EXTRAS.items():
        if f"type: {kind}" in text:
            venv.ensure(packages)
            needed.append(tool)
    install.ensure(needed)


def _nobodys() -> dict[str, str]:
    """The environment without anybody's cloud or cluster: to preview the sandbox's stack while it is down."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    return kept | {"KUBECONFIG": os.devnull}


def _call(command: Sequence[str], env: Mapping[str, str], text: str | None = None) -> int:
    """Run a command in the checkout; Ctrl-C is left to it, so that it can end in good order."""
    with subprocess.Popen(
        command, cwd=places.CHECKOUT, env=env, stdin=subprocess.PIPE if text else None, text=True
    ) as process:
        if text and process.stdin:
            process.stdin.write(text)
            process.stdin.close()
        return process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.make.run", description=__doc__)
    parser.add_argument("action", choices=list(ACTIONS))
    parser.add_argument("stack")
    asked, arguments = parser.parse_known_args()
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        sys.exit(ACTIONS[asked.action](Stack.named(asked.stack), arguments))
    except (StackError, install.ToolsError, venv.VenvError) as error:
        sys.exit(f"tools: {error}")


if __name__ == "__main__":
    main()
