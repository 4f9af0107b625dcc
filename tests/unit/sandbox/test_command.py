import pytest

from sandbox.__main__ import environment, main
from sandbox.lifecycle import Parts


def test_a_command_inside_finds_the_clouds_the_cluster_and_their_clients_last(paths):
    found = environment(paths, {"PATH": "/usr/bin"})
    assert found["OS_CLIENT_CONFIG_FILE"] == "/data/sandbox/clouds.yaml"
    assert found["KUBECONFIG"] == "/data/sandbox/kubeconfig"
    assert found["PATH"].split(":")[0] == "/usr/bin"


def test_the_region_without_octavia_is_the_default_cloud(paths):
    assert environment(paths, {})["OS_CLOUD"] == "portico"
    assert environment(paths, {"OS_CLOUD": "portico-admin"})["OS_CLOUD"] == "portico-admin"


def test_parts_only_ever_add_up():
    assert Parts(kubernetes=False) | Parts(octavia=True) == Parts(kubernetes=True, octavia=True)


def test_without_a_command_the_usage_is_shown(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "COMMAND" in capsys.readouterr().err


def test_a_sandbox_that_is_down_says_so_by_its_exit_status(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PORTICO_DATA", str(tmp_path))
    assert main(["status"]) == 3
    assert "python -m sandbox up" in capsys.readouterr().out
