"""The control plane's programs, and what is asked of its API."""

from pathlib import Path

import pytest

from sandbox.kubernetes import control_plane
from sandbox.kubernetes.api import is_ready, renewed

FOLDERS = control_plane.Folders(Path("/bin/hyperkube"), Path("/state"), Path("/state/certificates"))
ETCD, API = control_plane.storage(FOLDERS, "test-kube")
MANAGER, SCHEDULER = control_plane.controllers(FOLDERS, "test-kube")


def option(program, name):
    return next(word.partition("=")[2] for word in program.command if word.startswith(f"--{name}="))


def test_everything_runs_in_the_control_plane_s_namespace_out_of_one_program():
    for program in (ETCD, API, MANAGER, SCHEDULER):
        assert program.netns == "test-kube"
        assert program.command[:2] == ("/bin/hyperkube", program.name)


def test_the_api_server_asks_the_etcd_that_runs():
    assert option(API, "etcd-servers") == option(ETCD, "listen-client-urls")


def test_etcd_answers_nobody_but_its_neighbours():
    assert option(ETCD, "listen-client-urls").startswith("http://127.0.0.1:")
    assert option(ETCD, "listen-peer-urls").startswith("http://127.0.0.1:")


def test_a_node_may_change_itself_and_no_other():
    assert "Node" in option(API, "authorization-mode").split(",")
    assert option(API, "enable-admission-plugins") == "NodeRestriction"


def test_tokens_are_signed_with_the_key_that_they_are_checked_with():
    assert option(API, "service-account-signing-key-file") == option(
        MANAGER, "service-account-private-key-file"
    )


def test_everything_that_is_written_lies_in_the_state_folder():
    assert option(ETCD, "data-dir").startswith("/state/")
    assert option(MANAGER, "flex-volume-plugin-dir").startswith("/state/")


@pytest.mark.parametrize(("status", "ready"), [("True", True), ("False", False), ("Unknown", False)])
def test_a_node_is_ready_when_it_says_so(status, ready):
    assert is_ready({"status": {"conditions": [{"type": "Ready", "status": status}]}}) is ready


def test_a_node_that_has_not_spoken_yet_is_not_ready():
    assert not is_ready({"metadata": {"name": "w1"}})


def test_a_lease_tells_when_a_node_was_last_heard_of():
    assert renewed({"spec": {"renewTime": "1970-01-01T00:00:10.500000Z"}}) == 10.5
