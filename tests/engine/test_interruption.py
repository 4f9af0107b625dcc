"""An `up` that is killed at any moment, and what comes after it."""

import re
import time
from collections import Counter

from tests.engine import listing

MOMENTS = {
    # Not while a Service is made: a cluster whose client dies then keeps the node port taken for minutes.
    r"Service portico-ingress-service created": 0.2,
    r"Port portico-lb-vip creating": 0.5,
    r"Port portico-lb-host-2 creating": 0.5,
    r"Instance portico-lb-host-1 creating": 3,
    r"Instance portico-lb-host-2 creating": 3,
}
"""What `up` is making when it is killed, and for how many seconds it has been."""


def test_an_up_that_is_killed_again_and_again_ends_as_if_it_never_was_and_destroy_leaves_nothing(
    door, sandbox
):
    stack = door("killed")
    before = everything(sandbox, stack)
    left, kills = dict(MOMENTS), 0
    while left:
        up = stack.start("up", "--yes", "--skip-preview")
        if not up.wait_for("|".join(left)):  # the engine chose another order: all of it had been made by then
            up.end().succeeded()
            break
        moment = next(each for each in left if re.search(each, up.said()))
        time.sleep(left.pop(moment))
        processes, kills = up.kill(), kills + 1
        recovery = stack.recover().succeeded()
        assert "settled" in recovery.output, "nothing was interrupted"
        print(f"{processes} processes killed at {moment!r}; recovery {recovery.seconds:.1f} s:")
        print("\n".join(line for line in recovery.output.splitlines() if line.startswith(f"{stack.stack}: ")))
        assert not stack.export().get("pending_operations")
    assert kills >= 3, "it was hardly interrupted"
    up = stack.up().succeeded()
    print(f"the last up: {up.seconds:.1f} s")
    stack.up("--expect-no-changes").succeeded()
    nothing_is_doubled(listing.cloud(sandbox), stack)
    stack.destroy().succeeded()
    assert everything(sandbox, stack) == before


def everything(sandbox, stack):
    return listing.own(listing.cloud(sandbox) | listing.cluster(), stack.stack)


def nothing_is_doubled(things, stack):
    names = Counter(thing.rpartition(" ")[0] for thing in things if stack.prefix in thing)
    assert [name for name, count in names.items() if count > 1] == []
    state = Counter(each["type"] for each in stack.state() if each.get("custom"))
    for what, type_ in (
        ("server", "openstack:compute/instance:Instance"),
        ("server group", "openstack:compute/serverGroup:ServerGroup"),
        ("port", "openstack:networking/port:Port"),
        ("security group", "openstack:networking/secGroup:SecGroup"),
    ):
        assert len(listing.named(things, what, stack.prefix)) == state[type_]
