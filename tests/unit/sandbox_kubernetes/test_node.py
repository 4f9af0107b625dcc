"""A worker node as files, as a script and as a program."""

import json
import re
import subprocess
import tomllib
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from sandbox.kubernetes import control_plane, network, node, store
from sandbox.kubernetes.layout import GATEWAY, PODS, TENANT, Layout
from sandbox.openstack import bootstrap

CLUSTER = Layout("test")
W1, W2, W3 = CLUSTER.nodes
PARTS = node.Parts(Path("/tree"), Path("/bin/hyperkube"), Path("/images"), image_set="abc")


def program(configuration="1", parts=PARTS):
    return node.program(W1, Path("/state/w1"), parts, configuration)


def test_the_nodes_are_where_the_facts_of_the_sandbox_say():
    assert [(one.name, str(one.address)) for one in CLUSTER.nodes] == [
        ("w1", "10.20.0.11"),
        ("w2", "10.20.0.12"),
        ("w3", "10.20.0.13"),
    ]


def test_the_nodes_addresses_are_in_the_project_s_subnet_and_out_of_reach_of_its_pool():
    assert IPv4Network(bootstrap.CIDR) == TENANT
    pool = (IPv4Address(bootstrap.POOL["start"]), IPv4Address(bootstrap.POOL["end"]))
    assert not any(pool[0] <= one.address <= pool[1] for one in CLUSTER.nodes)
    assert GATEWAY not in [one.address for one in CLUSTER.nodes]


def test_each_node_has_pods_of_its_own_within_the_cluster_s():
    ranges = [one.pods for one in CLUSTER.nodes]
    assert len(set(ranges)) == 3
    assert all(each.subnet_of(PODS) and each.prefixlen == 24 for each in ranges)


def test_two_sandboxes_share_no_namespace_and_no_cgroup():
    other = Layout("other").nodes[0]
    assert other.netns != W1.netns
    assert Layout("other").cgroup(other) != CLUSTER.cgroup(W1)


def test_pods_go_to_the_node_s_own_cgroup():
    assert node.kubelet_configuration("/test/w1")["cgroupRoot"] == "/test/w1"


def test_the_kubelet_lets_nobody_in_whom_the_api_server_does_not_know():
    kubelet = node.kubelet_configuration("/test/w1")
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    assert kubelet["authorization"] == {"mode": "Webhook"}
    assert kubelet["readOnlyPort"] == 0


def test_a_node_speaks_often_enough_not_to_be_missed():
    kubelet = node.kubelet_configuration("/test/w1")
    seconds = int(kubelet["nodeStatusUpdateFrequency"].removesuffix("s"))
    assert seconds * 3 < control_plane.NODE_GRACE_SECONDS
    assert kubelet["nodeLeaseDurationSeconds"] < control_plane.NODE_GRACE_SECONDS


def test_node_ports_open_on_the_tenant_network_alone():
    assert node.proxy_configuration(W2)["nodePortAddresses"] == ["10.20.0.12/32"]


def test_kube_proxy_leaves_the_machine_s_connection_tracking_alone():
    assert node.proxy_configuration(W1)["conntrack"]["maxPerCore"] == 0


def test_a_node_s_pods_get_addresses_of_its_range_and_keep_them_on_the_way_out():
    (plugin,) = node.cni_configuration(W3)["plugins"]
    assert plugin["ipam"]["ranges"] == [[{"subnet": "10.244.3.0/24"}]]
    assert plugin["ipMasq"] is False


def test_containerd_reads_its_configuration_and_never_looks_for_the_pause_image_elsewhere():
    plugins = tomllib.loads(node.CONTAINERD_TOML)["plugins"]
    assert plugins["io.containerd.grpc.v1.cri"]["sandbox_image"] == node.PAUSE_IMAGE


def test_whatever_the_script_starts_with_is_among_the_node_s_files():
    written = node.files(W1, "/test/w1", "CA", "KUBECONFIG", "PROXY")
    named = re.findall(r"/etc/kubernetes/([\w.-]+)", node.SCRIPT.read_text())
    assert named
    assert set(named) <= set(written)


def test_whatever_the_files_point_to_is_among_the_node_s_files():
    written = node.files(W1, "/test/w1", "CA", "KUBECONFIG", "PROXY")
    named = re.findall(r"/etc/kubernetes/([\w./-]+)", "".join(written.values()))
    assert set(named) <= {*written, "cni"}


def test_the_script_reads_nothing_that_the_program_does_not_give():
    asked = set(re.findall(r"\bNODE_[A-Z_]+", node.SCRIPT.read_text()))
    assert asked <= set(program().environment)


@pytest.mark.parametrize("script", [node.SCRIPT, store.SCRIPT], ids=lambda path: path.name)
def test_bash_understands_the_script(script):
    assert subprocess.run(["bash", "-n", script], capture_output=True, check=False).stderr == b""


def test_bash_refuses_a_script_with_an_open_loop(tmp_path):
    broken = tmp_path / "broken.sh"
    broken.write_text(node.SCRIPT.read_text().replace("\ndone\n", "\n", 1))
    assert subprocess.run(["bash", "-n", broken], capture_output=True, check=False).returncode != 0


def test_a_node_ends_with_all_that_is_in_it():
    assert {"--pid", "--mount", "--kill-child"} <= set(program().command)
    assert program().stop_signal == "KILL"


def test_nothing_about_a_node_that_did_not_change_starts_it_anew():
    assert program() == program()


def test_another_configuration_or_other_images_start_a_node_anew():
    images = node.Parts(PARTS.tree, PARTS.hyperkube, PARTS.images, image_set="def")
    assert program() != program(configuration="2")
    assert program() != program(parts=images)


def test_a_node_s_files_are_its_own_and_their_checksum_tells_them_apart(tmp_path):
    first = node.write(tmp_path, {"kubeconfig": "secret", "cni/pods": "1"})
    assert (tmp_path / "kubeconfig").stat().st_mode & 0o777 == 0o600
    assert node.write(tmp_path, {"kubeconfig": "secret", "cni/pods": "1"}) == first
    assert node.write(tmp_path, {"kubeconfig": "secret", "cni/pods": "2"}) != first


def test_no_secret_is_in_a_command_line_or_an_environment():
    files = node.files(W1, "/test/w1", "CA", "SECRET", "SECRET")
    assert "SECRET" in files["kubelet.kubeconfig"]
    assert "SECRET" not in json.dumps([program().command, dict(program().environment)])


def test_pods_of_other_nodes_are_reached_over_the_cluster_s_own_link():
    commands = network.node_commands(CLUSTER, W1)
    assert "route replace 10.244.2.0/24 via 10.97.0.12 dev mg0" in commands
    assert "route replace 10.244.3.0/24 via 10.97.0.13 dev mg0" in commands
    assert not any("10.244.1.0/24" in command for command in commands)


def test_a_node_s_way_out_is_the_tenant_network():
    commands = network.node_commands(CLUSTER, W1)
    assert "address replace 10.20.0.11/24 dev eth0" in commands
    assert "route replace default via 10.20.0.1 dev eth0" in commands


def test_a_link_s_name_fits_the_kernel():
    assert all(len(network.cable(one)) <= 15 for one in CLUSTER.nodes)
