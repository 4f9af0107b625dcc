"""What those who watch a host are told by its real HAProxy, and that nobody else is told anything."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from portico.lbhost import Backend, Fleet, Logs, Syslog, haproxy
from tests.unit.lbhost.fleets import fleet

WATCHER = Path(__file__).with_name("watcher.py")
MONITORING = IPv4Network("10.0.9.0/28")
WATCHED = replace(
    fleet(1),
    backends=(Backend("worker-1", IPv4Address("127.0.1.10")),),
    metrics_from=(MONITORING,),
    logs=Logs(access=True, syslog=Syslog(IPv4Address("10.0.9.5"), 514)),
)
GENERATION = "00000000deadbeef"


def looked_at(guest: Any, folder: Path, told: Fleet) -> dict[str, Any]:
    (folder / "haproxy.cfg").write_text(haproxy.render(told).replace("@generation@", GENERATION))
    shutil.copy(WATCHER, folder)
    said: dict[str, Any] = json.loads(guest.run("python3 watcher.py", folder).splitlines()[-1])
    return said


@pytest.fixture(scope="module")
def said(guest: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return looked_at(guest, tmp_path_factory.mktemp("watched"), WATCHED)


def test_the_host_that_holds_the_vip_says_so_within_two_seconds(said):
    assert said["before"] is not None, "a host without the VIP says that it has none"
    assert said["taken"] < 2
    assert said["given"] < 2


def test_the_agents_questions_are_counted_and_nobody_elses(said):
    assert said["pulse"] == [0, 3]


def test_the_agents_of_all_hosts_are_told_the_generation_as_before(said):
    assert said["generation"] == [[200, GENERATION], [200, GENERATION]]


def test_the_generation_and_what_all_hosts_are_told_can_be_read(said):
    status, text = said["metrics"]
    assert status == 200
    assert f'haproxy_server_status{{proxy="agent",server="{GENERATION}",state="UP"}} 1' in text
    assert 'haproxy_server_status{proxy="configuration",server="' in text


def test_nobody_else_is_told_anything(said):
    assert [status for status, _ in said["stranger"]] == [0, 0]


def test_those_who_watch_leave_the_agent_its_room(said):
    assert said["crowded"] == [200] * 10


def test_a_clients_address_is_in_the_journal_and_at_the_syslog_server(said):
    for line in (said["syslog"], said["journal"]):
        assert "10.0.9.99:" in line
        assert " clients listener-http/" in line
    assert said["journal"].startswith("<6>")


def test_where_no_log_was_asked_for_nothing_is_written_down(guest, tmp_path):
    said = looked_at(guest, tmp_path, replace(WATCHED, logs=Logs()))
    assert (said["syslog"], said["journal"]) == ("", "")


ASK = """\
ip address add 10.0.9.7/32 dev lo
haproxy -D -f haproxy.cfg 2>/dev/null
curl --silent --output /dev/null --write-out '%{http_code}\\n' --interface 10.0.9.7 10.0.0.11:61404/metrics
curl --silent 127.0.0.1:61404/
"""


def test_an_haproxy_without_the_exporter_takes_the_file_and_says_that_it_lacks_it(guest, tmp_path):
    """Debian's has it; what it does not have stands for it here."""
    text = haproxy.render(WATCHED).replace("@generation@", GENERATION)
    assert "feature(PROMEX)" in text
    (tmp_path / "haproxy.cfg").write_text(text.replace("feature(PROMEX)", "feature(WURFL)"))
    assert guest.run(ASK, tmp_path).split() == ["501", GENERATION]


def test_what_all_hosts_are_told_has_one_name_and_another_one_after_a_change():
    def name(told: Fleet) -> str:
        text = haproxy.render(told)
        return text.partition("backend configuration\n    server ")[2].split()[0]

    assert name(WATCHED) == name(WATCHED)
    others = (replace(WATCHED, router_id=77), replace(WATCHED, max_connections=9999))
    assert len({name(told) for told in (WATCHED, *others)}) == 3


def test_a_host_that_nobody_watches_has_the_file_that_it_had():
    text = haproxy.render(replace(WATCHED, metrics_from=(), logs=Logs()))
    for word in ("metrics", "holds-vip", "backend agent", "log "):
        assert word not in text
