from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.machine import INSTEAD, Machine, refusals

GOOD = Machine("linux", user=0, memory=16_000, disk=100_000, missing=(), root=Path("/data/sandbox"))


def test_a_good_machine_is_not_refused():
    assert refusals(GOOD, fresh=True, running=False) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"user": 1000}, "sudo"),
        ({"memory": 2_000}, "2000 MiB are free"),
        ({"disk": 1_000}, "PORTICO_DATA"),
        ({"root": Path("/" + "x" * 90)}, "too long"),
        ({"missing": ("ip", "unshare")}, "apt-get install iproute2 util-linux"),
    ],
)
def test_each_reason_is_one_sentence_that_says_what_to_do(change, word):
    (sentence,) = refusals(replace(GOOD, **change), fresh=True, running=False)
    assert word in sentence
    assert "\n" not in sentence


def test_all_reasons_are_said_at_once():
    assert len(refusals(replace(GOOD, user=1000, memory=0, disk=0), fresh=True, running=False)) == 3


def test_where_it_is_not_linux_that_is_all_there_is_to_say():
    mac = replace(GOOD, system="darwin", user=501, memory=0)
    assert refusals(mac, fresh=True, running=False) == [
        "the sandbox needs Linux, and this machine runs darwin"
    ]


def test_a_sandbox_that_is_up_has_taken_its_memory_already():
    assert refusals(replace(GOOD, memory=2_000), fresh=False, running=True) == []


def test_what_is_downloaded_already_needs_no_room():
    assert refusals(replace(GOOD, disk=1_000), fresh=False, running=False) == []


def test_who_is_refused_hears_what_works_instead():
    assert "make preview" in INSTEAD
    assert "make up STACK=openstack" in INSTEAD
