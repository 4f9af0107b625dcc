"""The agent on the guest's own Python, with its real HAProxy and keepalived."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from portico.lbhost import Listener, payload
from portico.lbhost.console import serving
from tests.unit.lbhost.fleets import TLS, fleet
from tests.unit.lbhost.spoiled import spoiled

DRIVER = Path(__file__).with_name("driver.py")


def test_what_the_real_programs_refuse_is_kept_out_and_the_next_good_one_heals(guest, tmp_path):
    three, four = fleet(3), fleet(4)
    in_use = replace(four, listeners=(Listener("http", 81, 30080), TLS))
    generations, steps = {}, {}
    for name, plan, spoil in (
        ("good", three, None),
        ("misspelt", four, ("haproxy.cfg", "    bind :80 ", "    bnid :80 ")),
        ("misread", four, ("keepalived.conf", "nopreempt", "nopremept")),
        ("in-use", in_use, None),
        ("healed", four, None),
    ):
        packed = payload.pack(plan, plan.hosts[0])
        generations[name], metadata = (
            spoiled(packed, *spoil) if spoil else (packed.generation, packed.metadata)
        )
        (tmp_path / f"{name}.json").write_text(json.dumps({"meta": dict(metadata)}))
    shutil.copy(DRIVER, tmp_path)
    guest.run(f"python3 driver.py {' '.join(generations)}", tmp_path)
    for line in (tmp_path / "steps").read_text().splitlines():
        said = json.loads(line)
        steps[said.pop("step")] = said

    served = {name: said["tells"] for name, said in steps.items()}
    good, healed = generations["good"], generations["healed"]
    assert served == {"good": good, "misspelt": good, "misread": good, "in-use": good, "healed": healed}
    complaints = {name: serving(said["console"]).complaint for name, said in steps.items()}
    assert complaints["good"] is complaints["healed"] is None
    assert "bnid" in complaints["misspelt"]
    assert "nopremept" in complaints["misread"]
    assert complaints["in-use"].startswith(f"{generations['in-use']} is refused")
    assert len({said["haproxy"] for said in steps.values()}) == 1
    assert len({said["keepalived"] for said in steps.values()}) == 1
