"""user_data: a constant that fits Nova and says what it means to."""

import base64

import yaml

from portico.lbhost import STATUS_PORT, portico_sync, userdata
from portico.lbhost.keepalived import CHECK_VIP, HAPROXY_DOWN


def test_the_text_takes_no_argument_and_never_changes():
    assert userdata.render() == userdata.render()


def test_it_fits_nova_twice():
    assert len(base64.b64encode(userdata.render().encode())) * 2 < userdata.LIMIT
    assert len(userdata.render()) < 19 * 1024


def test_every_file_arrives_as_it_is():
    said = yaml.safe_load(userdata.render())
    assert {entry["path"]: (entry["content"], entry["permissions"]) for entry in said["write_files"]} == {
        path: (file.text, file.mode) for path, file in userdata.files().items()
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
