"""`up` ends when every host serves what was planned, or says what its agent or its console says."""

import asyncio
import zlib
from types import SimpleNamespace as Thing

import pulumi
import pytest
from openstack import exceptions

from portico.serving import hosts
from portico.serving.hosts import hosts_serve, serves_at_all
from portico.settings.model import Wait
from tests.unit.serving.conftest import NOBODY


def line(generation, complaint=""):
    body = f"1790000000 serving {generation}" + (f"; {complaint}" if complaint else "")
    return f"portico-sync: {body} [{zlib.crc32(body.encode()):08x}]\r\n"


class Consoles:
    """A cloud whose servers say one text after the other, the last one for ever."""

    def __init__(self, *texts, apart=True):
        self.texts, self.asked, self.apart = texts, 0, apart
        self.compute = self

    def get_server_console_output(self, server, length):
        text = self.texts[min(self.asked, len(self.texts) - 1)]
        self.asked += 1
        if isinstance(text, Exception):
            raise text
        return {"output": text}

    def get_server(self, server):
        return Thing(host_id=server if self.apart else "one")


@pytest.fixture
def cloud(monkeypatch):
    def put(*texts, apart=True):
        consoles = Consoles(*texts, apart=apart)
        monkeypatch.setattr(hosts, "cloud", lambda: consoles)
        return consoles

    return put


def serve(*generations, wait=None):
    names = [f"host-{index}" for index, _ in enumerate(generations)]
    return asyncio.run(hosts_serve(NOBODY, names, names, generations, wait or Wait(minutes=0)))


def test_a_host_is_waited_for_until_it_serves_its_planned_generation(cloud):
    consoles = cloud("booting", line("aaaaaaaaaaaaaaaa"), line("bbbbbbbbbbbbbbbb"))
    assert serve("bbbbbbbbbbbbbbbb", wait=Wait(minutes=1)) == "every host serves what was planned"
    assert consoles.asked == 3


def test_a_host_that_refuses_its_generation_is_named_with_its_agents_own_words(cloud):
    cloud(line("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb is refused: haproxy -c answers 1"))
    with pytest.raises(pulumi.RunError, match=r"host-0 .* haproxy -c answers 1"):
        serve("bbbbbbbbbbbbbbbb")


def test_a_host_whose_agent_never_spoke_is_named_with_the_end_of_its_console(cloud):
    cloud("cloud-init failed: no network")
    with pytest.raises(pulumi.RunError, match="no network"):
        serve("bbbbbbbbbbbbbbbb")


def test_any_generation_opens_the_gate_to_the_next_host(cloud):
    cloud("", line("aaaaaaaaaaaaaaaa"))
    assert "host-1" in asyncio.run(serves_at_all(NOBODY, "host-1", "id", 60))


def test_a_cloud_without_consoles_is_given_time_and_told(cloud, logged):
    cloud(exceptions.ForbiddenException("no consoles here"))
    assert asyncio.run(serves_at_all(NOBODY, "host-1", "id", 0)) == "host-1 was given 0 s"
    assert any("no consoles here" in text for text in logged)


def test_two_hosts_on_one_hypervisor_are_said(cloud, logged):
    cloud(line("aaaaaaaaaaaaaaaa"), apart=False)
    serve("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa")
    assert any("share a hypervisor" in text for text in logged)


def test_two_hosts_apart_need_no_word(cloud, logged):
    cloud(line("aaaaaaaaaaaaaaaa"))
    serve("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa")
    assert logged == []


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_and_a_stack_that_does_not_want_it_never_wait(monkeypatch, cloud, preview):
    consoles = cloud("")
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
    wait = Wait(until="serving" if preview else "nothing")
    assert serve("aaaaaaaaaaaaaaaa", wait=wait) == "not asked"
    assert consoles.asked == 0
