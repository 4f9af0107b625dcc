"""A listener of somebody's own Service: bytes alone unless it asks for more, whoever speaks first, a check of
its own, on any port: that of the host's own SSH server too."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

from portico.lbhost import Backend, Listener, haproxy, userdata
from portico.traffic import Check, Health, Service
from tests.unit.lbhost.fleets import WEB, fleet

SPEAKER = Path(__file__).with_name("speaker.py")


def test_a_service_that_speaks_first_is_reached_where_it_is_and_nowhere_else(guest, tmp_path):
    told = replace(
        fleet(listeners=(WEB, Listener("ssh", 2222, 30022, direct=True))),
        backends=tuple(Backend(f"w{last}", IPv4Address(f"127.0.1.{last}")) for last in (10, 11)),
    )
    (tmp_path / "haproxy.cfg").write_text(haproxy.render(told).replace("@generation@", "0" * 16))
    shutil.copy(SPEAKER, tmp_path)
    said = json.loads(guest.run("python3 speaker.py", tmp_path).splitlines()[-1])
    assert said["greetings"] == ["SSH-2.0-"] * 10
    assert said["slowest"] < 1
    assert said["whole"]
    assert said["web"] == "", "a listener of the controller's, which is nowhere, asks for itself"
    text, seconds = said["gone"]
    assert (text, seconds < 1) == ("", True)


def test_a_service_that_asks_for_the_header_sees_the_client_and_is_checked_as_it_said(guest, tmp_path):
    own = Listener("ssh", 2222, 30022, direct=True, proxy_protocol=True)
    beside = replace(own, name="beside", port=2223, check=Check(30023, "/healthz"))
    carried = Listener("carried", 2224, 30022, service=Service("git", "default", 22))
    told = replace(
        fleet(listeners=(own, beside, carried), health=Health(30023, "/healthz")),
        backends=(Backend("w10", IPv4Address("127.0.1.10")),),
    )
    (tmp_path / "haproxy.cfg").write_text(haproxy.render(told).replace("@generation@", "0" * 16))
    shutil.copy(Path(__file__).with_name("believer.py"), tmp_path)
    said = json.loads(guest.run("python3 believer.py", tmp_path).splitlines()[-1])
    assert said["own"] == said["beside"] == said["carried"] == ["hello 127.0.7.7", True]
    assert said["commands"] == ["LOCAL", "PROXY"], "a check on the Service's own port names nobody"
    assert said["questions"] == ["/healthz"]
    assert said["unwell"] == {"own": "hello 127.0.7.7", "beside": "", "carried": ""}


def test_port_22_is_the_listeners_where_the_hosts_own_ssh_server_is_elsewhere_or_off(guest, tmp_path):
    told = replace(
        fleet(listeners=(Listener("ssh", 22, 30022, direct=True),)),
        backends=(Backend("w10", IPv4Address("127.0.1.10")),),
    )
    (tmp_path / "haproxy.cfg").write_text(haproxy.render(told).replace("@generation@", "0" * 16))
    (tmp_path / "drop-in").mkdir()
    (tmp_path / "drop-in" / "portico.conf").write_text(userdata.files(2222)[userdata.SSH_DROP_IN].text)
    shutil.copy(Path(__file__).with_name("doorman.py"), tmp_path)
    said = json.loads(guest.run("python3 doorman.py", tmp_path).splitlines()[-1])
    assert said == {
        "as the image has it": "cannot bind",
        "moved": {"22": "the Service", "2222": "the host"},
        "off": {"22": "the Service", "2222": "nobody"},
    }
