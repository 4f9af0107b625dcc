"""Workers on Neutron ports, against a cloud that answers from plain data."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from sandbox import namespaces
from sandbox.kubernetes import Workers, WorkersError
from sandbox.openstack import clouds
from sandbox.paths import Paths


class Cloud:
    """The calls that Workers makes, and what became of them. A port is ACTIVE when it is plugged."""

    host = "compute1"

    def __init__(self):
        self.made, self.plugged, self.bound_by = [], [], []
        self.connected = None

    @contextmanager
    def connection(self, cloud=clouds.USER):
        self.connected = cloud
        yield SimpleNamespace(network=self)

    def find_network(self, name, ignore_missing):
        return SimpleNamespace(id=f"network-{name}", mtu=1442)

    def find_subnet(self, name, network_id, ignore_missing):
        return SimpleNamespace(id=f"subnet-{name}", gateway_ip="10.20.0.1")

    def find_security_group(self, name, ignore_missing):
        return SimpleNamespace(id=f"group-{name}")

    def ports(self, network_id):
        return list(self.made)

    def create_port(self, name, **values):
        number = len(self.made) + 1
        port = SimpleNamespace(
            **values, id=f"port-{number}", name=name, status="DOWN", mac_address=f"fa:16:3e:00:00:0{number}"
        )
        self.made.append(port)
        return port

    def update_port(self, port, **values):
        self.bound_by.append(self.connected)
        vars(port).update(values)

    def get_port(self, port):
        return next(each for each in self.made if each.id == port)

    def plug(self, link, port, mac):
        self.plugged.append((link, port, mac))
        self.get_port(port).status = "ACTIVE"


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def commands(monkeypatch):
    given = []

    def run(*words, stdin="", **_):
        given.append(" ".join(map(str, words)) + "".join(f"\n{line}" for line in stdin.splitlines()))
        return ""

    monkeypatch.setattr(namespaces, "run", run)
    return given


@pytest.fixture
def workers(tmp_path, cloud, commands):
    return Workers(Paths(root=tmp_path, prefix="test"), cloud)


def test_each_worker_has_a_port_with_its_address_in_the_workers_group(workers, cloud):
    joined = workers.join()
    assert [(worker.name, worker.address, worker.netns) for worker in joined] == [
        ("w1", "10.20.0.11", "test-w1"),
        ("w2", "10.20.0.12", "test-w2"),
        ("w3", "10.20.0.13", "test-w3"),
    ]
    assert [worker.port for worker in joined] == [port.id for port in cloud.made]
    assert {tuple(port.security_group_ids) for port in cloud.made} == {("group-k8s-workers",)}


def test_joining_again_makes_no_second_port(workers, cloud):
    assert workers.join() == workers.join()
    assert len(cloud.made) == 3


def test_an_administrator_binds_the_port_to_the_machine_that_the_cable_ends_on(workers, cloud):
    workers.join()
    assert {port.binding_host_id for port in cloud.made} == {"compute1"}
    assert set(cloud.bound_by) == {clouds.ADMIN}


def test_the_cable_is_plugged_as_the_port_s(workers, cloud):
    workers.join()
    assert cloud.plugged[0] == ("tap-w1", "port-1", "fa:16:3e:00:00:01")


def test_the_node_takes_the_port_s_address_and_the_network_s_mtu_and_gateway(workers, commands):
    workers.join()
    inside = next(command for command in commands if command.startswith("ip -n test-w1"))
    assert "link set eth0 address fa:16:3e:00:00:01 mtu 1442" in inside
    assert "route replace default via 10.20.0.1 dev eth0" in inside
    assert "ip -n test-cloud link set tap-w1 mtu 1442" in commands


def test_a_port_of_that_name_with_another_address_is_refused_with_the_remedy(workers, cloud):
    cloud.create_port("w2", fixed_ips=[{"subnet_id": "subnet-k8s", "ip_address": "10.20.0.150"}])
    with pytest.raises(
        WorkersError, match=r"w2 .* has address 10\.20\.0\.150, .*openstack port delete port-1"
    ):
        workers.join()


def test_a_worker_is_cut_off_and_healed_by_its_cable_alone(workers, commands):
    workers.cut("w2")
    workers.heal("w2")
    assert commands == ["ip -n test-cloud link set tap-w2 down", "ip -n test-cloud link set tap-w2 up"]


def test_only_a_worker_can_be_cut_off(workers):
    with pytest.raises(WorkersError, match="no worker 'w9'; there are w1, w2, w3"):
        workers.cut("w9")
