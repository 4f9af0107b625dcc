"""A program that makes a network, servers and the front door before them at once: Outputs everywhere."""

import subprocess

import pytest

from tests.engine import listing
from tests.engine.door import Door
from tests.engine.pair import INSIDE
from tools import places

PROJECT = places.CHECKOUT / "examples" / "python-same-program"


@pytest.fixture
def shop(sandbox, tmp_path):
    """The example's stack, destroyed in the end."""
    found = {"PYTHONPATH": str(places.CHECKOUT)}  # the sandbox is run from the folder of the program
    stack = Door("shop", tmp_path / "stack", project=PROJECT, extra=found)
    stack.say({"openstack:cloud": "portico"})
    stack.init()
    yield stack
    stack.close()


def fetched(address):
    """What a client on the internet side gets from an address."""
    command = [*INSIDE, "curl", "--silent", "--include", "--max-time", "10", f"http://{address}/"]
    return subprocess.run(command, capture_output=True, text=True, cwd=places.CHECKOUT, check=True).stdout


@pytest.mark.alone
def test_one_up_makes_everything_a_second_changes_nothing_and_destroy_leaves_nothing(shop, sandbox):
    before = listing.cloud(sandbox)
    shop.up().succeeded()
    page = fetched(shop.outputs()["address"])
    assert page.startswith("HTTP/1.0 200")
    assert "hello from the shop" in page

    assert shop.preview().changes == ()
    assert "unchanged" in shop.up("--expect-no-changes").succeeded().output

    shop.destroy().succeeded()
    assert listing.without_others(listing.cloud(sandbox), shop.stack) == listing.without_others(
        before, shop.stack
    )
