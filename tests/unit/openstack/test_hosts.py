"""What a cloud is asked for LB hosts: what Nova and Cinder would refuse in mid-`up` is refused before, and
what only a host needs that is to be made does not stop an `up` that makes none."""

from dataclasses import replace
from hashlib import sha1
from types import SimpleNamespace as Thing

import pytest
from openstack import exceptions

from portico.kinds.openstack_haproxy.settings import Volume
from portico.lbhost import userdata
from portico.names import Names
from portico.openstack.answers import Own, Quota
from portico.openstack.ask import ask
from portico.plan.make import make
from portico.problems import Refused
from tests.unit.openstack.fake_cloud import NETWORK_ID, FakeCloud, image
from tests.unit.plan.worlds import PAIR

NAMES = Names("portico-test")
GIB = 1024**3
IMAGE_ID = "5e0f1c1e-0000-4000-8000-00000000000a"
TEN = Volume(10)


def hosts(**changes):
    changed = replace(PAIR.load_balancer.hosts, **changes)
    return replace(PAIR, load_balancer=replace(PAIR.load_balancer, hosts=changed))


def said(problems):
    return [str(problem).removeprefix("portico:loadBalancer.hosts.") for problem in problems]


def refused(cloud, own=None, **changes):
    """What is wrong, one sentence each; and there is no warning."""
    answers = ask(hosts(**changes), NAMES, cloud, own or Own())
    assert answers.warnings == ()
    return said(answers.problems)


def with_image(**changes):
    cloud = FakeCloud()
    cloud.image.all_images = [image("deb", **changes)]
    return cloud


def with_flavor(**changes):
    cloud = FakeCloud()
    cloud.compute.flavors = [Thing(**{**vars(cloud.compute.flavors[0]), **changes})]
    return cloud


@pytest.mark.parametrize("status", ["queued", "saving", "importing", "killed", "pending_delete"])
def test_an_image_that_is_not_active_is_refused_with_its_status(status):
    assert refused(with_image(status=status)) == [
        f"image = 'debian-12': cannot be booted, for its status is {status}; "
        "wait until it is active, or name another image"
    ]


def test_a_deactivated_image_is_refused():
    (sentence,) = refused(with_image(status="deactivated"))
    assert sentence.startswith("image = 'debian-12': is deactivated, and cannot be booted; name another")


def test_a_hidden_image_is_found_by_its_id_alone():
    cloud = with_image(is_hidden=True)
    (sentence,) = refused(cloud)
    assert sentence.startswith("image = 'debian-12': is hidden")
    assert sentence.endswith("or the id deb")
    assert refused(cloud, image="deb") == []


def test_two_images_of_one_name_are_said():
    cloud = FakeCloud()
    cloud.image.all_images.append(image("newer"))
    assert refused(cloud) == [
        "image = 'debian-12': several images have this name: deb, newer; give the id instead"
    ]


def test_memory_that_the_image_wants_and_the_flavor_has_not_is_refused():
    assert refused(with_image(min_ram=1024)) == [
        "flavor = 'm1.small': has 512 MiB of memory, and the image debian-12 wants 1024; "
        "name a flavor with more memory"
    ]
    assert refused(with_image(min_ram=512)) == []


@pytest.mark.parametrize("wants", [{"min_disk": 11}, {"size": 10 * GIB + 1}], ids=["min_disk", "size"])
def test_a_disk_that_the_image_does_not_fit_on_is_refused(wants):
    assert refused(with_image(**wants)) == [
        "flavor = 'm1.small': has a disk of 10 GiB, and the image debian-12 wants 11; "
        "name a flavor with a larger disk, or set hosts.volume"
    ]
    assert refused(with_image(min_disk=10, size=10 * GIB)) == []


def test_a_flavor_without_a_disk_asks_for_a_volume():
    cloud = with_flavor(disk=0)
    (sentence,) = refused(cloud)
    assert sentence.startswith("flavor = 'm1.small': has no disk")
    assert "set hosts.volume, as in `volume: {size: 10}`" in sentence
    assert refused(cloud, volume=TEN) == []


def test_what_is_wrong_with_the_hosts_comes_at_once():
    cloud = with_flavor(disk=0)
    cloud.image.all_images = [image("deb", status="deactivated", min_ram=1024)]
    assert len(refused(cloud, key_pair="nobody", availability_zones=("mars",))) == 5


@pytest.mark.parametrize(
    ("zones", "rule"),
    [(("mars",), "there is no such availability zone"), (("az2",), "is listed as unavailable")],
)
def test_a_zone_that_takes_no_server_is_refused_with_those_that_do(zones, rule):
    cloud = FakeCloud()
    cloud.compute.zones = {"az1": True, "az2": False, "az3": True}
    assert refused(cloud, availability_zones=("az1", *zones)) == [
        f"availabilityZones = '{zones[0]}': {rule}; available are az1, az3"
    ]


def test_a_zone_is_said_once_however_often_it_is_written():
    assert len(refused(FakeCloud(), availability_zones=("mars", "nova", "mars"))) == 1


def test_a_cloud_whose_zones_are_all_unavailable_says_so():
    cloud = FakeCloud()
    cloud.compute.zones = {"nova": False}
    (sentence,) = refused(cloud, availability_zones=("nova",))
    assert sentence.endswith("available are none")


def test_a_volume_needs_a_volume_service():
    (sentence,) = refused(FakeCloud(volumes=False), volume=TEN)
    assert sentence.startswith(
        "volume = '{size: 10}': needs a volume service, and this region's catalogue has"
    )
    assert refused(FakeCloud(volumes=False)) == []


@pytest.mark.parametrize(
    "error",
    [exceptions.HttpException("500: broken"), exceptions.HttpException("503: Service Unavailable")],
    ids=["500", "503"],
)
def test_a_volume_service_that_does_not_answer_is_no_region_without_one(error):
    cloud = FakeCloud()
    cloud.block_storage.refuses = error
    (sentence,) = refused(cloud, volume=TEN)
    assert "the volume service does not answer: " in sentence
    assert str(error) in sentence


def test_limits_that_the_cloud_forbids_to_read_are_not_judged():
    cloud = FakeCloud()
    cloud.block_storage.refuses = exceptions.ForbiddenException("403: no role")
    assert refused(cloud, volume=TEN) == []


def test_a_volume_type_that_the_cloud_has_not_is_refused():
    assert refused(FakeCloud(), volume=Volume(10, "ssd")) == []
    (sentence,) = refused(FakeCloud(), volume=Volume(10, "nvme"))
    assert sentence.startswith("volume.type = 'nvme': there is no such volume type")


def test_a_volume_holds_the_image():
    assert refused(with_image(min_disk=11), volume=TEN) == [
        "volume.size = 10: must be 11 GiB at least, as the image debian-12 wants it; "
        "raise it, or name a smaller image"
    ]


def test_volumes_have_quotas_and_an_image_id():
    answers = ask(hosts(volume=TEN), NAMES, FakeCloud(), Own()).openstack
    assert answers.quotas["volumes"] == Quota(10, 3)
    assert answers.quotas["gigabytes"] == Quota(1000, 30)
    assert answers.image_id == "deb"


@pytest.mark.parametrize(
    ("room", "what", "more", "limit", "left"),
    [
        ({"volumes": (4, 3), "gigabytes": (1000, 30)}, "volumes", 2, 4, 1),
        ({"volumes": (-1, 3), "gigabytes": (49, 30)}, "gigabytes", 20, 49, 19),
    ],
)
def test_a_quota_of_volumes_that_is_short_is_refused(room, what, more, limit, left):
    cloud = FakeCloud()
    cloud.block_storage.room = room
    settings = hosts(volume=TEN)
    with pytest.raises(Refused) as caught:
        make(settings, ask(settings, NAMES, cloud, Own()), NAMES)
    (problem,) = caught.value.problems
    assert problem.rule == f"needs {more} more {what}, and the quota of {limit} has room for {left}"
    assert f"openstack quota set --{what} " in problem.remedy


def test_without_a_volume_nobody_asks_cinder():
    cloud = FakeCloud()
    cloud.block_storage = None
    assert ask(PAIR, NAMES, cloud, Own()).problems == ()


def standing(*numbers, **changes):
    """What the state holds of hosts that stand as they are planned."""
    servers = {
        NAMES.of("host", number): {
            "id": f"old-{number}",
            "imageId": IMAGE_ID,
            "imageName": "debian-12",
            "flavorId": "1",
            "flavorName": "m1.small",
            "availabilityZone": "nova",
            "keyPair": "",
            "networks": [{"port": f"port-{number}"}],
            "schedulerHints": [{"group": "group"}],
            "userData": sha1(userdata.render().encode()).hexdigest(),
            **changes,
        }
        for number in numbers
    }
    ports = {f"{name}-port": {"networkId": NETWORK_ID} for name in servers}
    groups = {NAMES.of("hosts"): {"policies": "soft-anti-affinity"}}
    recorded = {"instances": servers, "ports": ports, "server_groups": groups}
    return Own(recorded=recorded, made={"instances": frozenset(servers)})


def rotated_away(cloud):
    cloud.image.all_images = []


def deactivated(cloud):
    cloud.image.all_images[0].status = "deactivated"


def hidden(cloud):
    cloud.image.all_images[0].is_hidden = True


def two_of_one_name(cloud):
    cloud.image.all_images.append(image("newer"))


def flavor_gone(cloud):
    cloud.compute.flavors = []


def disk_gone(cloud):
    cloud.compute.flavors[0].disk = 0


def key_pair_gone(cloud):
    cloud.compute.key_pairs = []


def zone_down(cloud):
    cloud.compute.zones["nova"] = False


def zone_gone(cloud):
    cloud.compute.zones = {"az1": True}


GONE = {
    rotated_away: "image",
    deactivated: "image",
    hidden: "image",
    two_of_one_name: "image",
    flavor_gone: "flavor",
    disk_gone: "flavor",
    key_pair_gone: "keyPair",
    zone_down: "availabilityZones",
    zone_gone: "availabilityZones",
}
SAID = {"key_pair": "ops", "availability_zones": ("nova",)}
"""Settings that name everything that may go away."""


@pytest.mark.parametrize(("gone", "path"), GONE.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_what_no_standing_host_needs_is_a_warning(gone, path):
    cloud = FakeCloud()
    gone(cloud)
    settings, own = hosts(**SAID), standing(1, 2, keyPair="ops")
    answers = ask(settings, NAMES, cloud, own)
    assert answers.problems == ()
    (sentence,) = said(answers.warnings)
    assert sentence.startswith(f"{path} = ")
    assert "the hosts stand, and none is made or rebuilt without it" in sentence
    planned = make(settings, answers, NAMES).load_balancer
    assert (planned.image, planned.flavor, planned.key_pair) == ("debian-12", "m1.small", "ops")


MADE = {
    "at first": (Own(), {}),
    "one is missing": (standing(1, keyPair="ops"), {}),
    "a third": (standing(1, 2, keyPair="ops"), {"count": 3}),
    "another image": (standing(1, 2, keyPair="ops", imageName="debian-11"), {}),
    "renamed, and refreshed": (standing(1, 2, keyPair="ops", imageName="debian-12-old"), {}),
    "another flavor": (standing(1, 2, keyPair="ops", flavorName="m1.large"), {}),
    "another release": (standing(1, 2, keyPair="ops", userData="0" * 40), {}),
    "another key pair": (standing(1, 2), {}),
    "another group": (standing(1, 2, keyPair="ops"), {"anti_affinity": "hard"}),
    "no group": (standing(1, 2, keyPair="ops"), {"anti_affinity": "none"}),
    "a volume": (standing(1, 2, keyPair="ops"), {"volume": TEN}),
}


@pytest.mark.parametrize(("own", "changes"), MADE.values(), ids=MADE)
@pytest.mark.parametrize("gone", [rotated_away, flavor_gone, key_pair_gone, zone_down])
def test_what_a_host_needs_that_is_to_be_made_or_rebuilt_is_refused(gone, own, changes):
    cloud = FakeCloud()
    gone(cloud)
    (sentence,) = refused(cloud, own, **SAID, **changes)
    assert sentence.startswith(f"{GONE[gone]} = ")


@pytest.mark.parametrize(
    ("gone", "refreshed"),
    [(rotated_away, {"imageName": "Image not found"}), (flavor_gone, {"flavorName": "", "flavorId": ""})],
    ids=["image", "flavor"],
)
def test_a_refresh_that_finds_it_gone_makes_no_other_hosts(gone, refreshed):
    """As the provider writes it into the state."""
    cloud = FakeCloud()
    gone(cloud)
    answers = ask(PAIR, NAMES, cloud, standing(1, 2, **refreshed))
    assert answers.problems == ()
    assert len(answers.warnings) == 1
    assert make(PAIR, answers, NAMES).load_balancer.flavor == "m1.small"
    assert refused(FakeCloud(), standing(1, 2, **refreshed)) == []


def test_another_network_makes_other_hosts():
    own = standing(1, 2)
    ports = {name: {"networkId": "another"} for name in own.recorded["ports"]}
    cloud = FakeCloud()
    rotated_away(cloud)
    assert len(refused(cloud, replace(own, recorded={**own.recorded, "ports": ports}))) == 1


def test_a_flavor_that_is_gone_and_was_said_by_its_id_keeps_the_name_that_the_hosts_have():
    cloud = FakeCloud()
    flavor_gone(cloud)
    settings = hosts(flavor="1")
    answers = ask(settings, NAMES, cloud, standing(1, 2))
    assert answers.problems == ()
    assert make(settings, answers, NAMES).load_balancer.flavor == "m1.small"


BLOCK = {"uuid": IMAGE_ID, "volumeSize": 10, "volumeType": "", "sourceType": "image"}


def from_volumes(**changes):
    own = standing(1, 2, imageName="", imageId="", blockDevices=[{**BLOCK, **changes}])
    return replace(own, booted=dict.fromkeys(own.recorded["instances"], IMAGE_ID))


def test_hosts_that_boot_from_volumes_stand_without_their_image():
    cloud = FakeCloud()
    rotated_away(cloud)
    answers = ask(hosts(volume=TEN), NAMES, cloud, from_volumes())
    assert answers.problems == ()
    assert len(answers.warnings) == 1


def test_a_newer_image_of_the_same_name_replaces_no_volume():
    settings = hosts(volume=TEN, count=3)
    planned = make(settings, ask(settings, NAMES, FakeCloud(), from_volumes()), NAMES).load_balancer
    booted = [planned.boots(NAMES.of("host", number)) for number in (1, 2, 3)]
    assert booted == [IMAGE_ID, IMAGE_ID, "deb"]


@pytest.mark.parametrize("volume", [Volume(20), Volume(10, "ssd"), None], ids=["size", "type", "none"])
def test_another_volume_makes_other_hosts(volume):
    cloud = FakeCloud()
    rotated_away(cloud)
    assert len(refused(cloud, from_volumes(), volume=volume)) == 1


@pytest.mark.parametrize(
    ("own", "volume", "volumes", "gigabytes"),
    [
        (Own(), TEN, 2, 20),
        (standing(1, 2), TEN, 2, 20),
        (from_volumes(), TEN, 0, 0),
        (from_volumes(), Volume(25), 0, 30),
        (from_volumes(), Volume(8), 0, 0),
    ],
    ids=["at first", "from disks", "as they are", "larger", "smaller"],
)
def test_volumes_that_are_there_need_no_more_room(own, volume, volumes, gigabytes):
    def fits(more_volumes, more_gigabytes):
        cloud = FakeCloud()
        cloud.block_storage.room = {"volumes": (more_volumes, 0), "gigabytes": (more_gigabytes, 0)}
        settings = hosts(volume=volume)
        try:
            make(settings, ask(settings, NAMES, cloud, own), NAMES)
        except Refused as short:
            return len(short.problems)
        return 0

    assert fits(volumes, gigabytes) == 0
    assert fits(volumes - 1, gigabytes - 1) == (volumes > 0) + (gigabytes > 0)
