"""`up` takes no dead host for a serving one: what its agent says now counts, and what Nova says of it."""

import asyncio
import re
import time
import zlib
from types import SimpleNamespace as Thing

import pulumi
import pytest
from openstack import exceptions

from portico.lbhost import console, portico_sync
from portico.serving import hosts
from portico.serving.hosts import Host, Watch
from portico.settings.model import Wait
from tests.unit.serving.conftest import NOBODY

OLD, NEW = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
HOURS = 5 * 3600
PANIC = "[18000.1] Kernel panic - not syncing: Fatal exception\r\n"


def line(generation=OLD, complaint="", ago=0.0):
    body = f"{int(time.time() - ago)} serving {generation}" + (f"; {complaint}" if complaint else "")
    return f"portico-sync: {body} [{zlib.crc32(body.encode()):08x}]\r\n"


def answer(status):
    error = exceptions.HttpException("no consoles here")
    error.status_code = status
    return error


class Servers:
    """A cloud's servers by id: what each console shows from look to look, the last one for ever, and the
    status."""

    def __init__(self):
        self.consoles, self.statuses, self.asked, self.apart = {}, {}, [], True
        self.compute = self

    def put(self, server, *texts, status="ACTIVE"):
        self.consoles[server], self.statuses[server] = list(texts), status
        return self

    def get_server_console_output(self, server, length):
        self.asked.append(server)
        texts = self.consoles[server]
        text = texts.pop(0) if len(texts) > 1 else texts[0]
        if isinstance(text, Exception):
            raise text
        return {"output": text}

    def get_server(self, server):
        if isinstance(self.statuses.get(server), Exception):
            raise self.statuses[server]
        if server not in self.statuses:
            raise exceptions.NotFoundException(f"no server {server}")
        return Thing(status=self.statuses[server], host_id=server if self.apart else "one")


@pytest.fixture
def cloud(monkeypatch):
    servers = Servers()
    monkeypatch.setattr(hosts, "cloud", lambda: servers)
    monkeypatch.setattr(hosts, "LISTENED", 0.2)
    return servers


def watch(wait=None, settle=0, **stood):
    return Watch(NOBODY, wait or Wait(minutes=0), settle, stood)


def serve(*generations, wait=None, watching=None):
    every = [Host(f"host-{index + 1}", str(index + 1)) for index, _ in enumerate(generations)]
    watching = watching or watch(wait, **{host.name: host.server_id for host in every})
    return asyncio.run(watching.all_serve(every, generations))


def touch(watching, name, before=None, rebuilt=True):
    return asyncio.run(watching.may_touch(name, before, rebuilt=rebuilt))


PAIR = {"host-1": "1", "host-2": "2"}


def test_the_agent_speaks_as_often_as_those_who_listen_expect():
    assert console.HEARTBEAT == portico_sync.HEARTBEAT


def test_a_host_is_waited_for_until_it_serves_its_planned_generation(cloud):
    cloud.put("1", "booting", line(OLD), line(OLD) + line(NEW))
    assert serve(NEW, wait=Wait(minutes=1)) == "every host serves what was planned"
    assert len(cloud.asked) == 3


def test_a_host_that_refuses_its_generation_is_named_with_its_agents_own_words(cloud):
    cloud.put("1", line(OLD, f"{NEW} is refused: haproxy -c answers 1"))
    with pytest.raises(pulumi.RunError, match=r"host-1 .* haproxy -c answers 1"):
        serve(NEW)


def test_a_host_that_serves_what_was_planned_and_complains_fails_the_up(cloud):
    cloud.put("1", line(NEW, "metadata item 'portico-003' is missing"))
    with pytest.raises(pulumi.RunError, match=r"host-1 .*metadata item 'portico-003' is missing"):
        serve(NEW)


def test_a_complaint_that_goes_is_waited_for(cloud):
    cloud.put("1", line(NEW, "the metadata is damaged"), line(NEW))
    assert serve(NEW, wait=Wait(minutes=1)) == "every host serves what was planned"


def test_a_host_whose_agent_never_spoke_is_named_with_the_end_of_its_console(cloud):
    cloud.put("1", "cloud-init failed: no network")
    with pytest.raises(pulumi.RunError, match="no network"):
        serve(NEW)


def test_a_fresh_line_ends_an_up_that_changes_nothing_at_once(cloud):
    cloud.put("1", line(ago=hosts.HEARTBEAT)).put("2", line())
    assert serve(OLD, OLD) == "every host serves what was planned"
    assert len(cloud.asked) == 2


@pytest.mark.parametrize("end", [PANIC, "", line(ago=HOURS)[:-20]], ids=["panic", "silence", "half a line"])
def test_an_agent_that_spoke_hours_ago_serves_nothing(cloud, end):
    cloud.put("1", line(ago=HOURS) + end)
    with pytest.raises(pulumi.RunError, match=r"host-1 \(server 1\) is ACTIVE, but says nothing new"):
        serve(OLD)


@pytest.mark.parametrize("status", ["SHUTOFF", "ERROR", "PAUSED"])
def test_a_server_that_does_not_run_is_said_at_once_however_fresh_its_console(cloud, status):
    cloud.put("1", line(), status=status)
    with pytest.raises(pulumi.RunError, match=rf"host-1 \(server 1\) is {status}"):
        serve(OLD, wait=Wait(minutes=10))


def test_a_server_that_was_deleted_is_said_at_once(cloud):
    with pytest.raises(pulumi.RunError, match="does not exist any more"):
        serve(OLD, wait=Wait(minutes=10))


@pytest.mark.parametrize("ago", [HOURS, -HOURS])
def test_a_hosts_wrong_clock_costs_no_more_than_its_next_line(cloud, ago):
    cloud.put("1", line(ago=ago), line(ago=ago), line(ago=ago) + line(ago=ago - 20))
    assert serve(OLD, wait=Wait(minutes=1)) == "every host serves what was planned"
    assert len(cloud.asked) == 3


def test_a_log_that_forgot_its_beginning_shows_nothing_new(cloud):
    """Lines are compared, not places."""
    long_ago = line(ago=HOURS)
    cloud.put("1", "boot\r\n" * 100 + line(ago=2 * HOURS) + long_ago, long_ago + PANIC)
    with pytest.raises(pulumi.RunError, match="says nothing new"):
        serve(OLD)


def test_while_nova_makes_a_server_there_is_no_console_yet(cloud):
    cloud.put("1", answer(409), line())
    assert serve(OLD, wait=Wait(minutes=1)) == "every host serves what was planned"


def test_a_nova_that_does_not_answer_tells_nothing_good(cloud):
    cloud.put("1", line(), status=answer(503)).put("2", line(), status=answer(403))
    for name in ("host-1", "host-2"):
        with pytest.raises(pulumi.RunError, match="cannot be asked for, since Nova does not answer"):
            touch(watch(**PAIR), name)


class TestTheLivingHostIsLeftAlone:
    @pytest.mark.parametrize(
        "text", [line(ago=HOURS) + PANIC, line(ago=5), ""], ids=["panic", "seconds ago", "never"]
    )
    def test_while_its_partner_is_silent(self, cloud, text):
        """Strictly: what was there at the first look does not count, however fresh it is."""
        cloud.put("1", line()).put("2", text)
        with pytest.raises(
            pulumi.RunError, match=r"^host-1 was not touched, for host-2 \(server 2\) is ACTIVE"
        ):
            touch(watch(**PAIR), "host-1")

    def test_while_its_partner_is_off_and_that_is_said_at_once(self, cloud, monkeypatch):
        monkeypatch.setattr(hosts, "LISTENED", 600)
        cloud.put("1", line()).put("2", line(), status="SHUTOFF")
        with pytest.raises(
            pulumi.RunError, match=r"host-2 \(server 2\) is SHUTOFF; repair that server"
        ) as told:
            touch(watch(**PAIR), "host-1")
        assert "\n" not in str(told.value)

    def test_while_the_new_host_before_it_refuses_everything(self, cloud):
        cloud.put("new", "", line("nothing", f"{NEW} is refused: port 80 is taken")).put("2", line())
        with pytest.raises(pulumi.RunError, match=r"host-2 was not touched.*port 80 is taken"):
            touch(watch(settle=0.1, **PAIR), "host-2", Host("host-1", "new"))

    def test_until_its_partner_is_heard(self, cloud):
        cloud.put("1", line()).put("2", line(ago=20), line(ago=20), line(ago=20) + line())
        assert touch(watch(**PAIR), "host-1") == f"host-2 serves {OLD}"

    def test_when_two_more_hosts_serve_nobody_asks_for_the_third(self, cloud):
        cloud.put("1", line()).put("2", PANIC).put("3", line(ago=20), line(ago=20) + line())
        assert touch(watch(**PAIR, **{"host-3": "3"}), "host-1") == f"host-3 serves {OLD}"


def test_a_host_is_missing_when_the_state_or_nova_knows_no_server_of_it(cloud, monkeypatch):
    """The state that a program reads is from before a refresh."""
    cloud.put("1", "")
    assert [watch(**PAIR).missing(f"host-{number}") for number in (1, 2, 3)] == [False, True, True]
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    assert not watch(**PAIR).missing("host-2"), "a preview asks nobody"


class TestWhatMayBeTouched:
    def test_the_only_host(self, cloud):
        cloud.put("1", line())
        touch(watch(**{"host-1": "1"}), "host-1")
        assert cloud.asked == []

    def test_a_host_that_does_not_run_has_nothing_to_lose(self, cloud):
        cloud.put("1", line(), status="ERROR").put("2", line(ago=HOURS) + PANIC)
        touch(watch(**PAIR), "host-1")
        assert cloud.asked == []

    def test_a_host_that_stays_after_one_that_spoke_lately(self, cloud):
        cloud.put("1", line(ago=15))
        assert touch(watch(**PAIR), "host-2", Host("host-1", "1"), rebuilt=False) == f"host-1 serves {OLD}"

    def test_no_host_after_one_that_is_dead(self, cloud):
        """`pulumi up --replace` is not told to the program."""
        cloud.put("1", line(ago=HOURS) + PANIC)
        with pytest.raises(pulumi.RunError, match="host-2 was not touched"):
            touch(watch(**PAIR), "host-2", Host("host-1", "1"), rebuilt=False)

    def test_any_host_when_nothing_is_to_be_waited_for(self, cloud):
        cloud.put("2", PANIC, status="SHUTOFF")
        touch(watch(Wait(rolling=False), **PAIR), "host-1")
        assert cloud.asked == []


def test_hosts_that_stay_are_heard_before_others_go(cloud):
    cloud.put("1", line(ago=1))
    with pytest.raises(pulumi.RunError, match="says nothing new"):
        serve(OLD, watching=watch(**PAIR))
    cloud.put("1", line(ago=20), line(ago=20) + line())
    assert serve(OLD, watching=watch(Wait(minutes=1), **PAIR)) == "every host serves what was planned"


@pytest.mark.parametrize("wait", [Wait(hosts=False, minutes=0), Wait(hosts=False, address=False, minutes=0)])
class TestAStackThatDoesNotWaitInTheEnd:
    def test_asks_for_another_host_before_it_touches_one_all_the_same(self, cloud, wait):
        cloud.put("1", line()).put("2", PANIC, status="SHUTOFF")
        with pytest.raises(pulumi.RunError, match=r"host-1 was not touched.*is SHUTOFF.*wait.rolling: false"):
            touch(watch(wait, **PAIR), "host-1")

    def test_hears_those_that_stay_before_others_go_of_whatever_generation(self, cloud, wait):
        cloud.put("1", line(ago=1))
        with pytest.raises(pulumi.RunError, match="says nothing new"):
            serve(NEW, watching=watch(wait, **PAIR))
        cloud.put("1", line(ago=20), line(ago=20) + line(OLD))
        assert serve(NEW, watching=watch(Wait(hosts=False, minutes=1), **PAIR))

    def test_asks_nobody_where_none_goes(self, cloud, wait):
        cloud.put("1", PANIC)
        assert serve(NEW, wait=wait) == "not asked"
        assert cloud.asked == []


def test_hosts_that_go_without_a_word_when_nothing_is_rolling(cloud):
    cloud.put("1", line(ago=1))
    assert serve(OLD, watching=watch(Wait(rolling=False, minutes=1), **PAIR))


class TestACloudWithoutConsoles:
    @pytest.fixture(autouse=True)
    def no_consoles(self, cloud, monkeypatch):
        self.slept = []

        async def sleep(seconds):
            self.slept.append(seconds)

        monkeypatch.setattr(hosts, "asyncio", Thing(sleep=sleep, to_thread=asyncio.to_thread))
        for server in ("1", "2", "new"):
            cloud.put(server, answer(403))

    def test_a_new_host_is_given_its_time_once_and_that_is_said(self, logged):
        watching = watch(settle=90, **PAIR)
        touch(watching, "host-2", Host("host-1", "new"), rebuilt=False)
        asyncio.run(watching.all_serve([Host("host-1", "new"), Host("host-2", "2")], [OLD, OLD]))
        assert [seconds for seconds in self.slept if seconds] == [90]
        assert re.search(r"no consoles here.* host-1 serves cannot be known; it is given 90 s", logged[0])

    def test_hosts_that_stood_already_cost_no_time(self, logged):
        serve(OLD, OLD, wait=Wait(minutes=10))
        assert sum(self.slept) == 0
        assert any("whether host-2 serves cannot be known" in text for text in logged)

    def test_its_servers_are_asked_for_all_the_same(self, cloud):
        cloud.statuses["2"] = "SHUTOFF"
        with pytest.raises(pulumi.RunError, match="is SHUTOFF"):
            touch(watch(**PAIR), "host-1")


def test_consoles_that_stay_empty_are_none(cloud, logged, monkeypatch):
    monkeypatch.setattr(hosts, "HEARTBEAT", -hosts.SLACK)
    cloud.put("1", "")
    assert serve(OLD, wait=Wait(minutes=1)) == "every host serves what was planned"
    assert any("stay empty" in text for text in logged)


def test_two_hosts_on_one_hypervisor_are_said(cloud, logged):
    cloud.put("1", line()).put("2", line()).apart = False
    serve(OLD, OLD)
    assert any("share a hypervisor" in text for text in logged)


def test_two_hosts_apart_need_no_word(cloud, logged):
    cloud.put("1", line()).put("2", line())
    serve(OLD, OLD)
    assert logged == []


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_and_a_stack_that_does_not_want_it_never_wait(monkeypatch, cloud, preview):
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
    wait = Wait(hosts=preview)
    assert serve(OLD, wait=wait) == "not asked"
    assert cloud.asked == []
