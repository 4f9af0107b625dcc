"""Every rendered file before its judge: HAProxy, keepalived and cloud-init of the guest."""

from __future__ import annotations

import string
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from portico.lbhost import (
    FAST,
    MAX_HOSTS,
    STATUS_PORT,
    STEADY,
    Backend,
    Fleet,
    Health,
    Host,
    Listener,
    Logs,
    Syslog,
    haproxy,
    keepalived,
    patching,
    userdata,
)
from portico.lbhost.tuning import BALANCES, MOST_CHANGES, WEEK, Tuning
from portico.traffic import Check, Checking
from tests.lbhost import golden
from tests.unit.lbhost.fleets import fleet

RENDERED = dict(golden.rendered())


@pytest.mark.parametrize("name", RENDERED)
def test_what_is_rendered_is_the_golden_file(name):
    """After a change that is meant: `python -m tests.lbhost.golden`, and read the difference."""
    assert (golden.FOLDER / name).read_text() == RENDERED[name]


def test_no_golden_file_is_left_over():
    assert {file.name for file in golden.FOLDER.iterdir()} == set(RENDERED)


def test_haproxy_and_keepalived_accept_every_golden_file(guest, tmp_path):
    files = {name: text for name, text in RENDERED.items() if name != "user_data"}
    assert guest.complaints(tmp_path, files) == {}


@pytest.mark.parametrize("ssh_port", [22, 2222, None])
def test_cloud_init_accepts_user_data(guest, tmp_path, ssh_port):
    (tmp_path / "user_data").write_text(userdata.render(ssh_port))
    said = guest.run("cloud-init schema --config-file user_data 2>&1; echo $?", tmp_path)
    assert said.splitlines()[-1] == "0"
    assert "alid" in said
    assert "nvalid" not in said


CALENDAR = r"""
mkdir -p /run/systemd/system/apt-daily-upgrade.timer.d
cp timer.conf /run/systemd/system/apt-daily-upgrade.timer.d/portico.conf
systemd-analyze verify apt-daily-upgrade.timer 2>&1
systemd-analyze calendar "$(sed -n 's/^OnCalendar=\(.\+\)/\1/p' timer.conf)" 2>&1
"""


def test_systemd_accepts_the_hour_of_each_host(guest, tmp_path):
    for index in range(MAX_HOSTS):
        (tmp_path / "timer.conf").write_text(patching.drop_in(patching.hour(index)))
        said = guest.run(CALENDAR, tmp_path)
        assert f"Normalized form: *-*-* {index + 2:02}:00:00" in said
        assert "portico.conf" not in said


def test_cloud_init_refuses_a_broken_user_data(guest, tmp_path):
    (tmp_path / "user_data").write_text(RENDERED["user_data"].replace("write_files:", "write_files: 7\nx:"))
    said = guest.run("cloud-init schema --config-file user_data 2>&1; echo $?", tmp_path)
    assert said.splitlines()[-1] != "0"
    assert "write_files" in said


def test_the_shell_accepts_every_script(guest, tmp_path):
    guest.run(
        "for file in /opt/portico/install /opt/portico/check-vip; do sh -n $file || exit 1; done", tmp_path
    )


def test_systemd_accepts_every_unit(guest, tmp_path):
    said = guest.run(
        "systemd-analyze verify portico-sync.service haproxy.service keepalived.service 2>&1 || true",
        tmp_path,
    )
    assert [line for line in said.splitlines() if "portico" in line] == []


BROKEN = {
    "a misspelt directive": ("a.cfg", lambda text: text.replace("    bind :80 ", "    bnid :80 "), "bnid"),
    "a server twice": ("a.cfg", lambda text: text.replace("server worker-2", "server worker-1"), "worker-1"),
    "a node that nobody asks": ("a.cfg", lambda text: text.replace("track nodes/", "track n/"), "proxy 'n'"),
    "an unknown word": ("a.conf", lambda text: text.replace("nopreempt", "nopremept"), "nopremept"),
    "a missing interface": ("a.conf", lambda text: text.replace("@interface@", "ens3"), "ens3"),
    "a missing script": ("a.conf", lambda text: text.replace("check-vip", "chek-vip"), "way_from_vip"),
    "an interval of no centiseconds": (
        "a.conf",
        lambda text: text.replace("advert_int 0.05", "advert_int 0.055"),
        "rounding",
    ),
}


@pytest.mark.parametrize(("name", "spoil", "named"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused(guest, tmp_path, name, spoil, named):
    pair = fleet()
    good = haproxy.render(pair) if name == "a.cfg" else keepalived.render(pair, pair.hosts[0])
    assert spoil(good) != good
    assert named in guest.complaints(tmp_path, {name: spoil(good)})[name]


signs = string.ascii_letters + string.digits
names = st.builds(str.__add__, st.sampled_from(signs), st.text(signs + "._-", max_size=62))
paths = st.text(signs + "._~/=&?,:@+-", max_size=40).map("/".__add__)
ports = st.integers(1, 65535)
addresses = st.integers(int(IPv4Address("10.0.0.0")), int(IPv4Address("10.255.255.255"))).map(IPv4Address)

networks = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False), addresses, st.integers(0, 32)
)


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    listeners = draw(
        st.lists(
            st.builds(
                Listener,
                *(names, ports.filter(lambda port: port != STATUS_PORT), ports),
                direct=st.booleans(),
                proxy_protocol=st.booleans(),
                check=st.builds(Check, st.none() | ports, st.none() | paths),
            ),
            min_size=1,
            max_size=4,
            unique_by=(lambda listener: listener.name, lambda listener: listener.port),
        )
    )
    backends = draw(
        st.lists(
            st.builds(Backend, names, addresses),
            max_size=6,
            unique_by=(lambda backend: backend.name, lambda backend: backend.address),
        )
    )
    taken = draw(st.lists(addresses, min_size=3, max_size=7, unique=True))
    most = draw(st.integers(1, 200_000))
    called = draw(st.lists(names, min_size=len(taken) - 2, max_size=len(taken) - 2, unique=True))
    return Fleet(
        listeners=tuple(listeners),
        backends=tuple(backends),
        health=Health(draw(ports), draw(paths)),
        timers=draw(st.sampled_from((FAST, STEADY))),
        vip=taken[0],
        gateway=taken[1],
        router_id=draw(st.integers(1, 255)),
        hosts=tuple(Host(*host) for host in zip(called, taken[2:], strict=True)),
        max_connections=most,
        max_connections_per_source=draw(st.integers(1, most)),
        idle_seconds=draw(st.integers(60, 86_400)),
        tuning=Tuning(
            Checking(*(draw(st.integers(1, most)) for most in (300, 120, 10, 10))),
            draw(st.sampled_from(BALANCES)),
            draw(st.integers(50, 60_000)),
            draw(st.integers(60, WEEK)),
            draw(st.integers(1, MOST_CHANGES)),
        ),
        metrics_from=draw(st.lists(networks, max_size=3, unique=True).map(tuple)),
        logs=draw(st.builds(Logs, st.booleans(), st.none() | st.builds(Syslog, addresses, ports))),
    )


def test_haproxy_and_keepalived_accept_whatever_a_fleet_can_be(guest, tmp_path):
    """500 plans in one start of the guest: a file of HAProxy's and one of keepalived's each."""
    files = {}

    @settings(max_examples=500, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(plan=fleets())
    def render(plan: Fleet) -> None:
        index = len(files) // 2
        files[f"{index}.cfg"] = haproxy.render(plan)
        files[f"{index}.conf"] = keepalived.render(plan, plan.hosts[index % len(plan.hosts)])

    render()
    assert len(files) == 1000
    complaints = guest.complaints(tmp_path, files)
    assert [(files[name], complaint) for name, complaint in complaints.items()] == []
