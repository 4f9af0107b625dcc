"""What an `up` would take a host's server away for is told from the state, and doubt counts as a change."""

from dataclasses import replace
from hashlib import sha1

import pytest

from portico.kinds.openstack_haproxy.rebuild import Server, changed
from portico.kinds.openstack_haproxy.settings import Volume

PORT, GROUP, IMAGE = (f"5e0f1c1e-0000-4000-8000-00000000000{digit}" for digit in "123")

PLANNED = Server(
    image="debian-12",
    flavor="m1.small",
    zone=None,
    key_pair=None,
    port=PORT,
    group=GROUP,
    user_data="#cloud-config\n",
)

RECORDED = {
    "availabilityZone": "nova",
    "flavorId": IMAGE,
    "flavorName": "m1.small",
    "id": "7",
    "imageId": IMAGE,
    "imageName": "debian-12",
    "keyPair": "",
    "metadata": {"portico-chunks": "10"},
    "networks": [{"accessNetwork": False, "port": PORT, "name": "k8s"}],
    "schedulerHints": [{"group": GROUP, "queries": []}],
    "userData": sha1(b"#cloud-config\n").hexdigest(),
}
"""As pulumi-openstack 5.5.3 wrote it."""


def test_a_server_as_planned_stays():
    assert changed(RECORDED, PLANNED) == ()
    assert changed(RECORDED, replace(PLANNED, image=IMAGE, flavor=IMAGE, zone="nova")) == ()
    assert changed({**RECORDED, "userData": "#cloud-config\n"}, PLANNED) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image": "debian-13"}, "image"),
        ({"image": PORT}, "image"),
        ({"flavor": "m1.large"}, "flavor"),
        ({"zone": "zone-b"}, "availabilityZone"),
        ({"key_pair": "operator"}, "keyPair"),
        ({"port": GROUP}, "port"),
        ({"group": None}, "serverGroup"),
        ({"group": PORT}, "serverGroup"),
        ({"user_data": "#cloud-config\n# newer\n"}, "userData"),
    ],
)
def test_what_is_replaced_or_resized_is_named(change, reason):
    assert changed(RECORDED, replace(PLANNED, **change)) == (reason,)


@pytest.mark.parametrize("missing", ["imageName", "flavorName", "networks", "schedulerHints", "userData"])
def test_what_the_state_does_not_say_is_in_doubt(missing):
    assert changed({key: value for key, value in RECORDED.items() if key != missing}, PLANNED)


def test_a_port_more_than_planned_is_in_doubt():
    assert changed({**RECORDED, "networks": [*RECORDED["networks"], {"port": GROUP}]}, PLANNED) == ("port",)


FROM_VOLUME = {
    **RECORDED,
    "imageId": "Attempt to boot from volume - no image supplied",
    "imageName": "",
    "blockDevices": [
        {
            "bootIndex": 0,
            "deleteOnTermination": True,
            "destinationType": "volume",
            "sourceType": "image",
            "uuid": IMAGE,
            "volumeSize": 10,
            "volumeType": "ssd",
        }
    ],
}
VOLUME = replace(PLANNED, image=IMAGE, volume=Volume(10, "ssd"))


def test_a_server_that_boots_from_a_volume_as_planned_stays():
    assert changed(FROM_VOLUME, VOLUME) == ()


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"image": PORT}, ("image",)),
        ({"volume": Volume(20, "ssd")}, ("volume",)),
        ({"volume": Volume(10)}, ("volume",)),
        ({"volume": None}, ("volume", "image")),
    ],
)
def test_another_volume_is_another_server(change, reasons):
    assert changed(FROM_VOLUME, replace(VOLUME, **change)) == reasons


def test_a_volume_instead_of_a_disk_is_another_server():
    assert changed(RECORDED, VOLUME) == ("volume",)
