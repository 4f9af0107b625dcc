"""What a host must not serve, or cannot read, is named on its console, and nobody else notices."""

import re
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial

import pytest

from tests.datapath.faults import payload
from tests.datapath.faults.hosts import on
from tests.engine.pair import until


def nothing(pair, place):
    """No fault but the payload."""
    return nullcontext()


@pytest.mark.parametrize(
    ("bad", "fault", "named"),
    [
        pytest.param(
            payload.that_haproxy_refuses, nothing, "haproxy -c answers 1: .*bnid", id="HAProxy refuses it"
        ),
        pytest.param(
            payload.that_haproxy_cannot_serve,
            nothing,
            "does not serve it within",
            id="HAProxy cannot serve it",
        ),
        pytest.param(
            payload.that_keepalived_refuses,
            nothing,
            "keepalived -t answers 5: .*nopremept",
            id="keepalived refuses it",
        ),
        pytest.param(
            payload.that_wants_a_taken_port,
            payload.taken_port,
            f"port {payload.TAKEN} is taken by another program",
            id="its port is taken",
        ),
        pytest.param(
            payload.good_and_larger, payload.fill_disk, "No space left on device", id="the disk is full"
        ),
    ],
)
def test_what_is_refused_is_named_and_the_last_good_one_serves_until_the_next(pair, bad, fault, named):
    place = pair.holder()
    told = bad(payload.of(pair, place))
    with unnoticed(pair, place):
        with fault(pair, place), payload.corrupt_payload(pair, place, told) as generation:
            says(pair, place, f"{generation} is refused: .*({named})")
        heals(pair, place)


def test_what_cannot_be_read_is_named_and_the_last_good_one_serves_until_the_next(pair):
    """One fault after the other and nothing good between them, so that the agent's patience is spent once."""
    place = pair.holder()
    good = payload.of(pair, place)
    corrupt = partial(payload.corrupt_payload, pair, place)
    with unnoticed(pair, place):
        with ExitStack() as faults:
            faults.enter_context(corrupt(payload.without_an_item(good)))
            says(pair, place, "metadata item 'portico-001' is missing")
            faults.enter_context(corrupt(payload.truncated(good)))
            says(pair, place, "the metadata is damaged")
            faults.enter_context(corrupt(payload.with_a_wrong_checksum(good)))
            says(pair, place, f"checksum is not {payload.WRONG_GENERATION}")
            faults.enter_context(payload.metadata_service_down(pair, place))
            says(pair, place, "the metadata service does not answer")
        heals(pair, place)


def says(pair, place, pattern):
    """The host names it on its console, and serves what it served."""
    generation = pair.details["generations"][place]
    until(
        f"it serves {generation} and says {pattern!r}",
        lambda: said(pair, place, generation, pattern),
        60,
        0.5,
    )


def serves(pair, place, generation):
    """The host serves it, and nothing is wrong."""
    until(f"it serves {generation}", lambda: said(pair, place, generation, ""), 60, 0.5)


def said(pair, place, generation, pattern):
    """Whether a host's console says last that it serves a generation, with this complaint and no other."""
    newest = pair.served(pair.details["hosts"][place])
    complaint = newest.complaint or ""
    return newest.generation == generation and bool(re.search(pattern or "^$", complaint))


def heals(pair, place):
    """The host takes the next good payload, and then the one that its stack file says."""
    told = payload.good_again(payload.of(pair, place))
    with payload.corrupt_payload(pair, place, told) as generation:
        serves(pair, place, generation)
    serves(pair, place, pair.details["generations"][place])


@contextmanager
def unnoticed(pair, place):
    """Meanwhile no request fails, the VIP stays and nobody touches the other host."""
    other = 1 - place
    before = history(pair, other)
    with pair.traffic(patience=10) as client:
        yield
    report = client.stop()
    print(f"\nmeanwhile: {report}")
    assert not report.failed
    assert pair.holds(place)
    assert history(pair, other) == before
    assert said(pair, other, pair.details["generations"][other], "")


def history(pair, place):
    """When a program of a host was last started, reloaded or stopped, and which folder serves."""
    asked = "systemctl show --property=StateChangeTimestamp haproxy keepalived"
    return on(pair, place, "run", "sh", "-c", f"{asked}; readlink {payload.FOLDER}/serving")
