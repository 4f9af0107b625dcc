"""The payload: what a worker more changes, what it weighs, and where it stops."""

import base64
from dataclasses import replace

import pytest

from portico.lbhost import PayloadTooLarge, haproxy, keepalived, payload, userdata
from portico.lbhost.portico_sync import unpack
from tests.unit.lbhost.fleets import fleet, realistic


def test_both_files_come_back_out():
    pair = fleet()
    files = payload.unpack(payload.pack(pair, pair.hosts[0]).metadata)
    assert files == {
        "haproxy.cfg": haproxy.render(pair),
        "keepalived.conf": keepalived.render(pair, pair.hosts[0]),
    }


def test_the_agent_reads_what_was_packed():
    pair = fleet()
    first, second = (payload.pack(pair, host) for host in pair.hosts)
    read = unpack(second.metadata)
    assert read.generation == second.generation
    assert read.files == payload.unpack(second.metadata)
    assert read.address == "10.0.0.12"
    assert read.after == ("10.0.0.11", first.generation)


def test_the_first_host_waits_for_nobody():
    pair = fleet()
    assert unpack(payload.pack(pair, pair.hosts[0]).metadata).after is None


def test_the_same_fleet_makes_the_same_metadata():
    assert payload.pack(fleet(), fleet().hosts[1]) == payload.pack(fleet(), fleet().hosts[1])


@pytest.mark.parametrize("host", [0, 1])
def test_a_worker_more_is_a_new_generation_on_every_host(host):
    before, after = (payload.pack(pair, pair.hosts[host]) for pair in (fleet(3), fleet(4)))
    assert before.generation != after.generation


def test_a_worker_more_leaves_user_data_alone():
    before = userdata.render()
    payload.pack(fleet(4), fleet(4).hosts[0])
    assert userdata.render() == before


def test_a_change_of_the_first_host_alone_reaches_the_second():
    """The second host must know which generation to wait for."""
    pair = fleet()
    moved = replace(pair, hosts=(replace(pair.hosts[0], name="other"), pair.hosts[1]))
    assert payload.pack(pair, pair.hosts[1]).generation != payload.pack(moved, moved.hosts[1]).generation


@pytest.mark.parametrize("workers", [0, 3, 100])
def test_every_value_fits_a_metadata_item(workers):
    pair = fleet(workers)
    packed = payload.pack(pair, pair.hosts[0])
    assert all(len(value) <= 255 and len(key) <= 255 for key, value in packed.metadata.items())
    assert all(value.isascii() and value.isprintable() for value in packed.metadata.values())
    assert packed.size == sum(len(key) + len(value) for key, value in packed.metadata.items())


def test_a_thousand_workers_with_names_and_addresses_of_chance_fit():
    large = realistic(1000)
    assert len(payload.pack(large, large.hosts[1]).metadata) <= 120


def test_what_does_not_fit_is_one_error_with_figures_and_a_remedy():
    large = realistic(2000)
    with pytest.raises(
        PayloadTooLarge, match=r"2000 backends × 2 listeners need \d+ metadata items .* at most 120"
    ):
        payload.pack(large, large.hosts[0])


def test_the_limit_may_be_another():
    pair = fleet()
    with pytest.raises(PayloadTooLarge, match=r"at most 3 of 255 characters.*quota"):
        payload.pack(pair, pair.hosts[0], limit=3)


def test_a_stranger_has_no_payload():
    with pytest.raises(ValueError, match="not in tuple"):
        payload.pack(fleet(hosts=1), fleet(hosts=2).hosts[1])


@pytest.mark.parametrize("damage", ["portico-000", "portico-chunks", "portico-generation"])
def test_a_payload_with_an_item_missing_is_none(damage):
    pair = fleet()
    metadata = {
        key: value for key, value in payload.pack(pair, pair.hosts[0]).metadata.items() if key != damage
    }
    with pytest.raises(KeyError, match=damage):
        payload.unpack(metadata)


def test_a_payload_under_another_generation_is_none():
    pair = fleet()
    metadata = {**payload.pack(pair, pair.hosts[0]).metadata, "portico-generation": "0" * 16}
    with pytest.raises(ValueError, match="checksum"):
        payload.unpack(metadata)


def test_the_text_is_plain_base64():
    pair = fleet()
    metadata = payload.pack(pair, pair.hosts[0]).metadata
    text = "".join(metadata[f"portico-{index:03}"] for index in range(int(metadata["portico-chunks"])))
    assert base64.b64decode(text, validate=True)
