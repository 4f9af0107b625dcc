"""A front door before a cluster of the same program: its kubeconfig, ids and addresses are all Outputs."""

from pathlib import Path

import pytest
import yaml

from tests.engine import listing
from tests.engine.door import Door, base, merged
from tests.engine.pair import ask
from tools import places

PROJECT = Path(__file__).parent / "outputs"


@pytest.fixture
def door(sandbox, tmp_path):
    """The program's stack, destroyed in the end."""
    stack = Door("outputs", tmp_path / "stack", project=PROJECT, extra={"PYTHONPATH": str(places.CHECKOUT)})
    before(stack, sandbox.paths.kubeconfig)
    stack.init()
    yield stack
    stack.close()


def before(stack, kubeconfig):
    """Says what the sandbox's stack file says, before the cluster of a kubeconfig."""
    settings = merged(base(), stack.own)
    door = {key.removeprefix("portico:"): value for key, value in settings.items()}
    del door["openstack:cloud"]
    stack.say({"openstack:cloud": stack.cloud, "outputs:door": door, "outputs:kubeconfig": str(kubeconfig)})


def test_outputs_lead_to_a_door_that_answers_and_the_kubeconfig_stays_a_secret(door, sandbox):
    up = door.up().succeeded()
    outputs = door.outputs()
    assert outputs["answer"] == "HTTP 200"
    assert " 200 OK" in ask(outputs["address"], door.host).splitlines()[0]
    (user,) = yaml.safe_load(sandbox.paths.kubeconfig.read_text())["users"]
    key = next(value for value in user["user"].values() if len(str(value)) > 20)
    state = "".join(file.read_text() for file in (door.folder / "backend").rglob("*.json"))
    assert key not in state
    assert key not in up.output
    assert door.preview().changes == ()


def test_a_cluster_that_does_not_answer_is_refused_before_anything_is_made(door, sandbox, tmp_path):
    stood = listing.own(listing.cloud(sandbox), door.stack)
    dead = yaml.safe_load(sandbox.paths.kubeconfig.read_text())
    dead["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "dead").write_text(yaml.safe_dump(dead))
    before(door, tmp_path / "dead")
    refused = door.up().failed()
    assert refused.output.count("the cluster at https://127.0.0.1:1") == 1
    assert "Traceback" not in refused.output
    assert listing.own(listing.cloud(sandbox), door.stack) == stood
