"""A listener of somebody's own Service: bytes alone, whoever speaks first, and a check of its own."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

from portico.lbhost import Backend, Listener, haproxy
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
