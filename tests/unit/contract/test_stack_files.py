"""The whole program, every stack file, no credentials and no network: what a preview in CI asks Pulumi for.

The recorder stands in for engine and providers. tests/engine previews with the real ones; for AWS, whose
plugin is not built from source, this is all.
"""

import json
import runpy
from pathlib import Path

import pytest
import yaml

from portico.kinds.table import TYPES
from portico.testing.recorder import Recorder, build

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))


def config(file: Path) -> dict[str, str]:
    """A stack file's configuration, as Pulumi hands it to the program."""
    said = yaml.safe_load(file.read_text())["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in said.items()}


def preview(file: Path) -> Recorder:
    def program() -> None:
        runpy.run_path(str(ROOT / "__main__.py"))

    return build(program, preview=True, config=config(file), stack=file.name.split(".")[1])


@pytest.fixture(autouse=True)
def no_clouds_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = tmp_path / "clouds.yaml"
    nothing.write_text("clouds: {}\n")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(nothing))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_stack_file_previews_offline(file: Path) -> None:
    recorded = preview(file)
    assert recorded.calls == [], "a provider function needs credentials"
    assert recorded.exports.keys() == {"address", "url", "nodePorts", "loadBalancer", "answer", "reasons"}
    assert recorded.exports["reasons"]
    for resource in recorded.registered:
        assert resource.name.startswith("portico"), resource.urn


def test_the_stack_files_show_every_type() -> None:
    shown = {json.loads(config(file)["portico:loadBalancer"])["type"] for file in FILES}
    assert shown == set(TYPES)
