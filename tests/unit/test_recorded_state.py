"""A recorded state holds nothing of the machine that it was recorded on."""

import json
from pathlib import Path

import pytest

from tests.engine.record import OF_A_MACHINE, kept

RECORDED = sorted((Path(__file__).parents[1] / "engine" / "upgrade").glob("*.json"))


def test_paths_of_the_machine_are_left_out_and_everything_else_is_kept():
    provider = {"inputs": {"kubeconfig": "/home/somebody/.kube/config", "context": "shop"}}
    said = {"resources": [{**provider, "sourcePosition": "project:///a.py#1", "stackTrace": [{}]}]}
    assert kept(said) == {"resources": [{"inputs": {"context": "shop"}}]}


def test_on_which_inputs_a_kubeconfig_depends_is_kept():
    depends = {"propertyDependencies": {"kubeconfig": ["urn"]}}
    assert kept(depends) == depends


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_a_committed_state_is_as_the_command_leaves_it(file):
    text = file.read_text()
    assert [word for word in (*OF_A_MACHINE, "/home/", "/root/", "/tmp/") if word in text] == []
    assert json.loads(text)["deployment"]["resources"]
