"""When .venv is made anew."""

import pytest

from tools import places
from tools.make import venv


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with requirements, and the commands that would have been run in it."""
    monkeypatch.setattr(places, "CHECKOUT", tmp_path)
    monkeypatch.setattr(places, "VENV", tmp_path / ".venv")
    for name in (venv.LOCK, *(name for part in venv.SETS["dev"] for name in part.files)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    ran = []

    def run(command):
        ran.append(command)
        (tmp_path / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        (tmp_path / ".venv" / "bin" / "python").touch()

    monkeypatch.setattr(venv, "_run", run)
    return tmp_path, ran


def installed(ran):
    """The last part of each installation."""
    return [command[-1] for command in ran if "pip" in command]


def test_it_is_made_once(checkout):
    _, ran = checkout
    venv.ensure("program")
    venv.ensure("program")
    assert installed(ran) == ["requirements.txt"]


def test_what_a_larger_set_includes_is_not_installed_again(checkout):
    _, ran = checkout
    venv.ensure("dev")
    for smaller in ("program", "aws", "sandbox"):
        venv.ensure(smaller)
    assert installed(ran) == ["requirements-dev.txt"]


def test_two_sets_beside_each_other_are_both_installed_and_both_kept(checkout):
    _, ran = checkout
    for wanted in ("aws", "sandbox", "aws", "sandbox"):
        venv.ensure(wanted)
    assert installed(ran) == ["./components[aws]", "./sandbox"]


@pytest.mark.parametrize(
    "changed",
    ["requirements.txt", "requirements-lock.txt", "components/pyproject.toml", "sandbox/pyproject.toml"],
)
def test_a_changed_requirement_is_installed(checkout, changed):
    folder, ran = checkout
    venv.ensure("sandbox")
    (folder / changed).write_text("changed")
    venv.ensure("sandbox")
    assert len(installed(ran)) == 2


def test_a_venv_whose_python_has_gone_is_made_anew(checkout):
    folder, ran = checkout
    venv.ensure("program")
    (folder / ".venv" / "bin" / "python").unlink()
    venv.ensure("program")
    assert len(installed(ran)) == 2


def test_an_older_python_is_refused_with_what_to_do(checkout, monkeypatch):
    monkeypatch.setattr(venv, "OLDEST", (99, 0))
    with pytest.raises(venv.VenvError, match="make PYTHON="):
        venv.ensure("program")


def test_every_set_gets_the_versions_that_were_tested_together(checkout):
    _, ran = checkout
    for wanted in venv.SETS:
        venv.ensure(wanted)
    commands = [command for command in ran if "pip" in command]
    assert commands
    assert all(command[command.index("--constraint") + 1] == venv.LOCK for command in commands)
