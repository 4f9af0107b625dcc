"""Free text reaches a file through one guard, which escapes nothing and refuses what is not harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.lbhost import Backend, Fleet, Health, Listener, Logs, Syslog, haproxy
from portico.lbhost.guard import url_path, word
from portico.lbhost.tuning import Tuning
from portico.problems import Refused
from portico.traffic import Checking
from tests.unit.lbhost.fleets import fleet


def test_a_name_cannot_smuggle_a_directive():
    with pytest.raises(ValueError, match="newline"):
        word("web\n    server evil 10.0.0.1:80")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "empty"),
        ("a b", "a space"),
        ("a\tb", "control"),
        ("a\x7f", "control"),
        ("a\u00a0b", "space"),
        ("a#b", "fit"),
    ],
)
def test_a_refused_name_says_what_is_wrong_with_it(text, wrong):
    with pytest.raises(ValueError, match=wrong):
        word(text)


def test_a_name_of_64_signs_is_too_long():
    assert word("a" * 63)
    with pytest.raises(ValueError, match="1 to 63"):
        word("a" * 64)


@pytest.mark.parametrize("text", ["ping", "/a b", "/${HOME}", '/"', "/a#b", "/\r\nX: y", "/a\\b"])
def test_a_path_that_would_mean_something_to_haproxy_is_refused(text):
    with pytest.raises(ValueError, match="a path begins"):
        url_path(text)


@given(st.text(max_size=80))
def test_whatever_passes_the_guard_is_one_harmless_word(text):
    try:
        passed = word(text)
    except ValueError:
        return
    assert passed == text
    assert passed.isascii()
    assert not set(passed) & set(" \t\r\n#'\"\\${}@;")


def test_a_fleet_names_every_problem_at_once():
    with pytest.raises(Refused) as refusal:
        Fleet(
            listeners=(Listener("http", 80, 30080), Listener("http", 61404, 99999)),
            backends=(Backend("a\nb", fleet().vip), Backend("c", fleet().vip)),
            health=Health(30082, "ping"),
            timers=fleet().timers,
            vip=fleet().vip,
            gateway=fleet().vip,
            router_id=0,
            hosts=(),
            max_connections=0,
            max_connections_per_source=1,
            idle_seconds=59,
            tuning=Tuning(Checking(0, 0, 11, 0), "random", 1, 59, 501),
            logs=Logs(access=True, syslog=Syslog(fleet().vip, 0)),
        )
    said = str(refusal.value)
    for part in (
        "listeners = http: is there 2 times",
        "= 61404: is where HAProxy tells its generation",
        "nodePort = 99999: must be 1 to 65535",
        "holds a newline",
        "backends = 10.0.0.100: is there 2 times",
        "health.path",
        "hosts, vip, gateway = 10.0.0.100",
        "routerId = 0: must be 1 to 255",
        "hosts = 0: must be 1 to 5",
        "maxConnections = 0",
        "maxConnectionsPerSource = 1: must be 1 to 0",
        "timeouts.idle = 59: must be 60 to 86400",
        "healthCheck.interval = 0: must be 1 to 300",
        "healthCheck.timeout = 0: must be 1 to 120",
        "healthCheck.down = 11: must be 1 to 10",
        "healthCheck.up = 0: must be 1 to 10",
        "balance = 'random': must be one of roundrobin, leastconn, source",
        "timeouts.connectMilliseconds = 1: must be 50 to 60000",
        "drainSeconds = 59: must be 60 to 604800",
        "drainChanges = 501: must be 1 to 500",
        "logs.syslog = 0: must be 1 to 65535",
    ):
        assert part in said


def test_a_listener_may_be_called_as_our_own_sections_are():
    listeners = (Listener("nodes", 80, 30080), Listener("status", 443, 30443))
    text = haproxy.render(fleet(listeners=listeners))
    assert [line for line in text.splitlines() if line.endswith(("nodes", "status"))] == [
        "backend nodes",
        "backend listener-nodes",
        "backend listener-status",
        "frontend status",
    ]
