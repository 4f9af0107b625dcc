"""The agent: takes what is good, refuses what is not, keeps the last good one, and says so."""

import os
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from portico.lbhost import Fleet, Listener, haproxy, payload
from portico.lbhost.portico_sync import HEARTBEAT, PATIENCE, POLL, RETRY, WAIT
from tests.unit.lbhost.fleets import fleet
from tests.unit.lbhost.spoiled import spoiled
from tests.unit.lbhost.world import world as make_world

ACCEPTED = ["haproxy", "keepalived"]
STARTED = ["start haproxy", "start keepalived"]


@pytest.fixture
def world(tmp_path, monkeypatch):
    with make_world(tmp_path, monkeypatch.setenv) as made:
        yield made


def local(workers: int = 3) -> Fleet:
    """A pair whose first host can be asked: it is at 127.0.0.2."""
    pair = fleet(workers)
    return replace(pair, hosts=(replace(pair.hosts[0], address=IPv4Address("127.0.0.2")), pair.hosts[1]))


def packed(workers: int = 3, host: int = 0) -> payload.Payload:
    pair = local(workers)
    return payload.pack(pair, pair.hosts[host])


def refused(file: str) -> tuple[str, dict[str, str]]:
    """A whole payload whose file the program refuses: its generation and its metadata."""
    return spoiled(packed(4), file, "# Written by Portico", "REFUSED # Written by Portico")


def test_a_fresh_host_checks_starts_and_says_what_it_serves(world):
    first = packed()
    world.metadata = first.metadata
    world.agent().step()
    assert world.calls() == ACCEPTED + STARTED
    assert world.tells() == first.generation
    assert (world.says().generation, world.says().complaint) == (first.generation, None)


def test_the_files_are_the_rendered_ones_with_the_words_of_this_host(world):
    first = packed()
    world.metadata = first.metadata
    world.agent().step()
    assert world.file("haproxy.cfg") == haproxy.render(local()).replace("@generation@", first.generation)
    assert "interface ens3\n" in world.file("keepalived.conf")
    assert "10.0.0.100/32 dev ens3\n" in world.file("keepalived.conf")
    assert "@" not in world.file("haproxy.cfg") + world.file("keepalived.conf")


def test_nothing_is_done_while_nothing_changes(world):
    world.metadata = packed().metadata
    agent = world.agent()
    agent.step()
    world.calls()
    before = world.console()
    agent.step()
    assert world.calls() == []
    assert world.console() == before


def test_a_worker_more_reloads_haproxy_alone_and_restarts_nothing(world):
    agent = world.agent()
    world.metadata = packed(3).metadata
    agent.step()
    world.calls()
    world.metadata = packed(4).metadata
    agent.step()
    assert world.calls() == [*ACCEPTED, "reload haproxy"]
    assert world.says().generation == packed(4).generation


def test_the_line_is_repeated_so_that_a_log_that_forgets_keeps_it(world):
    world.metadata = packed().metadata
    agent = world.agent()
    agent.step()
    world.clock.pass_(HEARTBEAT)
    agent.step()
    assert world.console().count(f"serving {packed().generation}") == 2


@pytest.mark.parametrize("file", ["haproxy.cfg", "keepalived.conf"])
def test_what_a_program_refuses_is_not_served(world, file):
    agent = world.agent()
    world.metadata = packed().metadata
    agent.step()
    before = world.file("haproxy.cfg"), world.file("keepalived.conf")
    world.calls()
    generation, world.metadata = refused(file)
    agent.step()
    assert not [call for call in world.calls() if call.startswith(("start", "reload"))]
    assert (world.file("haproxy.cfg"), world.file("keepalived.conf")) == before
    assert world.says().generation == packed().generation
    assert world.says().complaint.startswith(f"{generation} is refused: {file.split('.')[0]}")
    assert "REFUSED is no word" in world.says().complaint


def test_a_refusal_is_said_once_and_without_process_ids_and_folders(world):
    agent = world.agent()
    _, world.metadata = refused("haproxy.cfg")
    for _ in range(3):
        agent.step()
        world.clock.pass_(POLL)
    assert world.console().count("is refused") == 1
    assert "4711" not in world.console()
    assert str(world.home) not in world.says().complaint


def test_a_refused_payload_is_judged_again_after_a_while_and_not_before(world):
    agent = world.agent()
    _, world.metadata = refused("haproxy.cfg")
    agent.step()
    world.calls()
    world.clock.pass_(RETRY - 1)
    agent.step()
    assert world.calls() == []
    world.clock.pass_(1)
    agent.step()
    assert world.calls() == ["haproxy"]


def test_the_next_good_payload_heals(world):
    agent = world.agent()
    _, world.metadata = refused("keepalived.conf")
    agent.step()
    world.metadata = packed(5).metadata
    agent.step()
    assert (world.says().generation, world.says().complaint) == (packed(5).generation, None)


DAMAGES = {
    "truncated": lambda good: {**good, "portico-001": good["portico-001"][:100]},
    "a missing chunk": lambda good: {key: value for key, value in good.items() if key != "portico-001"},
    "a wrong checksum": lambda good: {**good, "portico-generation": "0123456789abcdef"},
    "a chunk of before": lambda good: {**good, "portico-000": packed(3).metadata["portico-000"]},
    "no number of chunks": lambda good: {**good, "portico-chunks": "many"},
    "none of ours": lambda _: {"theirs": "1"},
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_metadata_changes_nothing_and_is_named_when_it_stays(world, damage):
    agent = world.agent()
    world.metadata = packed(3).metadata
    agent.step()
    world.calls()
    world.metadata = damage(packed(4).metadata)
    agent.step()
    assert world.says().complaint is None
    world.clock.pass_(PATIENCE)
    agent.step()
    assert world.calls() == []
    assert world.says().generation == packed(3).generation
    assert "metadata" in world.says().complaint
    world.metadata = packed(4).metadata
    agent.step()
    assert (world.says().generation, world.says().complaint) == (packed(4).generation, None)


def test_a_metadata_service_that_is_down_is_named_and_changes_nothing(world):
    agent = world.agent()
    world.metadata = packed().metadata
    agent.step()
    world.metadata = None
    agent.step()
    world.clock.pass_(PATIENCE)
    agent.step()
    assert world.says().generation == packed().generation
    assert "metadata service does not answer" in world.says().complaint


def test_the_last_good_one_survives_a_restart_with_a_broken_payload(world):
    world.metadata = packed().metadata
    world.agent().step()
    world.calls()
    _, world.metadata = refused("haproxy.cfg")
    world.agent().step()
    assert world.says().generation == packed().generation
    assert not [call for call in world.calls() if call.startswith(("start", "reload"))]
    assert f'string "{packed().generation}"' in world.file("haproxy.cfg")


def test_a_restarted_agent_leaves_what_serves_alone(world):
    world.metadata = packed().metadata
    world.agent().step()
    world.calls()
    world.agent().step()
    assert world.calls() == []


def test_a_payload_that_passes_the_check_but_is_not_served_is_taken_back(world):
    agent = world.agent()
    world.metadata = packed(3).metadata
    agent.step()
    world.set("deaf")
    world.metadata = packed(4).metadata
    agent.step()
    assert world.says().generation == packed(3).generation
    assert "takes the file but does not serve it" in world.says().complaint
    assert f'string "{packed(3).generation}"' in world.file("haproxy.cfg")
    world.set("deaf", on=False)
    world.clock.pass_(RETRY)
    agent.step()
    assert (world.says().generation, world.says().complaint) == (packed(4).generation, None)


def test_a_payload_that_wants_a_port_of_another_program_is_refused_before_haproxy_tries(world):
    """A host that serves nothing has nothing to lose by it, and its HAProxy may be the one that listens."""
    agent = world.agent()
    listens_on(world, 80, 443)
    world.metadata = packed(3).metadata
    agent.step()
    assert (world.says().generation, world.says().complaint) == (packed(3).generation, None)
    world.calls()
    listens_on(world, 80, 443, 1883)
    more = replace(local(3), listeners=(*local(3).listeners, Listener("mqtt", 1883, 31883)))
    world.metadata = payload.pack(more, more.hosts[0]).metadata
    agent.step()
    assert world.says().generation == packed(3).generation
    assert world.says().complaint.endswith("is refused: port 1883 is taken by another program")
    assert "reload haproxy" not in world.calls()
    listens_on(world, 80, 443)
    world.clock.pass_(RETRY)
    agent.step()
    assert world.says().complaint is None


def test_a_unit_that_cannot_be_loaded_is_named(world):
    world.set("broken")
    world.metadata = packed().metadata
    world.agent().step()
    assert world.says().generation is None
    assert "systemctl start answers 1" in world.says().complaint


def test_a_disk_that_cannot_be_written_is_named_and_ends_nothing(world):
    world.metadata = packed().metadata
    (world.home / "root/var").mkdir()
    (world.home / "root/var/lib").write_text("no folder")
    agent = world.agent()
    agent.step()
    assert "is refused" in world.says().complaint
    (world.home / "root/var/lib").unlink()
    world.clock.pass_(RETRY)
    agent.step()
    assert world.says().generation == packed().generation


def test_a_haproxy_that_stays_silent_is_named(world):
    agent = world.agent()
    world.metadata = packed().metadata
    agent.step()
    (world.home / "tells").unlink()
    agent.step()
    assert world.says().generation == packed().generation
    world.clock.pass_(3 * POLL)
    agent.step()
    assert (world.says().generation, world.says().complaint) == (None, "HAProxy does not answer")


def test_the_second_host_waits_until_the_first_serves_the_new_generation(world):
    agent = world.agent()
    world.metadata = packed(3, host=1).metadata
    agent.step()
    world.calls()
    world.metadata, world.first_tells = packed(4, host=1).metadata, packed(3).generation
    agent.step()
    agent.step()
    assert world.calls() == ACCEPTED
    assert world.says().generation == packed(3, host=1).generation
    world.first_tells = packed(4).generation
    agent.step()
    assert world.calls() == ["reload haproxy"]
    assert world.says().generation == packed(4, host=1).generation


def test_the_second_host_does_not_wait_for_ever(world):
    agent = world.agent()
    world.metadata = packed(3, host=1).metadata
    agent.step()
    world.metadata = packed(4, host=1).metadata
    agent.step()
    world.clock.pass_(WAIT)
    agent.step()
    assert world.says().generation == packed(4, host=1).generation


def test_a_second_host_that_serves_nothing_waits_for_nobody(world):
    world.metadata = packed(3, host=1).metadata
    world.agent().step()
    assert world.says().generation == packed(3, host=1).generation


def test_what_is_newest_wins_while_the_second_host_waits(world):
    agent = world.agent()
    for workers in (3, 4, 5):
        world.metadata = packed(workers, host=1).metadata
        agent.step()
    world.first_tells = packed(5).generation
    agent.step()
    assert world.says().generation == packed(5, host=1).generation


KILLS = range(1, 60)
"""More than a payload has effects: files written and moved, programs run."""


class Killed(BaseException):
    """SIGKILL, as an agent cannot feel it."""


@contextmanager
def killed_after(effects):
    """Nothing more happens after so many effects on the host; tells whether it came to that."""
    left, died = effects, []

    def counted(real):
        def call(*words, **named):
            nonlocal left
            done = real(*words, **named)
            left -= 1
            if left == 0:
                died.append(real)
                raise Killed
            return done

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", counted(subprocess.run))
        for owner, name in ((Path, "replace"), (Path, "symlink_to"), (Path, "mkdir"), (os, "fsync")):
            patch.setattr(owner, name, counted(getattr(owner, name)))
        with suppress(Killed):
            yield died


@contextmanager
def killed_when(world, wanted):
    """The agent dies as soon as the files of a payload are where the programs read them."""
    real = Path.replace

    def replace_and_die(self, target):
        done = real(self, target)
        if f'string "{wanted.generation}"' in world.file("haproxy.cfg"):
            raise Killed
        return done

    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        patch.setattr(Path, "replace", replace_and_die)
        yield


@pytest.mark.parametrize("host", ["that serves nothing yet", "that serves"])
def test_an_agent_that_is_killed_anywhere_is_followed_by_one_that_ends_what_it_began(
    tmp_path, monkeypatch, host
):
    first = local(3)
    both = replace(local(4), router_id=77)  # another haproxy.cfg, another keepalived.conf
    new = payload.pack(both, both.hosts[0])
    tried = 0
    for effects in KILLS:
        home = tmp_path / str(effects)
        home.mkdir()
        with make_world(home, monkeypatch.setenv) as world:
            if host == "that serves":
                world.metadata = payload.pack(first, first.hosts[0]).metadata
                world.agent().step()
                world.calls()
            world.metadata = new.metadata
            with killed_after(effects) as died:
                world.agent().step()
            world.agent().step()
            calls = world.calls()
            assert (world.says().generation, world.says().complaint) == (new.generation, None), effects
            for name in ("haproxy.cfg", "keepalived.conf"):
                assert world.loaded(name) == world.file(name), (effects, name)
            assert "virtual_router_id 77" in world.loaded("keepalived.conf")
            for unit in ("haproxy", "keepalived"):
                loads = [call for call in calls if call in (f"start {unit}", f"reload {unit}")]
                assert 1 <= len(loads) <= 2, (effects, calls)
            if not died:
                break
            tried += 1
    assert 15 < tried < len(KILLS), "not every kill was tried"


def test_what_is_loaded_is_loaded_again_only_when_that_is_not_known(world):
    world.metadata = packed().metadata
    world.agent().step()
    world.calls()
    (world.home / "root/var/lib/portico/loaded").write_text('{"haproxy.c')
    world.agent().step()
    assert world.calls() == ["reload haproxy", "reload keepalived"]
    world.agent().step()
    assert world.calls() == []


def test_an_agent_that_was_killed_on_the_way_to_a_payload_finds_back_to_the_one_before(world):
    """The program has loaded what is not wanted any more, though the file on disk is the wanted one."""
    old, new = packed(3), packed(4)
    world.metadata = old.metadata
    world.agent().step()
    with killed_when(world, new):
        world.metadata = new.metadata
        world.agent().step()
    subprocess.run(["systemctl", "reload", "haproxy"], check=True)  # HAProxy died meanwhile and came again
    assert world.tells() == new.generation
    with killed_when(world, old):
        world.metadata = old.metadata
        world.agent().step()
    world.agent().step()
    assert world.tells() == old.generation
    assert world.loaded("haproxy.cfg") == world.file("haproxy.cfg")


def listens_on(world, *ports):
    """What the kernel says of sockets: these listen, and one connection is open on 31883."""
    rows = [f"0: 00000000:{port:04X} 00000000:0000 0A" for port in ports]
    table = world.home / "root/proc/net/tcp"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(
        "\n".join(["sl local_address rem_address st", *rows, "9: 0100007F:7C8B 0100007F:0050 01"])
    )
