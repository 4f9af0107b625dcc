"""A pair on a real OpenStack without Octavia: nothing to change, other workers, drift, new hosts."""

import re
import secrets
import time
from contextlib import contextmanager
from datetime import datetime

from tests.datapath.faults.network import remove_address_pair
from tests.engine.door import base
from tests.engine.pair import until


def test_a_second_up_and_a_refresh_find_nothing_to_change(pair):
    second = pair.door.up("--expect-no-changes").succeeded()
    refresh = pair.door.refresh("--expect-no-changes").succeeded()
    print(f"no change: up {second.seconds:.1f} s, refresh {refresh.seconds:.1f} s")


def test_a_worker_less_and_a_worker_more_change_metadata_and_nothing_else(pair):
    before = pair.details
    everybody = base()["portico:nodes"]["addresses"]
    for what, nodes in (("less", everybody[:-1]), ("more", everybody)):
        pair.door.change({"portico:nodes": {"addresses": nodes}})
        preview = pair.door.preview()
        assert preview.counts == {("update", "Instance"): 2}
        assert {step.diffs for step in preview.changes} == {("metadata",)}
        assert all(step.old["userData"] == step.new["userData"] for step in preview.changes)
        with pair.traffic() as client:
            up = pair.door.up().succeeded()
        now = pair.details
        assert now["hosts"] == before["hosts"], "a host was replaced"
        assert pair.serve(now["generations"])
        print(f"a worker {what}: both serve it {up.seconds:.1f} s after up began; {client.stop()}")
    assert pair.details == before


def test_a_lost_address_pair_moves_the_vip_and_up_refresh_gives_it_back(pair):
    before = pair.holder()
    with pair.traffic() as client, remove_address_pair(pair, before) as port:
        until("another host holds the VIP", lambda: pair.holders() == [1 - before], 30)
        time.sleep(2)
        repair = pair.door.up("--refresh").succeeded()
        with pair.cloud() as cloud:
            pairs = cloud.network.get_port(port).allowed_address_pairs
        assert [each["ip_address"] for each in pairs] == [pair.details["vip"]]
    report = client.stop()
    print(f"address pair lost on the master: {report}; up --refresh repaired it in {repair.seconds:.1f} s")
    assert report.failed, "the load did not notice the fault"
    assert not report.requests[-1].failure
    pair.door.up("--expect-no-changes").succeeded()


def test_hosts_are_replaced_one_after_the_other_and_the_second_only_once_the_first_serves(pair):
    with key_pair(pair) as name:
        for change in ({"portico:loadBalancer": {"hosts": {"keyPair": name}}}, {}):
            old = pair.details["hosts"]
            pair.door.change(change)
            preview = pair.door.preview()
            assert {step.name for step in preview.changes} == {"portico-lb-host-1", "portico-lb-host-2"}
            assert {reason for step in preview.changes for reason in step.replaced_for} == {"keyPair"}
            with pair.traffic() as client:
                up = pair.door.up().succeeded()
            first, second = pair.details["hosts"]
            assert {first, second}.isdisjoint(old)
            assert began_to_serve(pair, first) <= created(pair, second)
            report = client.stop()
            print(f"both hosts replaced in {up.seconds:.1f} s: {report}")


@contextmanager
def key_pair(pair):
    name = f"{pair.door.prefix}-{secrets.token_hex(2)}"
    with pair.cloud() as cloud:
        cloud.compute.create_keypair(name=name)
    try:
        yield name
    finally:
        with pair.cloud() as cloud:
            cloud.compute.delete_keypair(name)


def began_to_serve(pair, server):
    """When a host first said so, in seconds since 1970."""
    with pair.cloud() as cloud:
        said = cloud.compute.get_server_console_output(server, length=400)["output"]
    return min(int(at) for at in re.findall(r"portico-sync: (\d+) serving [0-9a-f]{8}", said))


def created(pair, server):
    """When Nova was asked for a server, in seconds since 1970."""
    with pair.cloud() as cloud:
        return datetime.fromisoformat(cloud.compute.get_server(server).created_at).timestamp()
