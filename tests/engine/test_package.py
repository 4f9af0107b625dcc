"""Portico as a package: a program in YAML, which says what a stack file says."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.engine import listing
from tests.engine.door import Door, base, merged
from tests.engine.pair import ask
from tests.parts import missing
from tools import places

EXAMPLE = places.CHECKOUT / "examples" / "yaml"


@pytest.fixture
def host(toolchain: None) -> None:
    """The YAML language host."""
    if not (places.tools() / "bin" / "pulumi-language-yaml").exists():
        missing("there is no YAML language host: python -m tools up pulumi-language-yaml")


def package(folder: Path) -> Path:
    """The component package, with the Python environment that Pulumi makes for it elsewhere."""
    files = shutil.ignore_patterns("venv", "*.egg-info", "__pycache__")
    shutil.copytree(places.CHECKOUT / "components", folder, ignore=files)
    (folder / "venv").symlink_to(places.VENV)
    return folder


def program(folder: Path, *changes) -> Door:
    """A stack of a YAML program: the example's, which says what the sandbox's stack file says."""
    written = yaml.safe_load((EXAMPLE / "Pulumi.yaml").read_text())
    source = folder / "program"
    source.mkdir(parents=True)
    (source / "Pulumi.yaml").write_text(yaml.safe_dump(written))
    door = Door("yaml", folder / "stack", project=source)
    settings = merged(base(), door.own)
    for change in changes:
        settings = merged(settings, change)
    inputs = {key.removeprefix("portico:"): value for key, value in settings.items()}
    del inputs["openstack:cloud"]
    written["packages"] = {"portico": str(package(folder / "package"))}
    written["resources"]["door"]["properties"] = inputs
    written["outputs"] = {name: f"${{door.{name}}}" for name in ("address", "answer", "details", "nodePorts")}
    del written["config"]
    (source / "Pulumi.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
    door.say({"openstack:cloud": door.cloud})
    return door.init()


def test_a_yaml_program_gets_a_pair_that_answers_and_leaves_nothing(host, sandbox, tmp_path):
    door = program(tmp_path)
    before = left(sandbox, door)
    previewed = door.preview()
    assert {step.op for step in previewed.changes} == {"create"}
    up = door.up()
    try:
        up.succeeded()
        outputs = door.outputs()
        assert outputs["answer"] == "HTTP 200"
        assert outputs["details"]["type"] == "openstack-haproxy"
        assert len(outputs["details"]["hosts"]) == 2
        assert " 200 OK" in ask(outputs["address"], door.host).splitlines()[0]
        second = door.up("--expect-no-changes").succeeded()
    finally:
        destroyed = door.destroy()
    destroyed.succeeded()
    print(f"up {up.seconds:.1f} s, no change {second.seconds:.1f} s, destroy {destroyed.seconds:.1f} s")
    assert door.export().get("resources", []) == []
    assert left(sandbox, door) == before


def left(sandbox, door):
    """What cloud and cluster hold of no other stack under test."""
    return listing.own(listing.cloud(sandbox) | listing.cluster(), door.stack)


def test_a_mistake_in_yaml_is_one_sentence_and_nothing_is_made(host, sandbox, tmp_path):
    door = program(tmp_path, {"portico:wait": {"minutes": 0}})
    run = door.up().failed()
    assert run.output.count("wait.minutes = 0: must be a whole number from 1 to 60") == 1
    assert "Traceback" not in run.output
    assert 'File "' not in run.output
    made = [entry["type"] for entry in door.export().get("resources", [])]
    assert [token for token in made if not token.startswith("pulumi:")] == []
