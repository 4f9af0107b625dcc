import configparser

import pytest

from sandbox import relays
from sandbox.openstack import bootstrap, databases, ini, ovn, snapshot
from sandbox.openstack.cloud import GROUPS
from sandbox.openstack.files import File, write
from sandbox.openstack.services import balancing
from sandbox.openstack.site import APIS, OCTAVIA_REGION, Port, Secrets
from sandbox.relays import Relay


@pytest.fixture
def files(site):
    return [file for group in (*GROUPS, balancing) for file in group.files(site)]


@pytest.fixture
def services(site):
    network = [*ovn.databases(site), *ovn.services(site)]
    return network + [service for group in (*GROUPS, balancing) for service in group.services(site)]


def test_every_oslo_configuration_reads_back(files):
    for file in files:
        if file.path.suffix in (".conf", ".ini") and "rabbitmq" not in str(file.path):
            parser = configparser.RawConfigParser()
            parser.read_string(file.text)
            assert parser.sections()


def test_a_value_cannot_smuggle_in_an_option():
    with pytest.raises(ValueError, match=r"\[DEFAULT\] host: a value must not hold a newline"):
        ini.render({"DEFAULT": {"host": "here\nuse_stderr = true"}})


def test_no_secret_is_in_the_arguments_of_any_program(site, services):
    commands = [service.program.command for service in services]
    commands += [each.command for chain in databases.migrations(site).values() for each in chain]
    words = " ".join(word for command in commands for word in command)
    assert not [secret for secret in site.secrets.values() if secret in words]


def test_every_program_stays_in_a_namespace_of_the_sandbox(site, services):
    assert {service.program.netns for service in services} == {"here-cloud", "here-compute2"}


def test_what_speaks_to_the_cloud_over_its_network_stays_in_the_clouds_namespace(site, services):
    outside = {service.name for service in services if service.program.netns != site.paths.cloud}
    assert outside == {
        "ovsdb-server-compute2",
        "ovs-vswitchd-compute2",
        "ovn-controller-compute2",
        "neutron-agent-compute2",
    }


def test_configuration_files_are_for_their_owner_alone(tmp_path):
    file = File(tmp_path / "nova/nova.conf", "[DEFAULT]\n")
    write([file])
    assert file.path.read_text() == file.text
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_passwords_are_kept_from_one_command_to_the_next(tmp_path):
    first = Secrets.ensure(tmp_path / "secrets.json")
    assert Secrets.ensure(tmp_path / "secrets.json") == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len(set(first.values())) == len(first.values())


def test_only_the_second_region_has_a_load_balancer_service():
    regions = {kind: listed for kind, (_, _, _, listed) in bootstrap.CATALOGUE.items()}
    assert regions.pop("load-balancer") == (OCTAVIA_REGION,)
    assert set(regions.values()) == {bootstrap.BOTH}


def test_a_snapshot_fits_its_configuration_only(files):
    before = snapshot.key(files)
    assert before == snapshot.key(reversed(files))
    changed = [
        File(file.path, file.text.replace("report_interval = 3", "report_interval = 4")) for file in files
    ]
    assert before != snapshot.key(changed)


def test_an_api_is_relayed_to_the_same_port_elsewhere():
    text = relays.render([Relay(6443, "here-kube", ("here-inet", "here-cloud"))])
    assert "bind 127.0.0.1:6443 namespace here-inet" in text
    assert "bind 127.0.0.1:6443 namespace here-cloud" in text
    assert "server api 127.0.0.1:6443 namespace here-kube" in text


def test_what_is_relayed_are_the_apis_and_not_the_database():
    assert Port.KEYSTONE in APIS
    assert not {Port.MARIADB, Port.RABBITMQ, Port.METADATA} & set(APIS)
