"""Connections from before a change last until so many changes later, and no longer: on the real HAProxy."""

from __future__ import annotations

from dataclasses import replace

from portico.lbhost.tuning import WORKER_MIB, Tuning
from tests.lbhost.changes import changed
from tests.unit.lbhost.fleets import fleet


def test_connections_last_until_as_many_changes_later_as_is_said_and_no_longer(guest, tmp_path):
    said = changed(guest, tmp_path, replace(fleet(), tuning=Tuning(drain_changes=3)), reloads=6, each=5)
    assert said.living == (0, 0, 0, 5, 5, 5, 5)
    assert [processes for processes, _ in said.after][-2:] == [5, 5]
    (_, before), (_, after) = said.after[0], said.after[3]
    assert after - before < 3 * 1.5 * WORKER_MIB


def test_a_worker_without_connections_ends_at_once(guest, tmp_path):
    said = changed(guest, tmp_path, fleet(), reloads=4, each=0)
    assert max(processes for processes, _ in said.after[1:]) <= 3
