"""user_data: as good as a constant, fits Nova and says what it means to."""

import base64

import pytest
import yaml

from portico.lbhost import MAX_HOSTS, STATUS_PORT, patching, portico_sync, userdata
from portico.lbhost.keepalived import CHECK_VIP, HAPROXY_DOWN

SSH = (22, 2222, None)


def test_the_text_never_changes_but_for_the_hosts_own_ssh_server():
    assert userdata.render() == userdata.render(22)
    assert len({userdata.render(port) for port in SSH}) == 3


def test_the_ssh_server_moves_or_is_switched_off_before_the_agent_starts():
    as_it_is, moved, off = (yaml.safe_load(userdata.render(port)) for port in SSH)
    agent = as_it_is["runcmd"][-1]
    assert "portico-sync.service" in agent
    drop_in = {entry["path"]: entry["content"] for entry in moved["write_files"]}[userdata.SSH_DROP_IN]
    assert drop_in == "Port 2222\n"
    assert moved["runcmd"][-2][:2] == ["sh", "-c"]
    assert off["runcmd"][-2] == ["systemctl", "mask", "--now", "ssh.socket", "ssh.service"]
    assert off["write_files"] == as_it_is["write_files"]
    assert moved["runcmd"][-1] == off["runcmd"][-1] == agent


def test_a_host_that_is_patched_in_turn_has_an_hour_of_its_own_and_the_others_text_stays():
    by_hour = [userdata.render(patch_hour=patching.hour(index)) for index in range(MAX_HOSTS)]
    assert len({userdata.render(), *by_hour}) == MAX_HOSTS + 1
    said = yaml.safe_load(by_hour[1])
    drop_in = {entry["path"]: entry["content"] for entry in said["write_files"]}[patching.DROP_IN]
    assert "OnCalendar=\nOnCalendar=*-*-* 03:00\n" in drop_in
    assert said["runcmd"][-2] == ["systemctl", "try-restart", "apt-daily-upgrade.timer"]
    assert not [entry for entry in yaml.safe_load(userdata.render())["write_files"] if "apt" in entry["path"]]


def test_it_fits_nova_twice():
    for port in SSH:
        assert len(base64.b64encode(userdata.render(port).encode())) * 2 < userdata.LIMIT
        assert len(userdata.render(port)) < 19 * 1024


def test_every_file_arrives_as_it_is():
    said = yaml.safe_load(userdata.render(2222))
    assert {entry["path"]: (entry["content"], entry["permissions"]) for entry in said["write_files"]} == {
        path: (file.text, file.mode) for path, file in userdata.files(2222).items()
    }


def test_no_package_is_asked_for_where_the_image_has_it():
    said = yaml.safe_load(userdata.render())
    assert not {"packages", "package_update", "package_upgrade"} & set(said)


def test_keepalived_and_systemd_mean_the_same_files():
    assert CHECK_VIP in userdata.files()
    drop_in = userdata.files()["/etc/systemd/system/haproxy.service.d/portico.conf"].text
    assert drop_in.count(HAPROXY_DOWN) == 3


def test_the_agent_asks_where_haproxy_tells():
    assert portico_sync.STATUS_PORT == STATUS_PORT


MIRROR = userdata.Packages("http://mirror.example.org/debian", "http://mirror.example.org/debian-security")
PROXY = userdata.Packages(proxy="http://proxy.example.org:3128")


@pytest.mark.parametrize("packages", [MIRROR, PROXY], ids=["mirror", "proxy"])
def test_a_mirror_or_a_proxy_adds_its_section_and_changes_nothing_else(packages):
    plain, said = yaml.safe_load(userdata.render()), yaml.safe_load(userdata.render(packages=packages))
    section = said.pop("apt")
    assert said == plain
    if packages.proxy:
        assert section == {"http_proxy": PROXY.proxy, "https_proxy": PROXY.proxy}
    else:
        assert section["primary"] == [{"arches": ["default"], "uri": MIRROR.mirror}]
        assert section["security"] == [{"arches": ["default"], "uri": MIRROR.security}]


def test_a_mirror_and_a_proxy_reach_nothing_but_apt():
    text = userdata.render(packages=userdata.Packages(MIRROR.mirror, MIRROR.security, PROXY.proxy))
    assert text.count("example.org") == 4
    assert set(yaml.safe_load(text)) == {"apt", "locale", "runcmd", "write_files"}
