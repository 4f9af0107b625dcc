"""Changes under load, through the whole way: `pulumi up`, metadata, agent, reload."""

import time

from tests.datapath.faults import hosts
from tests.datapath.lasting import Lasting, lasting
from tests.engine.door import base
from tests.engine.pair import CLIENT, INSIDE

CHANGES = (
    {"portico:nodes": {"addresses": base()["portico:nodes"]["addresses"][:2]}},
    {"portico:loadBalancer": {"hosts": {"timers": "fast", "maxConnections": 3000}}},
    {},
)


def test_no_request_fails_and_no_lasting_connection_breaks_while_configurations_change(pair):
    wanted = Lasting(pair.door.outputs()["address"], pair.door.host, source=CLIENT)
    served = {tuple(pair.details["generations"])}
    with pair.traffic(rate=200) as client, lasting(wanted, INSIDE) as kept:
        for change in CHANGES:
            pair.door.change(change)
            pair.door.up().succeeded()
            served.add(tuple(pair.details["generations"]))
    report = client.stop()
    print(f"{len(CHANGES)} changes: {report}; {len(kept.broken)} of {kept.connections} connections broke")
    assert len(served) == len(CHANGES), "nothing was changed"
    assert not report.failed
    assert kept.exchanges > kept.connections
    assert kept.broken == ()


def test_a_restart_in_place_of_a_reload_would_cost_requests_and_every_lasting_connection(pair):
    """The other test can fail."""
    wanted = Lasting(pair.door.outputs()["address"], pair.door.host, source=CLIENT)
    with pair.traffic(rate=200) as client, lasting(wanted, INSIDE) as kept:
        hosts.restart_haproxy(pair, pair.holder())
        time.sleep(3)
    report = client.stop()
    print(f"HAProxy restarted: {report}; {len(kept.broken)} of {kept.connections} connections broke")
    assert report.failed or report.slow
    assert len(kept.broken) == kept.connections
