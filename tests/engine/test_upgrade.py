"""What the next `up` does with a stack that an earlier commit made, whose state was recorded.

`tests/engine/upgrade/<commit>.json` is what `pulumi stack export` printed after an `up` of that commit in the
sandbox, without stack traces and the kubeconfig's path; the stack file lies beside it: `make record-state`.
To b3758ff's the facts were added that later commits keep in the state: with them a preview without a network
knows what one with credentials would look up.
"""

import re

import pytest

from tests.engine.door import Door
from tools import places

RECORDED = places.CHECKOUT / "tests/engine/upgrade"
COMMITS = sorted(file.stem for file in RECORDED.glob("*.json"))
ADDRESS = {("FloatingIp", "portico-lb-address"), ("Port", "portico-lb-vip")}
PROVIDERS = {("update", "openstack", "portico-cloud"), ("update", "kubernetes", "portico-cluster")}
"""Without a network they are told that there is none."""


def listed(commit):
    """What CHANGELOG.md says that happens to a stack of that commit."""
    text = (places.CHECKOUT / "CHANGELOG.md").read_text()
    section = text.partition(f"### A pair that {commit} made\n")[2].partition("\n#")[0]
    return set(re.findall(r"^\| (\w+) \| `(\w+)` \| `([\w-]+)` \|", section, re.MULTILINE))


@pytest.fixture(params=COMMITS)
def commit(request):
    return request.param


@pytest.fixture
def changes(commit, offline):
    door: Door = offline("upgrade")
    door.stack = "recorded"
    door.file.write_text((RECORDED / f"{commit}.yaml").read_text())
    door.init()
    door.run("stack", "import", "--file", str(RECORDED / f"{commit}.json")).succeeded()
    return {(step.op, step.type, step.name) for step in door.preview().changes} - PROVIDERS


def test_a_recorded_stack_changes_as_the_changelog_says_and_keeps_its_address(commit, changes):
    assert {step[1:] for step in changes} & ADDRESS == set()
    assert changes == listed(commit)
