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
check() { /opt/portico/check-vip 10.0.0.100 10.0.0.11 10.0.0.1; echo $?; }
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


def test_a_vip_that_came_back_is_kept_for_a_minute(guest, tmp_path):
    script = (
        f"export HELD='{HOLDS}' FROM_VIP=1 FROM_OWN=0\n{FAKES}"
        "check; check; touch -d '-2 minutes' /run/portico/gave-up; check"
    )
    assert guest.run(script, tmp_path).split() == ["1", "0", "1"]
