"""No host is touched while the one that should stand in for it is dead: that one is named."""

import shlex
import time
from contextlib import contextmanager

from tests.datapath.faults import hosts
from tests.engine.pair import until
from tests.engine.test_pair import key_pair


def in_guest(pair, place, *commands):
    """Runs commands in a host, as its root."""
    hosts.on(pair, place, "run", "sh", "-c", "; ".join(shlex.join(command) for command in commands))


@contextmanager
def kernel_panic(pair, place):
    """The console ends in a panic and no agent speaks any more."""
    panic = "Kernel panic - not syncing: Fatal exception in interrupt"
    in_guest(pair, place, ("systemctl", "stop", "portico-sync"))
    hosts.on(pair, place, "run", "sh", "-c", f"printf '\\r\\n[18000.123456] {panic}\\r\\n' >/dev/console")
    yield panic
    in_guest(pair, place, ("systemctl", "start", "portico-sync"))


@contextmanager
def dead_agent(pair, place):
    """The agent is killed and does not come again."""
    in_guest(
        pair,
        place,
        ("systemctl", "kill", "--signal=KILL", "portico-sync"),
        ("systemctl", "stop", "portico-sync"),
    )
    yield "says nothing new on its console"
    in_guest(pair, place, ("systemctl", "start", "portico-sync"))


@contextmanager
def server_off(pair, place):
    """The server is SHUTOFF."""
    server = pair.details["hosts"][place]
    with pair.cloud() as cloud:
        cloud.compute.stop_server(server)
        until("Nova says SHUTOFF", lambda: cloud.compute.get_server(server).status == "SHUTOFF", 120, 1)
    yield "is SHUTOFF"
    with pair.cloud() as cloud:
        cloud.compute.start_server(server)
        until("Nova says ACTIVE", lambda: cloud.compute.get_server(server).status == "ACTIVE", 60, 1)
    begun = time.time()
    until("it serves again", lambda: (said := pair.served(server)) is not None and said.at > begun, 120, 1)


def test_the_living_host_is_left_alone_while_its_partner_is_dead(pair):
    first, second = pair.details["hosts"]
    with key_pair(pair) as name:
        pair.door.change({"portico:loadBalancer": {"hosts": {"keyPair": name}}})
        for fault in (kernel_panic, dead_agent, server_off):
            with fault(pair, 1) as said:
                run = pair.door.up().failed()
                # Pulumi says each error where it comes and again in the end.
                told = [line for line in run.output.splitlines() if "was not touched" in line]
                sentences = sorted({line.partition("error: ")[2] for line in told})
                print(f"{fault.__name__}: {run.seconds:.1f} s: {sentences}")
                with pair.cloud() as cloud:
                    assert [cloud.compute.get_server(each).id for each in (first, second)] == [first, second]
                    assert cloud.compute.get_server(first).status == "ACTIVE"
                assert len(sentences) == 1, run.output
                assert f"{pair.door.prefix}-host-1 was not touched" in sentences[0]
                assert f"{pair.door.prefix}-host-2 (server {second})" in sentences[0]
                assert said in sentences[0]
                assert "Traceback" not in run.output
        pair.door.up().succeeded()
        assert {first, second}.isdisjoint(pair.details["hosts"])
        repaired_by_deleting(pair)


def repaired_by_deleting(pair):
    """Puts the stack file back, which rebuilds the hosts, while the second is dead beyond repair."""
    first, second = pair.details["hosts"]
    pair.door.change({})
    hosts.kill_host(pair, 1)
    hosts.delete_server(pair, 1)
    with pair.traffic() as client:
        pair.door.up("--refresh").succeeded()
    report = client.stop()
    print(f"deleted, and up --refresh: {report}")
    assert {first, second}.isdisjoint(pair.details["hosts"])
    assert report.gap < 2, "both hosts were away"


def test_a_metadata_item_that_somebody_deletes_fails_the_next_up_until_it_is_back(pair):
    second = pair.details["hosts"][1]
    with pair.cloud() as cloud:
        items = cloud.compute.get_server(second).metadata
        cloud.compute.delete_server_metadata(second, ["portico-001"])
        until("its agent complains", lambda: pair.served(second).complaint, 120, 1)
    pair.door.change({"portico:wait": {"minutes": 1}})
    run = pair.door.up().failed()
    assert "metadata item 'portico-001' is missing" in run.output
    with pair.cloud() as cloud:
        cloud.compute.set_server_metadata(second, **{"portico-001": items["portico-001"]})
    pair.door.change({})
    pair.door.up("--expect-no-changes").succeeded()
