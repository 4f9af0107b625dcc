"""What is right is read into its type, whatever the language it was written in."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
import yaml

from portico.lbhost import userdata
from portico.settings import (
    AppImage,
    Ingress,
    Kubernetes,
    Listener,
    NodeAddress,
    Settings,
    Wait,
    parse,
)
from tests.unit.settings.said import APP, AWS, KINDS, METALLB, OCTAVIA, PAIR, but, read

STACKS = sorted((Path(__file__).parents[3] / "stacks").glob("Pulumi.*.yaml"))


def said(file: Path) -> dict[str, object]:
    config = yaml.safe_load(file.read_text())["config"]
    return {
        key.removeprefix("portico:"): value for key, value in config.items() if key.startswith("portico:")
    }


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_every_stack_file_of_this_checkout_is_right(file):
    assert isinstance(parse(said(file), str(file)), Settings)


@pytest.mark.parametrize("base", KINDS.values(), ids=KINDS)
def test_the_least_that_must_be_said_is_enough(base):
    made = read(base)
    assert (made.kubernetes, made.ingress, made.apps, made.wait) == (Kubernetes(), Ingress(), (), Wait())


def test_a_section_that_is_null_or_empty_takes_its_defaults():
    assert read(PAIR, kubernetes=None, ingress={}, apps=[], wait=None) == read(PAIR)


def test_a_key_that_is_null_is_left_out():
    assert parse(but(PAIR, {"loadBalancer.hosts.keyPair": None}), "") == read(PAIR)


def test_a_node_is_an_address_alone_or_has_a_name():
    assert read(PAIR).nodes.addresses == (
        NodeAddress(IPv4Address("10.20.0.11"), "node-10-20-0-11"),
        NodeAddress(IPv4Address("10.20.0.12"), "w2"),
    )


def test_a_whole_number_may_come_as_a_float():
    count = parse(but(PAIR, {"loadBalancer.hosts.count": 3.0}), "").load_balancer.hosts.count
    assert count == 3
    assert isinstance(count, int)


def test_lists_may_come_as_tuples():
    assert read(PAIR, apps=(APP,)) == read(PAIR, apps=[APP])


def test_port_443_has_tls_unless_it_is_said_otherwise():
    listeners = [
        {"name": "http", "port": 80},
        {"name": "https", "port": 443},
        {"name": "plain", "port": 444},
        {"name": "other", "port": 8443, "tls": True},
    ]
    ports = {"http": 30080, "https": 30443, "plain": 30444, "other": 30445}
    raw = but(PAIR, {"loadBalancer.listeners": listeners, "ingress.nodePorts": ports})
    assert [listener.tls for listener in parse(raw, "").load_balancer.listeners] == [False, True, False, True]
    listeners[1]["tls"] = False
    raw = but(PAIR, {"loadBalancer.listeners": listeners, "ingress.nodePorts": ports})
    assert parse(raw, "").load_balancer.listeners[1] == Listener("https", 443, tls=False)


def test_fewer_listeners_than_default_node_ports_are_fine():
    made = parse(but(PAIR, {"loadBalancer.listeners": [{"name": "http", "port": 80}]}), "")
    assert [made.node_port(listener) for listener in made.load_balancer.listeners] == [30080]


def test_an_address_alone_is_a_network_of_one():
    made = parse(but(PAIR, {"loadBalancer.allowedClients": ["198.51.100.7"]}), "")
    assert made.load_balancer.allowed_clients == (IPv4Network("198.51.100.7/32"),)


def test_an_empty_label_value_is_one():
    selector = {"node-role.kubernetes.io/ingress": ""}
    assert read(PAIR, ingress={"nodeSelector": selector}).ingress.node_selector == selector


def test_the_nodes_of_an_auto_scaling_group_are_not_listed():
    group = {"loadBalancer.aws.autoScalingGroup": "workers"}
    assert parse(but(AWS, {**group, "nodes": None}), "").nodes is None
    nodes = parse(but(AWS, {**group, "nodes": {"securityGroup": "sg-0123abcd"}}), "").nodes
    assert (nodes.addresses, nodes.security_group) == ((), "sg-0123abcd")


def test_a_load_balancer_inside_the_cluster_needs_no_nodes():
    assert read(METALLB).nodes is None


@pytest.mark.parametrize("said", ["203.0.113.7", "0b1c2d3e-0000-4000-8000-000000000001"])
def test_a_floating_ip_that_is_there_needs_no_external_network(said):
    named = {"network": "k8s", "floatingIp": said}
    assert parse(but(OCTAVIA, {"loadBalancer.openstack": named}), "").load_balancer.openstack.public


def test_without_a_floating_ip_no_external_network_is_needed():
    private = {"network": "k8s", "public": False}
    assert not parse(but(OCTAVIA, {"loadBalancer.openstack": private}), "").load_balancer.openstack.public


def test_two_apps_may_share_a_host_and_two_namespaces_a_name():
    apps = [
        APP,
        {**APP, "name": "cart", "path": "/cart"},
        {**APP, "namespace": "staging", "host": "*.staging.example.org"},
    ]
    assert len(read(PAIR, apps=apps).apps) == 3


def test_an_app_may_be_an_image():
    app = {"name": "hello", "host": "hello.example.org", "run": {"image": "docker.io/traefik/whoami:v1.11.0"}}
    assert read(PAIR, apps=[app]).apps[0].run == AppImage("docker.io/traefik/whoami:v1.11.0")


def test_the_cluster_may_have_another_range_of_node_ports():
    ingress = {
        "nodePortRange": [20000, 20999],
        "nodePorts": {"http": 20080, "https": 20443},
        "healthPort": 20082,
    }
    assert read(PAIR, ingress=ingress).ingress.node_port_range == (20000, 20999)


@pytest.mark.parametrize("kubeconfig", ["users: [{token: hidden}]\n", {"users": [{"token": "hidden"}]}])
def test_what_a_kubeconfig_holds_is_not_shown_with_the_settings(kubeconfig):
    settings = read(PAIR, kubernetes={"kubeconfig": kubeconfig})
    assert "hidden" in settings.kubernetes.kubeconfig
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("said", "security"),
    [
        ({"aptMirror": "http://m/debian"}, "http://m/debian-security"),
        ({"aptMirror": "http://m/debian/"}, "http://m/debian-security"),
        ({"aptMirror": "https://m/repository/apt-proxy"}, "https://m/repository/apt-proxy-security"),
        ({"aptMirror": "http://m/ubuntu"}, "http://m/ubuntu"),
        ({"aptMirror": "http://m:81/a/ubuntu-ports/"}, "http://m:81/a/ubuntu-ports"),
        ({"aptMirror": "http://m/debian", "aptSecurityMirror": "http://s/updates"}, "http://s/updates"),
    ],
)
def test_security_updates_come_from_where_debian_and_ubuntu_have_them(said, security):
    written = {f"loadBalancer.hosts.{key}": value for key, value in said.items()}
    hosts = parse(but(PAIR, written), "").load_balancer.hosts
    section = yaml.safe_load(hosts.user_data(0, ()))["apt"]
    assert section["primary"][0]["uri"] == said["aptMirror"].rstrip("/")
    assert section["security"][0]["uri"] == security


def test_without_a_mirror_and_a_proxy_a_host_is_booted_as_ever():
    assert parse(PAIR, "").load_balancer.hosts.user_data(1, (80, 443)) == userdata.render()
