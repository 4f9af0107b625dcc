"""What hypervisors are made of, and what can happen to them; nothing of them exists."""

import os
import re
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox import namespaces
from sandbox.openstack import ovn, snapshot
from sandbox.openstack.cloud import OpenStack
from sandbox.openstack.hypervisors import Hypervisors
from sandbox.openstack.services import compute, network
from sandbox.openstack.site import Port, Secrets, Site
from sandbox.openstack.virt import machine
from sandbox.openstack.virt.machine import Machine
from sandbox.paths import LONGEST_ROOT, Paths


class FakeSupervisor:
    def __init__(self):
        self.told = []

    def signal(self, names, signal_name):
        self.told += [(signal_name, name) for name in names]


@pytest.fixture
def commands(monkeypatch):
    given = []

    def run(*words, **_):
        given.append(" ".join(map(str, words)))
        return ""

    monkeypatch.setattr(namespaces, "run", run)
    monkeypatch.setattr(namespaces, "link_exists", lambda netns, name: False)
    monkeypatch.setattr(namespaces, "delete_link", lambda netns, name: None)
    monkeypatch.setattr(namespaces, "checksums_by_sender", lambda netns, name: None)
    return given


@pytest.fixture
def supervisor():
    return FakeSupervisor()


@pytest.fixture
def hypervisors(site, supervisor):
    return Hypervisors(site, supervisor)


def described(site, commands):
    """What each switch was told, by hypervisor."""
    ovn.configure(site)
    sets = [command for command in commands if " set Open_vSwitch " in command]
    return dict(zip([each.name for each in site.hypervisors], sets, strict=True))


def test_there_are_two_in_namespaces_that_go_down_with_the_sandbox(site):
    homes = [each.netns for each in site.hypervisors]
    assert homes == ["here-cloud", "here-compute2"]


def test_no_two_share_a_thing(site):
    for mine, yours in pairwise(site.hypervisors):
        for name in ("name", "netns", "run", "state", "tunnel"):
            assert getattr(mine, name) != getattr(yours, name)


def test_only_the_first_leads_to_the_internet(site, commands):
    told = described(site, commands)
    assert "enable-chassis-as-gw" in told["compute1"]
    assert "add-port br-ex ext0" in told["compute1"]
    assert "enable-chassis-as-gw" not in told["compute2"]
    assert "br-ex" not in told["compute2"]


def test_each_switch_has_its_own_end_of_the_cable(site, commands):
    told = described(site, commands)
    assert "add-port br-tun to-compute2" in told["compute1"]
    assert "add-port br-tun to-compute1" in told["compute2"]


def test_their_tunnels_end_at_the_addresses_of_the_network_between_them(site, commands):
    ovn.connect_hypervisors(site)
    told = described(site, commands)
    for each, address in zip(site.hypervisors, ("10.98.0.1", "10.98.0.2"), strict=True):
        assert f"ovn-encap-ip={address} " in told[each.name]
        assert f"ip -n {each.netns} address replace {address}/24 dev br-tun" in commands


def test_what_a_hypervisor_says_to_the_cloud_does_not_go_through_its_tunnel(site):
    assert site.ovn.startswith("unix:")
    computes = [compute.compute(site, each) for each in site.hypervisors]
    assert {each.program.netns for each in computes} == {site.paths.cloud}


def test_the_metadata_service_answers_where_an_agent_has_no_way_to_it(site):
    cloud = OpenStack(site.paths, None, None)
    vars(cloud)["site"] = site
    (relay,) = [each for each in cloud.relays() if each.port == Port.METADATA]
    assert relay.seen_from == ("here-compute2",)


def test_the_sockets_of_the_deepest_folder_fit(site):
    root = Path("/" + "x" * (LONGEST_ROOT - 1))
    deep = Site(Paths(root, "here"), site.secrets)
    sockets = [each.run / "ovn-controller.ctl" for each in (deep.central, *deep.hypervisors)]
    for file in network.files(deep):
        said = re.findall(r"^metadata_proxy_socket = (.*)", file.text, re.MULTILINE)
        sockets += [Path(path) for path in said]
    assert len(sockets) == 5
    assert max(len(str(path)) for path in sockets) < 108


def test_a_snapshot_holds_what_nova_knows_each_hypervisor_by_and_not_its_switch(tmp_path):
    paths = Paths(tmp_path)
    site = Site(paths, Secrets(*"abcdef"))
    for each in site.hypervisors:
        for folder in (each.state, compute.servers(site, each).parent):
            folder.mkdir(parents=True)
    snapshot.take(paths, "key")
    kept = {path.name for path in (paths.snapshots / "key").iterdir()}
    assert kept == {"nova-compute1", "nova-compute2"}


def test_a_frozen_one_is_stopped_with_all_its_programs_and_no_other_is(hypervisors, supervisor):
    hypervisors.freeze("compute2")
    assert {word for word, _ in supervisor.told} == {"STOP"}
    assert {name for _, name in supervisor.told} == {
        "ovs-vswitchd-compute2",
        "ovn-controller-compute2",
        "ovsdb-server-compute2",
        "neutron-agent-compute2",
        "nova-compute2",
    }


def test_the_clouds_own_programs_are_part_of_no_hypervisor(hypervisors, supervisor):
    hypervisors.freeze("compute1")
    assert not {"ovn-databases", "ovn-northd"} & {name for _, name in supervisor.told}


def test_the_switch_is_the_first_to_stop_so_that_nothing_is_heard_of_the_rest(hypervisors, supervisor):
    hypervisors.freeze("compute1")
    assert supervisor.told[0] == ("STOP", "ovs-vswitchd-compute1")


def test_what_was_stopped_goes_on(hypervisors, supervisor):
    hypervisors.freeze("compute2")
    stopped = [name for _, name in supervisor.told]
    supervisor.told.clear()
    hypervisors.thaw("compute2")
    assert supervisor.told == [("CONT", name) for name in stopped]


def test_a_hypervisor_that_is_not_there_is_named(hypervisors):
    with pytest.raises(ValueError, match="no hypervisor 'compute9'; there are compute1, compute2"):
        hypervisors.freeze("compute9")


def test_the_network_between_them_is_cut_and_healed_by_its_cable_alone(hypervisors, supervisor, commands):
    hypervisors.cut()
    hypervisors.heal()
    assert commands == [
        "ip -n here-cloud link set to-compute2 down",
        "ip -n here-cloud link set to-compute2 up",
    ]
    assert supervisor.told == []


def test_all_processes_of_a_server_are_stopped_and_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "HIERARCHIES", (tmp_path,))
    server = Machine(tmp_path / "some-id", "servers")
    with subprocess.Popen(["sleep", "60"]) as one, subprocess.Popen(["sleep", "60"]) as other:
        for process, group in ((one, "."), (other, "guest.slice")):
            folder = tmp_path / "servers/some-id" / group
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "cgroup.procs").write_text(f"{process.pid}\n")
        (tmp_path / "cgroup.procs").touch()
        try:
            server.send(signal.SIGSTOP)
            assert [state(process) for process in (one, other)] == ["T", "T"]
            server.send(signal.SIGCONT)
            assert [state(process) for process in (one, other)] == ["S", "S"]
        finally:
            for process in (one, other):
                os.kill(process.pid, signal.SIGKILL)


def state(process):
    time.sleep(0.05)
    return Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
