"""check-vip in the guest's shell: when a host gives the VIP up, and when it must not."""

import pytest

HOLDS = "12: eth0 inet 10.0.0.100/32 scope global eth0"
FAKES = """\
mkdir /tmp/bin
cat >/tmp/bin/ip <<'END'
#!/bin/sh
echo "$HELD"
END
cat >/tmp/bin/ping <<'END'
#!/bin/sh
case "$*" in *"-I 10.0.0.100"*) exit "$FROM_VIP" ;; *"-I 10.0.0.11"*) exit "$FROM_OWN" ;; esac
END
chmod 755 /tmp/bin/ip /tmp/bin/ping
export PATH=/tmp/bin:$PATH
ago() { echo $(($(cut -d. -f1 /proc/uptime) - $1)); }
ago 60 >/run/portico/took
check() { /opt/portico/check-vip 10.0.0.100 10.0.0.11 10.0.0.1 61404; echo $?; }
"""


@pytest.mark.parametrize(
    ("held", "from_vip", "from_own", "answer"),
    [
        pytest.param("", 1, 0, "0", id="a backup has nothing to test"),
        pytest.param(HOLDS, 0, 0, "0", id="the gateway answers the VIP"),
        pytest.param(HOLDS, 1, 0, "1", id="the gateway answers this host and not the VIP"),
        pytest.param(HOLDS, 1, 1, "0", id="a gateway that answers nobody says nothing"),
        pytest.param(HOLDS, 2, 0, "0", id="the VIP left meanwhile"),
        pytest.param(HOLDS, 127, 0, "0", id="there is no ping"),
    ],
)
def test_a_host_gives_the_vip_up_only_when_another_may_do_better(
    guest, tmp_path, held, from_vip, from_own, answer
):
    script = f"export HELD='{held}' FROM_VIP={from_vip} FROM_OWN={from_own}\n{FAKES}check"
    assert guest.run(script, tmp_path).strip() == answer


def test_a_host_that_has_just_taken_the_vip_waits_for_the_other_to_give_it_up(guest, tmp_path):
    """Of two masters that do not hear one another only one gives it up."""
    script = (
        f"export HELD='{HOLDS}' FROM_VIP=1 FROM_OWN=0\n{FAKES}rm /run/portico/took\n"
        "check; check; ago 10 >/run/portico/took; check"
    )
    assert guest.run(script, tmp_path).split() == ["0", "0", "1"]


def test_a_vip_that_came_back_is_kept_for_a_minute(guest, tmp_path):
    script = (
        f"export HELD='{HOLDS}' FROM_VIP=1 FROM_OWN=0\n{FAKES}"
        "check; check; ago 120 >/run/portico/gave-up; check"
    )
    assert guest.run(script, tmp_path).split() == ["1", "0", "1"]


PARTNER = """\
/bin/ip address add 10.0.0.100/32 dev lo
python3 -c 'from socket import create_server; from time import sleep
with create_server(("10.0.0.100", 61404)): sleep(60)' &
until grep -q :EFDC /proc/net/tcp; do sleep 0.1; done
"""
GAVE_UP = "cut -d. -f1 /proc/uptime >/run/portico/gave-up\n"


@pytest.mark.parametrize(
    ("before", "answers"),
    [
        pytest.param(PARTNER + GAVE_UP, ["1", "0"], id="for a minute, while another answers at the VIP"),
        pytest.param(GAVE_UP, ["0", "0"], id="not when nobody answers there"),
        pytest.param(PARTNER, ["0", "0"], id="not when it has given nothing up"),
    ],
)
def test_a_host_that_gave_the_vip_up_stays_out(guest, tmp_path, before, answers):
    later = "ago 120 >/run/portico/gave-up; check; kill %1 2>/dev/null; true"
    script = f"{before}export HELD=\n{FAKES}check; {later}"
    assert guest.run(script, tmp_path).split() == answers


@pytest.mark.parametrize(
    ("before", "answer"), [(PARTNER, "1"), ("", "0")], ids=["another answers", "nobody answers"]
)
def test_a_run_in_which_the_vip_left_says_what_a_host_without_it_says(guest, tmp_path, before, answer):
    """keepalived may start a run before the last one ends, which then gives the VIP up under it."""
    leaves = f"echo 'echo \\\"{HOLDS}\\\"; echo : >/tmp/bin/ip' >/tmp/bin/ip\n"
    script = f"{before}{GAVE_UP}export FROM_VIP=2 FROM_OWN=0\n{FAKES}{leaves}check; kill %1 2>/dev/null; true"
    assert guest.run(script, tmp_path).strip() == answer
