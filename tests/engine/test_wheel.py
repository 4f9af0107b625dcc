"""The package as others get it: a wheel in an environment of its own, with every Python that it is for.

Needs a package index for what the package needs itself; the preview has no network.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from tools import places

PACKAGE = places.CHECKOUT / "components"
NEWEST = 14
"""The newest Python 3 that the package is tried with."""


def pythons():
    """Every Python from the oldest that the package is for, as far as this machine has it."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    oldest = int(re.fullmatch(r">=3\.(\d+)", project["requires-python"])[1])
    found = {minor: program(minor) for minor in range(oldest, NEWEST + 1)}
    return {f"3.{minor}": path for minor, path in found.items() if path}


def program(minor):
    """Where a Python lies: on PATH, or among the versions of pyenv, whose names on PATH need not work."""
    if sys.version_info[:2] == (3, minor):
        return sys.executable
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    kept = sorted(root.glob(f"versions/3.{minor}.*/bin/python3"))
    return str(kept[-1]) if kept else shutil.which(f"python3.{minor}")


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel of this checkout, made from a copy, so that nothing is left behind in the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "components"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", ".", source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel):
    listed = subprocess.run(
        ["git", "ls-files", "portico"], cwd=PACKAGE, capture_output=True, text=True, check=True
    )
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == set(listed.stdout.split())


@pytest.fixture
def previewed(wheel, offline, tmp_path):
    """Previews a committed stack file with a Python and the wheel, some of its extras and nothing else."""

    def preview(python, stack, extras):
        project = tmp_path / "project"
        project.mkdir()
        run(python, "-m", "venv", "venv", cwd=project)
        # Compiling all of the providers' packages would take longer than everything else.
        install = ("venv/bin/python", "-m", "pip", "install", "--quiet", "--no-compile")
        lock = places.CHECKOUT / "requirements-lock.txt"
        run(*install, "--constraint", lock, f"pulumi-portico{extras} @ {wheel.as_uri()}", cwd=project)

        runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}
        (project / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "shop", "runtime": runtime}))
        shutil.copy(places.CHECKOUT / "__main__.py", project)
        door = offline("wheel", project)
        door.say(yaml.safe_load((places.CHECKOUT / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"])
        return door.init()

    return preview


@pytest.mark.parametrize("version", pythons())
def test_a_program_previews_with_the_wheel_alone(version, previewed):
    preview = previewed(pythons()[version], "openstack", "[openstack]").preview()
    print(f"Python {version}: {len(preview.changes)} resources, {preview.seconds:.1f} s")
    assert {step.op for step in preview.changes} == {"create"}


def test_who_has_no_platform_needs_no_platform_s_package(previewed):
    door = previewed(sys.executable, "baremetal", "")
    assert {step.op for step in door.preview().changes} == {"create"}
    door.say(yaml.safe_load((places.CHECKOUT / "stacks" / "Pulumi.openstack.yaml").read_text())["config"])
    assert 'pip install "./components[openstack]"' in door.run("preview").failed().output
