"""A preview needs no credentials and no network: CI shows what a change of a stack file would do."""

import pytest
import yaml

from portico.exposure import Exposure
from portico.testing.recorder import build
from tools import places

STACKS = sorted(file.name.split(".")[1] for file in (places.CHECKOUT / "stacks").glob("Pulumi.*.yaml"))


def config(stack):
    return yaml.safe_load((places.CHECKOUT / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"]


@pytest.mark.parametrize("stack", sorted(set(STACKS) - {"aws"}))
def test_a_preview_needs_neither_network_nor_credentials(offline, stack):
    shows_creations_alone(offline, stack)


def test_a_preview_for_aws_needs_neither_network_nor_credentials(offline):
    """Without its plugin the program alone runs, and what it asks the engine for is recorded."""
    if list((places.tools() / "plugins").glob("resource-aws-v*")):
        shows_creations_alone(offline, "aws")
        return
    print("aws: no plugin here, so the program ran under the recorder, without engine and provider")
    said = {key.removeprefix("portico:"): value for key, value in config("aws").items()}
    said.pop("aws:region")
    built = build(lambda: Exposure("portico", said).url, preview=True, stack="aws")
    assert len(built.of("Listener")) == 2
    assert len(built.of("TargetGroup")) == 2


def shows_creations_alone(offline, stack):
    door = offline(stack)
    door.say(config(stack))
    preview = door.init().preview()
    print(f"{stack}: {preview.seconds:.1f} s, {len(preview.changes)} resources")
    assert {step.op for step in preview.changes} == {"create"}
    assert len(preview.changes) > 10
