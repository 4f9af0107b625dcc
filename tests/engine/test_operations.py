"""Every command of docs/operations.md, run as it stands there."""

import re
import shlex

import pytest
import yaml

from tools import places

PAGE = (places.CHECKOUT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
CONFIGURED = ("up", "refresh", "destroy", "preview")
MADE = [line for line in COMMANDS if line.startswith("make ")]
THROUGH_MAKE = [line for line in COMMANDS if line.startswith("pulumi ")]


@pytest.fixture
def shell(pair, tmp_path):
    """Runs a command with the variables that the page names, in the sandbox.

    The stack file lies outside the checkout, which `pulumi` has to be told; otherwise it is as on the page.
    """
    stack = pair.door
    state = stack.state()
    (host,) = [each["urn"] for each in state if each["urn"].endswith(":Instance::portico-lb-host-1")]
    script = tmp_path / "pulumi"
    words = "|".join(CONFIGURED)
    script.write_text(
        "#!/bin/sh\n"
        "PATH=${PATH#*:}\n"
        f'case $1 in {words}) set -- "$@" --config-file {shlex.quote(str(stack.file))} ;; esac\n'
        'exec pulumi "$@"\n'
    )
    script.chmod(0o755)
    variables = {"STACK": stack.stack, "SERVER": pair.details["hosts"][0], "HOST": host}

    def run(command):
        named = [f"{name}={value}" for name, value in variables.items()]
        line = f"PATH={shlex.quote(str(tmp_path))}:$PATH; {command}"
        return stack.start("-c", line, bare=True, command=f"env {shlex.join(named)} bash -eu").end()

    return run


def test_the_page_has_commands():
    assert len(COMMANDS) > 8


@pytest.mark.parametrize("command", [line for line in COMMANDS if line not in MADE])
def test_a_command_of_the_page_works(shell, command):
    shell(command).succeeded()


def as_made(command):
    """`pulumi ... --stack "$STACK" ...` as the page says it for make."""
    words = command.removeprefix("pulumi ").replace('--stack "$STACK" ', "").replace(' --stack "$STACK"', "")
    quoted = words.replace('"$HOST"', "'$HOST'").replace('"', "'")
    return f'make pulumi STACK="$STACK" ARGS="{quoted}"'


@pytest.mark.parametrize("command", [*MADE, *map(as_made, THROUGH_MAKE)])
def test_a_command_works_through_make_and_leaves_the_stack_file_alone(shell, pair, tmp_path, command):
    committed = places.CHECKOUT / "stacks" / pair.door.file.name
    committed.write_text(yaml.safe_dump({"config": yaml.safe_load(pair.door.file.read_text())["config"]}))
    before = committed.read_text()
    try:
        shell(f"export XDG_STATE_HOME={tmp_path}; {command}").succeeded()
        assert committed.read_text() == before
    finally:
        committed.unlink()
