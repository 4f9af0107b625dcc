"""A pair of LB hosts: in which order what is asked of Pulumi, and what the state has to do with it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from hashlib import sha1
from typing import Any, cast

import pulumi
import pytest

from portico.kinds.openstack_haproxy import component as openstack_haproxy
from portico.kinds.openstack_haproxy.component import OpenStackHAProxy
from portico.kinds.openstack_haproxy.settings import Volume
from portico.kinds.table import find
from portico.lbhost import MAX_HOSTS, payload, userdata
from portico.plan import make as plan
from portico.serving.hosts import Host
from portico.settings.model import HealthCheck, Timeouts
from portico.testing.recorder import UNKNOWN, Recorder, Resource, build
from tests.unit.contract.subjects import ANSWERS, NAMES, ONLINE, settings

NETWORK = "5e0f1c1e-0000-4000-8000-0000000000ee"
INSTANCE = "openstack:compute/instance:Instance"


class Asked:
    """A watch that lets everything pass and remembers what it was asked."""

    touched: list[tuple[str, Host | None, bool]]

    def __init__(
        self, component: object, wait: object, settle: int, stood: Mapping[str, str], late: object
    ) -> None:
        self.stood, self.touched = stood, []

    def missing(self, name: str) -> bool:
        return name not in self.stood or self.stood[name] == "gone"

    async def may_touch(self, name: str, before: Host | None, *, rebuilt: bool) -> str:
        self.touched.append((name, before, rebuilt))
        return ""

    async def all_serve(self, hosts: list[Host], generations: list[str]) -> str:
        return ""


Make = Callable[..., Recorder]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    every: list[Asked] = []

    def watch(*words: Any) -> Asked:
        every.append(Asked(*words))
        return every[-1]

    monkeypatch.setattr(openstack_haproxy, "Watch", watch)
    return every


def make(
    state: Mapping[str, Mapping[str, object]] | None = None,
    preview: bool = False,
    absent: Iterable[str] | None = None,
    **hosts: Any,
) -> Recorder:
    said = settings(find("openstack-haproxy"))
    balancer = said.load_balancer
    assert balancer.hosts
    said = replace(said, load_balancer=replace(balancer, hosts=replace(balancer.hosts, **hosts)))
    told = replace(ONLINE.openstack, absent=None if absent is None else frozenset(absent))
    planned = plan.make(said, replace(ONLINE, openstack=told), NAMES)

    def program() -> Mapping[str, object]:
        made = OpenStackHAProxy("balancer", planned)
        return {"sources": made.source_addresses, "details": made.details, "ready": made.ready}

    return build(program, preview=preview, answers=ANSWERS, state=state)


def stands(*numbers: int, **changes: object) -> dict[str, Mapping[str, object]]:
    """A state in which these hosts were made as they are planned today."""
    return {
        f"urn:pulumi:test::portico::portico:index:OpenStackHAProxy${INSTANCE}::balancer-host-{number}": {
            "type": INSTANCE,
            "outputs": {
                "id": f"old-{number}",
                "name": f"portico-test-host-{number}",
                "imageName": "debian-12",
                "flavorName": "m1.small",
                "keyPair": "",
                "networks": [{"port": f"balancer-host-{number}-id"}],
                "schedulerHints": [{"group": "balancer-hosts-id"}],
                "userData": sha1(userdata.render().encode()).hexdigest(),
                **changes,
            },
        }
        for number in numbers
    }


def host(recorded: Recorder, number: int) -> Any:
    return recorded.one("compute/instance:Instance", f"balancer-host-{number}")


HOST_1, HOST_2 = (f"portico-test-host-{number}" for number in (1, 2))


def test_at_first_the_second_host_waits_for_the_first_and_nobody_else_is_asked(watched):
    recorded = make()
    assert host(recorded, 1).urn in recorded.after(host(recorded, 2))
    assert watched[0].touched == [(HOST_2, Host(HOST_1, "balancer-host-1-id"), False)]


def test_hosts_that_stand_as_planned_are_not_rebuilt(watched):
    make(stands(1, 2))
    assert watched[0].stood == {HOST_1: "old-1", HOST_2: "old-2"}
    assert watched[0].touched == [
        (HOST_1, None, False),
        (HOST_2, Host(HOST_1, "balancer-host-1-id"), False),
    ]


@pytest.mark.parametrize("change", [{"key_pair": "operator"}, {"image": "debian-13"}, {"flavor": "m1.large"}])
def test_a_change_that_rebuilds_hosts_is_known_before_they_are_touched(watched, change):
    make(stands(1, 2), **change)
    assert [rebuilt for _, _, rebuilt in watched[0].touched] == [True, True]


def test_another_release_rebuilds_hosts(watched):
    make(stands(1, 2, userData="0" * 40))
    assert [rebuilt for _, _, rebuilt in watched[0].touched] == [True, True]


@pytest.mark.parametrize(
    "state", [stands(1), {**stands(2, id="gone"), **stands(1)}], ids=["of the state", "of the cloud"]
)
def test_a_host_that_is_missing_comes_before_one_that_stands(watched, state):
    """Whoever deleted a dead host gets another before the living one is rebuilt."""
    recorded = make(state, key_pair="operator")
    assert host(recorded, 2).urn in recorded.after(host(recorded, 1))
    assert watched[0].touched[-1] == (HOST_1, Host(HOST_2, "balancer-host-2-id"), True)


def test_nothing_is_registered_before_its_gate_is_open(watched, monkeypatch):
    async def closed(*_: object, **__: object) -> str:
        raise pulumi.RunError("host-1 was not touched")

    monkeypatch.setattr(Asked, "may_touch", closed)
    with pytest.raises(Exception, match="host-1 was not touched"):
        make(stands(1, 2), key_pair="operator")


@pytest.mark.parametrize(("few", "many"), [(1, 2), (2, 3), (1, MAX_HOSTS)])
def test_another_count_makes_or_removes_servers_and_changes_nothing_else(watched, few, many):
    fewer, more = make(count=few), make(count=many)
    before = {each.urn: each.inputs for each in fewer.registered}
    after = {each.urn: each.inputs for each in more.registered}
    assert len(after.keys() - before.keys()) == many - few
    assert all("compute/instance:Instance::" in urn for urn in after.keys() - before.keys())
    components = {each.urn for each in fewer.registered if not each.custom}
    assert {urn for urn in before if before[urn] != after[urn]} <= components


@pytest.mark.parametrize("count", [1, 2, MAX_HOSTS])
def test_what_may_be_believed_is_every_address_that_a_host_may_ever_have(watched, count):
    face = make(count=count).result
    assert len(face["sources"]) == MAX_HOSTS
    assert len(face["details"]["hosts"]) == count
    assert len(face["details"]["generations"]) == count
    assert [f"{address}/32" for address in face["details"]["hostAddresses"]] == face["sources"][:count]


def test_every_host_hears_every_other_that_there_may_be_so_that_nobody_misses_a_leaving_master(watched):
    recorded = make(count=1)
    addresses = [source.removesuffix("/32") for source in recorded.result["sources"]]
    file = payload.unpack(host(recorded, 1).inputs["metadata"])["keepalived.conf"]
    peers = file[file.index("unicast_peer {") : file.index("}", file.index("unicast_peer"))]
    assert peers.split()[2:] == addresses[1:]


IMAGE_ID = "5e0f1c1e-0000-4000-8000-00000000000a"


def test_without_a_volume_a_server_is_told_of_none(watched):
    inputs = host(make(), 1).inputs
    assert inputs["imageName"] == "debian-12"
    assert "blockDevices" not in inputs


def test_a_host_boots_from_a_volume_that_goes_with_it_and_the_image_stands_there_alone(watched):
    inputs = host(make(volume=Volume(10, "ssd"), image=IMAGE_ID), 2).inputs
    assert inputs["blockDevices"] == [
        {
            "bootIndex": 0,
            "deleteOnTermination": True,
            "destinationType": "volume",
            "sourceType": "image",
            "uuid": IMAGE_ID,
            "volumeSize": 10,
            "volumeType": "ssd",
        }
    ]
    assert not {"imageId", "imageName"} & set(inputs)


def test_a_preview_that_does_not_know_the_images_id_does_not_know_the_volumes(watched):
    inputs = host(make(volume=Volume(10), preview=True), 1).inputs
    assert inputs["blockDevices"][0]["uuid"] == UNKNOWN


@pytest.mark.parametrize(("size", "rebuilt"), [(10, False), (20, True)])
def test_a_volume_that_changes_rebuilds_hosts(watched, size, rebuilt):
    block = {"uuid": IMAGE_ID, "volumeSize": 10, "volumeType": ""}
    make(stands(1, 2, imageName="", blockDevices=[block]), volume=Volume(size), image=IMAGE_ID)
    assert [each for _, _, each in watched[0].touched] == [rebuilt, rebuilt]


def test_the_hosts_are_told_how_to_ask_to_choose_and_to_let_go() -> None:
    said = settings(find("openstack-haproxy"))
    assert said.load_balancer.hosts
    told = replace(
        said.load_balancer,
        timeouts=Timeouts(connect_milliseconds=900),
        health_check=HealthCheck(interval=3, down=4),
        balance="leastconn",
        hosts=replace(said.load_balancer.hosts, drain_seconds=600, drain_changes=8),
    )
    planned = plan.make(replace(said, load_balancer=told), ONLINE, NAMES)
    recorded = build(lambda: OpenStackHAProxy("balancer", planned), answers=ANSWERS)
    text = payload.unpack(host(recorded, 1).inputs["metadata"])["haproxy.cfg"]
    for line in (
        "balance leastconn",
        "timeout connect 900ms",
        "check inter 3s fall 4 rise 1",
        "hard-stop-after 600s",
        "mworker-max-reloads 8",
    ):
        assert f"{line}\n" in text
    assert planned.reasons()["balance"] == "loadBalancer.balance is leastconn"


@pytest.mark.parametrize(
    "listed",
    [
        ["2001:db8::50", "10.20.7.7"],
        ["10.20.7.7", "2001:db8::50"],
        ["10.20.7.7", "192.168.0.1"],
        ["192.168.0.1", "fd00::1", "10.20.7.7"],
    ],
    ids=", ".join,
)
def test_a_port_is_meant_by_its_address_in_the_subnet_whatever_comes_first(
    monkeypatch: pytest.MonkeyPatch, watched: list[Asked], listed: list[str]
) -> None:
    usual = ANSWERS["openstack:networking/port:Port"]
    assert callable(usual)

    def answer(port: Resource) -> Mapping[str, object]:
        return {"allFixedIps": listed} if port.name == "balancer-vip" else usual(port)

    monkeypatch.setitem(cast("dict[str, object]", ANSWERS), "openstack:networking/port:Port", answer)
    recorded = make()
    assert recorded.result["details"]["vip"] == "10.20.7.7"
    pairs = {
        port.inputs["allowedAddressPairs"][0]["ipAddress"]
        for port in recorded.of("Port")
        if port.name != "balancer-vip"
    }
    assert pairs == {"10.20.7.7"}


def test_the_hosts_are_told_their_hour_and_those_that_were_not_are_rebuilt_for_it(watched):
    recorded = make(stands(1, 2), patching="in-turn")
    told = [host(recorded, number).inputs["userData"] for number in (1, 2)]
    assert told == [userdata.render(patch_hour=hour) for hour in (2, 3)]
    assert [rebuilt for _, _, rebuilt in watched[0].touched] == [True, True]


@pytest.mark.parametrize(
    "untold",
    [{"subnet": None}, {"network_id": None}, {"external_network": None}, {"node_security_group_id": None}],
    ids=lambda untold: next(iter(untold)),
)
def test_what_stayed_unknown_ends_an_up_before_the_engine_drops_it(
    watched: list[Asked], untold: dict[str, object]
) -> None:
    """Without the gateway the hosts would stay without their files, and `up` would end green."""
    assert ONLINE.openstack
    said = settings(find("openstack-haproxy"))
    assert said.nodes
    assert said.load_balancer.openstack
    where = replace(said.load_balancer.openstack, external_network=NETWORK)
    said = replace(
        said,
        nodes=replace(said.nodes, security_group="k8s-workers"),
        load_balancer=replace(said.load_balancer, openstack=where),
    )
    can = replace(ONLINE, openstack=replace(ONLINE.openstack, **untold))  # type: ignore[arg-type]
    planned = plan.make(said, can, NAMES)
    build(lambda: OpenStackHAProxy("balancer", planned) and None, preview=True, answers=ANSWERS)
    with pytest.raises(pulumi.RunError, match="what only a look-up can tell"):
        build(lambda: OpenStackHAProxy("balancer", planned) and None, answers=ANSWERS)


def test_a_preview_tells_what_changes_in_the_hosts_files_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda text, *_: said.append(text))
    before = make(max_connections=1000)
    kept = {number: host(before, number).inputs["metadata"] for number in (1, 2)}
    state = {**stands(1, metadata=kept[1]), **stands(2, metadata=kept[2])}
    # As the engine previews a stack that stands: what ports have is known.
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    make(state, max_connections=1000)
    assert said == []
    make(state, max_connections=2000)
    (text,) = said
    assert text.startswith("portico-test-host-1 will serve other files:\n--- haproxy.cfg now")
    assert "-    maxconn 1000\n" in text
    assert "+    maxconn 2000\n" in text


LOST = {"imageName": "Image not found"}
SHRUNK = {"flavorName": "", "flavorId": ""}


def ignored(recorded: Recorder, number: int) -> list[str]:
    return list(host(recorded, number).request.ignoreChanges)


@pytest.mark.parametrize(
    ("refreshed", "absent", "spared"),
    [
        (LOST, {"image"}, ["imageName"]),
        (SHRUNK, {"flavor"}, ["flavorName", "flavorId"]),
        ({**LOST, **SHRUNK}, {"image", "flavor"}, ["imageName", "flavorName", "flavorId"]),
        (LOST, None, ["imageName"]),
        ({}, {"image", "flavor"}, []),
    ],
    ids=["image", "flavor", "both", "not asked", "no refresh"],
)
def test_a_refresh_that_finds_image_or_flavor_gone_replaces_no_host(watched, refreshed, absent, spared):
    recorded = make(stands(1, 2, **refreshed), absent=absent)
    assert ignored(recorded, 1) == ignored(recorded, 2) == spared
    assert [rebuilt for _, _, rebuilt in watched[0].touched] == [False, False]


@pytest.mark.parametrize("refreshed", [LOST, SHRUNK], ids=["image", "flavor"])
def test_what_is_there_again_under_that_name_replaces_the_hosts_as_the_provider_will(watched, refreshed):
    recorded = make(stands(1, 2, **refreshed), absent=set())
    assert ignored(recorded, 1) == []
    assert [rebuilt for _, _, rebuilt in watched[0].touched] == [True, True]
