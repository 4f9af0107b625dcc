"""What make does with a stack: which commands run, in which order, and when none does."""

import json
import subprocess

import pytest

from tools import places
from tools.make import run, sandboxed
from tools.make.stack import Stack, StackError
from tools.toolchain import install

PULUMI = """#!/bin/sh
echo "$@" >>"$PULUMI_HOME/asked"
env >"$PULUMI_HOME/environment"
case "$1 $2" in
"stack ls") cat "$PULUMI_HOME/stacks" || exit 1 ;;
"stack output") echo '{"address": ""}' ;;
"stack export") echo '{}' ;;
"config --json") cat "$PULUMI_HOME/config" ;;
"up "*) exit "$(cat "$PULUMI_HOME/fails")" ;;
esac
"""


class Fake:
    """A `pulumi` that notes how it is called."""

    def __init__(self, home):
        self.home = home
        (home / "bin").mkdir(parents=True)
        (home / "bin" / "pulumi").write_text(PULUMI)
        (home / "bin" / "pulumi").chmod(0o755)
        self.knows([])
        self.fails(0)

    def knows(self, stacks):
        (self.home / "stacks").write_text(json.dumps([{"name": name} for name in stacks]))

    def fails(self, code):
        (self.home / "fails").write_text(str(code))

    @property
    def asked(self):
        """The first two words of each call."""
        log = self.home / "asked"
        return [" ".join(line.split()[:2]) for line in log.read_text().splitlines()] if log.exists() else []

    @property
    def last(self):
        """The last call, whole."""
        return (self.home / "asked").read_text().splitlines()[-1]

    @property
    def environment(self):
        lines = (self.home / "environment").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)


@pytest.fixture
def pulumi(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTICO_DATA", str(tmp_path))
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(install, "ensure", lambda names: None)
    return Fake(places.tools())


@pytest.fixture
def sandbox(monkeypatch):
    """A sandbox that is up or down or cannot come up; commands inside it run here."""

    def state(up, problem=""):
        monkeypatch.setattr(sandboxed, "is_up", lambda: up)
        monkeypatch.setattr(sandboxed, "inside", list)
        monkeypatch.setattr(sandboxed, "up_while", lambda work, progress: work() or problem)

    return state


def test_a_stack_that_is_new_is_created_before_it_is_brought_up(pulumi):
    assert run.up(Stack.named("openstack"), ["--yes"]) == 0
    assert pulumi.asked == ["stack ls", "stack init", "up --yes", "stack output"]


def test_a_stack_that_is_there_is_settled_before_it_is_brought_up(pulumi):
    pulumi.knows(["openstack"])
    assert run.up(Stack.named("openstack"), ["--yes"]) == 0
    assert pulumi.asked == ["stack ls", "stack export", "up --yes", "stack output"]


def test_a_failed_up_is_make_s_failure_and_reports_no_address(pulumi):
    pulumi.fails(3)
    assert run.up(Stack.named("openstack"), ["--yes"]) == 3
    assert "stack output" not in pulumi.asked


def test_the_sandbox_s_stack_is_brought_up_without_a_question(pulumi, sandbox):
    sandbox(up=True)
    assert run.up(Stack.named("sandbox"), []) == 0
    assert "up --yes" in pulumi.asked


def test_a_sandbox_that_cannot_come_up_ends_it(pulumi, sandbox):
    sandbox(up=False, problem="the sandbox needs root")
    assert run.up(Stack.named("sandbox"), []) == 1
    assert pulumi.asked == []


def test_a_preview_of_the_sandbox_s_stack_needs_no_sandbox_and_meets_nobody_s_cloud(
    pulumi, sandbox, monkeypatch
):
    sandbox(up=False)
    monkeypatch.setenv("OS_CLOUD", "production")
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/config")
    assert run.preview(Stack.named("sandbox"), []) == 0
    assert "OS_CLOUD" not in pulumi.environment
    assert pulumi.environment["KUBECONFIG"] == "/dev/null"


def test_a_stack_of_ones_own_keeps_ones_cloud(pulumi, monkeypatch):
    monkeypatch.setenv("OS_CLOUD", "production")
    run.preview(Stack.named("openstack"), [])
    assert pulumi.environment["OS_CLOUD"] == "production"


def test_nothing_is_refreshed_or_destroyed_in_a_sandbox_that_is_down(pulumi, sandbox):
    sandbox(up=False)
    for action in (run.refresh, run.destroy):
        with pytest.raises(StackError, match="the sandbox is not running"):
            action(Stack.named("sandbox"), [])
    assert pulumi.asked == []


def test_the_memory_of_a_sandbox_lies_in_the_sandbox(pulumi, sandbox):
    sandbox(up=True)
    run.up(Stack.named("sandbox"), [])
    assert (places.data() / "sandbox" / "run" / "stack" / "backend").is_dir()
    assert not places.state("sandbox").exists()


def test_only_the_sandbox_can_be_taken_down_whole(pulumi):
    with pytest.raises(StackError, match="make destroy"):
        run.down(Stack.named("openstack"), [])


def test_a_backend_that_a_kill_left_unreadable_is_mended_before_it_is_given_up(pulumi):
    (pulumi.home / "stacks").unlink()
    assert run.up(Stack.named("openstack"), ["--yes"]) == 0
    assert pulumi.asked == ["stack ls", "stack export", "up --yes", "stack output"]


@pytest.mark.parametrize("words", [["up", "--refresh", "-c", "a=b"], ["refresh"], ["preview"], ["destroy"]])
def test_any_command_works_on_the_copy_of_the_stack_file(pulumi, words):
    mine = Stack.named("openstack")
    assert run.pulumi(mine, words) == 0
    assert pulumi.last == f"{' '.join(words)} --stack openstack --config-file {mine.config}"
    assert mine.config != mine.file


@pytest.mark.parametrize(
    "words", [["config", "set", "a", "b"], ["stack", "--show-urns"], ["cancel", "--yes"]]
)
def test_a_command_that_takes_no_stack_file_or_is_meant_to_change_it_gets_none(pulumi, words):
    assert run.pulumi(Stack.named("openstack"), words) == 0
    assert pulumi.last == f"{' '.join(words)} --stack openstack"


def test_a_look_at_what_a_refresh_would_change_is_one_in_the_sandbox_too(pulumi, sandbox):
    sandbox(up=True)
    assert run.refresh(Stack.named("sandbox"), ["--preview-only", "--diff"]) == 0
    assert pulumi.last.startswith("refresh --preview-only --diff --stack sandbox ")
    assert run.refresh(Stack.named("sandbox"), ["--diff"]) == 0
    assert pulumi.last.startswith("refresh --yes --skip-preview --diff --stack sandbox ")


@pytest.fixture
def stack_of(pulumi, tmp_path, monkeypatch):
    """Makes a stack with so many workers, each with its address."""

    def make(workers):
        addresses = [f"10.{number // 250}.{number % 250}.1" for number in range(workers)]
        nodes = {"from": "addresses", "addresses": addresses}
        file = tmp_path / "stacks" / "Pulumi.large.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"config": {"portico:nodes": nodes}}, indent=1))
        value = json.dumps(nodes, separators=(",", ":"))
        (pulumi.home / "config").write_text(json.dumps({"portico:nodes": {"value": value}}))
        return Stack("large", tmp_path / "kept", file)

    return make


@pytest.mark.parametrize(
    "action", [run.up, run.preview, lambda stack, words: run.pulumi(stack, ["up", *words])]
)
def test_settings_that_pulumi_cannot_hand_over_are_refused_with_a_remedy(pulumi, stack_of, action):
    with pytest.raises(StackError, match=r"settings are 1.*131,057.*name fewer nodes.*openstack or cidr"):
        action(stack_of(workers=10_000), ["--yes"])
    assert "up --yes" not in pulumi.asked


def test_a_large_stack_file_that_fits_is_used(pulumi, stack_of):
    assert run.up(stack_of(workers=5000), ["--yes"]) == 0
    assert "config --json" in pulumi.asked
    assert run.up(Stack.named("openstack"), ["--yes"]) == 0


def test_what_fits_in_one_variable_is_what_linux_takes():
    def passes(size):
        environment = {"PULUMI_CONFIG": "x" * size}
        try:
            return subprocess.run(["/bin/true"], env=environment, check=True) is not None
        except OSError:
            return False

    assert passes(run.LONGEST)
    assert not passes(run.LONGEST + 1)
