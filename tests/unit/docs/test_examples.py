"""Every folder in examples/ is found and run, so that none can rot."""

import runpy
from pathlib import Path

import pytest

from portico.testing.recorder import build

PROGRAMS = sorted((Path(__file__).parents[3] / "examples").glob("*/__main__.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.parent.name)
def test_an_example_previews_offline(program, monkeypatch, tmp_path):
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    recorded = build(
        lambda: runpy.run_path(str(program)),
        preview=True,
        config={"openstack:cloud": "mycloud"},
        calls={"openstack:networking/getNetwork:getNetwork": {"id": "5e0f1c1e", "name": "public"}},
    )
    assert "address" in recorded.exports
    assert any(resource.type == "openstack:compute/instance:Instance" for resource in recorded.registered)


def test_there_are_examples():
    assert PROGRAMS
