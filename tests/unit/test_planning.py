"""Arguments that are known only while the program runs: one shape, the same rules, nothing made too early."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import pulumi
import pulumi_kubernetes
import pulumi_openstack
import pytest
from pulumi.resource import DependencyProviderResource

from portico import planning, preflight
from portico.capabilities import Capabilities
from portico.exposure import Exposure
from portico.later import Later
from portico.names import Names
from portico.settings import Settings
from portico.state import State
from portico.testing.recorder import UNKNOWN, Recorder, build
from tests.unit.contract.subjects import ANSWERS, ONLINE

NETWORK = "5e0f1c1e-0000-4000-8000-000000000001"
PLAIN: Mapping[str, Any] = {
    "nodes": {"from": "addresses", "addresses": ["10.20.0.11", "10.20.0.12"], "securityGroup": "workers"},
    "loadBalancer": {
        "type": "openstack-haproxy",
        "openstack": {"network": NETWORK, "externalNetwork": "public"},
        "hosts": {"image": "debian-12", "flavor": "m1.small"},
    },
    "wait": {"rolling": False, "hosts": False, "address": False},
}
MINE = "urn:pulumi:stack::project::pulumi:providers:openstack::mine"
"""The URN of a provider."""
Asking = list[Settings]


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> Asking:
    """A cloud that finds what is known and nothing else; everything that it was asked."""
    every: Asking = []

    def answer(said: Settings, names: Names, state: State, asked: object = None) -> Capabilities:
        every.append(said)
        where = said.load_balancer.openstack
        blind = where is not None and isinstance(where.network, Later)
        assert ONLINE.openstack
        return replace(
            ONLINE,
            openstack=replace(ONLINE.openstack, network_id=None, subnet=None) if blind else ONLINE.openstack,
        )

    monkeypatch.setattr(preflight, "capabilities", answer)
    return every


def later(value: object) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(value).apply(lambda known: known)


def unknown() -> pulumi.Output[Any]:
    return pulumi.Output.from_input(pulumi.UNKNOWN)


def with_outputs(value: Callable[[object], object] = later) -> Mapping[str, Any]:
    """The same door, each id, name and address an Output."""
    nodes, balancer = PLAIN["nodes"], PLAIN["loadBalancer"]
    return {
        **PLAIN,
        "nodes": {
            **nodes,
            "addresses": [
                {"name": f"node-10-20-0-1{index}", "address": value(f"10.20.0.1{index}")} for index in (1, 2)
            ],
            "securityGroup": value("workers"),
        },
        "loadBalancer": {
            **balancer,
            "openstack": {"network": value(NETWORK), "externalNetwork": value("public")},
            "hosts": {"image": value("debian-12"), "flavor": value("m1.small")},
        },
    }


def listing(addresses: Callable[[], object]) -> Mapping[str, Any]:
    return {**PLAIN, "nodes": {"from": "addresses", "addresses": addresses()}}


def recorded(args: Callable[[], Mapping[str, Any]], preview: bool = False) -> Recorder:
    """What is registered for arguments that are made in the program itself, as an Output is."""
    return build(lambda: Exposure("portico", args()).address, preview=preview, answers=ANSWERS)


def test_outputs_make_what_plain_values_make() -> None:
    plain, outputs = recorded(lambda: PLAIN), recorded(with_outputs)
    assert {each.urn: each.inputs for each in outputs.registered} == {
        each.urn: each.inputs for each in plain.registered
    }


FLAVOR = "5e0f1c1e-0000-4000-8000-00000000000f"
VIP: Mapping[str, Any] = {"network": NETWORK, "externalNetwork": "public", "vip": "10.20.0.50"}
SERVICE = {"name": "shop", "port": 8080}
SECURE = [{"name": "shop", "host": "shop.example.org", "service": SERVICE, "tlsSecret": "shop-tls"}]
AWS: Mapping[str, Any] = {
    "vpc": "vpc-0123456789abcdef0",
    "subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "subnetCidrs": ["10.30.1.0/24", "10.30.2.0/24"],
}
DOORS: Mapping[str, tuple[Mapping[str, Any], tuple[str, ...]]] = {
    "the pair": (
        {
            **PLAIN,
            "kubernetes": {"context": "shop"},
            "loadBalancer": {**PLAIN["loadBalancer"], "openstack": VIP},
            "apps": SECURE,
        },
        ("kubernetes.context", "loadBalancer.openstack.vip", "apps.0.service.name", "apps.0.tlsSecret"),
    ),
    "the pair before every address of a subnet": (
        {
            **PLAIN,
            "nodes": {"from": "cidr", "cidr": "10.20.0.48/29"},
            "loadBalancer": {**PLAIN["loadBalancer"], "openstack": VIP},
        },
        ("loadBalancer.openstack.vip",),
    ),
    "Octavia": (
        {
            **PLAIN,
            "loadBalancer": {
                "type": "octavia",
                "octavia": {"flavor": FLAVOR, "trustNodes": True},
                "openstack": VIP,
            },
        },
        ("loadBalancer.octavia.flavor", "loadBalancer.openstack.vip"),
    ),
    "AWS": (
        {
            **PLAIN,
            "nodes": {**PLAIN["nodes"], "securityGroup": "sg-0123456789abcdef0"},
            "loadBalancer": {"type": "aws-nlb", "aws": AWS},
        },
        (
            "nodes.securityGroup",
            "loadBalancer.aws.vpc",
            "loadBalancer.aws.subnets.0",
            "loadBalancer.aws.subnets.1",
            "loadBalancer.aws.subnetCidrs.0",
            "loadBalancer.aws.subnetCidrs.1",
        ),
    ),
    "AWS with a group that scales": (
        {
            "loadBalancer": {"type": "aws-nlb", "aws": {**AWS, "autoScalingGroup": "workers"}},
            "wait": PLAIN["wait"],
        },
        ("loadBalancer.aws.autoScalingGroup",),
    ),
}
"""Doors, and what of each may be an Output."""
EVERY = pytest.mark.parametrize(("settings", "paths"), DOORS.values(), ids=DOORS)


def changed(settings: Any, path: str, value: Callable[[object], object]) -> Any:
    """The same settings with what `value` makes of the one at a path."""
    step, _, rest = path.partition(".")

    def inner(old: object) -> object:
        return changed(old, rest, value) if rest else value(old)

    if isinstance(settings, list):
        return [inner(old) if index == int(step) else old for index, old in enumerate(settings)]
    return {**settings, step: inner(settings[step])}


def some_outputs(
    settings: Mapping[str, Any], paths: tuple[str, ...], value: Callable[[object], object] = later
) -> Mapping[str, Any]:
    for path in paths:
        settings = changed(settings, path, value)
    return settings


@EVERY
def test_ids_of_every_kind_may_be_outputs(settings: Mapping[str, Any], paths: tuple[str, ...]) -> None:
    plain = recorded(lambda: settings)
    outputs = recorded(lambda: some_outputs(settings, paths))
    assert {each.urn: each.inputs for each in outputs.registered} == {
        each.urn: each.inputs for each in plain.registered
    }


@EVERY
def test_a_preview_without_ids_has_the_same_shape(
    settings: Mapping[str, Any], paths: tuple[str, ...]
) -> None:
    plain = recorded(lambda: settings, preview=True)
    outputs = recorded(lambda: some_outputs(settings, paths, lambda _: unknown()), preview=True)
    assert {each.urn for each in outputs.registered} == {each.urn for each in plain.registered}
    told = {each.urn: each.inputs for each in plain.registered}
    changes = [each for each in outputs.registered if each.inputs != told[each.urn]]
    assert changes
    assert all(UNKNOWN in leaves(each.inputs) for each in changes)


def leaves(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    return [leaf for inner in value for leaf in leaves(inner)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("door", "path", "value", "mistake"),
    [
        (
            "the pair",
            "loadBalancer.openstack.vip",
            "10.20.0.999",
            "vip = '10.20.0.999': must be an",
        ),
        ("the pair", "loadBalancer.openstack.vip", "10.20.0.11", "must not be a node's address"),
        ("the pair", "apps.0.service.name", "Shop", "apps[0].service.name = 'Shop': must be"),
        ("the pair", "apps.0.tlsSecret", "Shop", "apps[0].tlsSecret = 'Shop': must be"),
        ("Octavia", "loadBalancer.octavia.flavor", "gold", "octavia.flavor = 'gold': must be an id"),
        ("AWS", "loadBalancer.aws.vpc", "vpc", "aws.vpc = 'vpc': must be"),
        ("AWS", "loadBalancer.aws.subnets.1", "subnet-0123456789abcdef0", "must not be the same as"),
        ("AWS", "loadBalancer.aws.subnetCidrs.0", "10.20.0.0/24", "aws.trustNodes"),
    ],
)
def test_a_wrong_id_is_refused_when_it_is_known(door: str, path: str, value: str, mistake: str) -> None:
    settings, _ = DOORS[door]
    with pytest.raises(pulumi.RunError) as refused:
        recorded(lambda: some_outputs(settings, (path,), lambda _: later(value)))
    assert mistake in str(refused.value)


def test_a_preview_shows_the_whole_shape_of_what_is_not_known_yet() -> None:
    plain, outputs = (
        recorded(lambda: PLAIN),
        recorded(lambda: with_outputs(lambda _: unknown()), preview=True),
    )
    assert {each.urn for each in outputs.registered} == {each.urn for each in plain.registered}
    assert outputs.one("Port", "portico-lb-vip").inputs["networkId"] is UNKNOWN
    assert outputs.one("Instance", "portico-lb-host-1").inputs["imageName"] is UNKNOWN


def test_addresses_alone_may_be_outputs_and_are_numbered_where_nothing_names_them(asked: Asking) -> None:
    recorded(lambda: listing(lambda: [later("10.20.0.11"), later("10.20.0.12")]))
    early, late = asked
    assert early.nodes
    assert late.nodes
    assert [node.name for node in early.nodes.addresses] == ["node-1", "node-2"]
    assert [str(node.address) for node in late.nodes.addresses] == ["10.20.0.11", "10.20.0.12"]


@pytest.mark.parametrize(
    ("addresses", "mistake"),
    [
        (
            ["10.20.0.999"],
            "portico:nodes.addresses[0] = '10.20.0.999': must be an IPv4 address, such as 192.0.2.7",
        ),
        (
            ["10.20.0.1", "10.20.0.1"],
            "portico:nodes.addresses[1] = '10.20.0.1': must not be the same as portico:nodes.addresses[0]",
        ),
    ],
)
def test_a_wrong_value_is_refused_by_the_same_sentence_and_nothing_is_made(
    addresses: list[str], mistake: str
) -> None:
    made: list[Recorder] = []

    def program() -> object:
        made.append(cast(Recorder, pulumi.runtime.settings.get_monitor()))
        return Exposure("portico", listing(lambda: [later(address) for address in addresses])).address

    with pytest.raises(pulumi.RunError) as refused:
        build(program, answers=ANSWERS)
    assert mistake in str(refused.value)
    custom = [resource.type for resource in made[0].registered if resource.custom]
    assert [token for token in custom if not token.startswith("pulumi:providers:")] == []


def test_what_decides_the_shape_has_to_be_known_and_is_one_mistake() -> None:
    with pytest.raises(pulumi.RunError) as refused:
        recorded(lambda: listing(lambda: later(["10.20.0.11"])))
    assert str(refused.value).splitlines()[1:] == [
        "  portico:nodes.addresses = an Output: must be known before anything is built, for it decides what; "
        "give a plain value"
    ]


@pytest.mark.parametrize("said", [5, later], ids=["a number", "an Output"])
def test_the_cluster_as_no_mapping_is_one_sentence(said: object) -> None:
    with pytest.raises(pulumi.RunError, match=r"portico:kubernetes = .*: must be"):
        recorded(lambda: {**PLAIN, "kubernetes": said({}) if callable(said) else said})


def test_a_given_provider_of_a_platform_that_is_not_asked_is_not_waited_for(asked: Asking) -> None:
    settings = {
        "loadBalancer": {"type": "metallb", "metallb": {"addresses": ["192.0.2.10/32"]}},
        "wait": {"rolling": False, "hosts": False, "address": False},
    }

    def program() -> object:
        mine = pulumi_openstack.Provider("mine", cloud="other")
        Exposure("portico", settings, pulumi.ResourceOptions(providers=[mine]))  # type: ignore[arg-type]
        return None

    build(program, preview=False, answers=ANSWERS)
    assert len(asked) == 1


def test_providers_that_the_program_gives_are_used_and_none_is_made_beside_them() -> None:
    def program() -> object:
        mine = pulumi_openstack.Provider("mine", cloud="other")
        cluster = pulumi_kubernetes.Provider("cluster", kubeconfig="{}")
        return Exposure("portico", PLAIN, pulumi.ResourceOptions(providers=[mine, cluster])).address

    made = build(program, preview=True, answers=ANSWERS)
    assert sorted(each.name for each in made.registered if each.type.startswith("pulumi:providers:")) == [
        "cluster",
        "mine",
    ]
    assert "::mine::" in made.one("Port", "portico-lb-vip").request.provider
    assert "::cluster::" in made.one("v1:Namespace").request.provider


def test_through_a_given_provider_its_own_cloud_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    every: list[str | None] = []

    def answer(said: Settings, names: Names, state: State, asked: preflight.Asked) -> Capabilities:
        every.append(None if asked.cloud_later else asked.asker().named)
        return ONLINE

    def program() -> object:
        mine = pulumi_openstack.Provider("mine", auth_url="https://mine.invalid/v3", password="hidden")
        return Exposure("portico", PLAIN, pulumi.ResourceOptions(providers=[mine])).address

    monkeypatch.setattr(preflight, "capabilities", answer)
    monkeypatch.setattr(planning, "connect", lambda _: None)
    build(program, preview=False, config={"openstack:cloud": "mycloud"}, answers=ANSWERS)
    assert every == [None, "https://mine.invalid/v3"]


def test_through_a_provider_that_another_language_gives_its_own_cloud_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    every: list[str | None] = []

    def answer(said: Settings, names: Names, state: State, asked: preflight.Asked) -> Capabilities:
        every.append(None if asked.cloud_later else asked.asker().named)
        return ONLINE

    async def told(token: str, args: Mapping[str, str]) -> Mapping[str, object]:
        assert (token, args) == ("pulumi:pulumi:getResource", {"urn": MINE})
        state = {"authUrl": "https://mine.invalid/v3", "password": "hidden", "version": "5.5.3"}
        return {"urn": MINE, "state": {**state, "region": pulumi.UNKNOWN}}

    def program() -> object:
        mine = DependencyProviderResource(f"{MINE}::7")
        return Exposure("portico", PLAIN, pulumi.ResourceOptions(providers=[mine])).address

    monkeypatch.setattr(preflight, "capabilities", answer)
    monkeypatch.setattr(planning, "connect", lambda _: None)
    monkeypatch.setattr(pulumi.runtime, "invoke_async", told)
    build(program, preview=False, config={"openstack:cloud": "mycloud"}, answers=ANSWERS)
    assert every == [None, "https://mine.invalid/v3"]


def test_the_content_of_a_kubeconfig_is_a_secret_and_a_path_stays_as_it_was_written() -> None:
    def kubeconfig(said: Callable[[], object]) -> object:
        made = recorded(lambda: {**PLAIN, "kubernetes": {"kubeconfig": said()}}, preview=True)
        return made.one("pulumi:providers:kubernetes").inputs["kubeconfig"]

    assert kubeconfig(lambda: "~/.kube/config") == "~/.kube/config"
    assert getattr(kubeconfig(lambda: later("clusters: []\n")), "value", None) == "clusters: []\n"
    assert getattr(kubeconfig(lambda: {"clusters": []}), "value", None) == '{"clusters": []}'


def test_a_warning_is_told_once_though_the_plan_is_made_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    told = "portico:nodes.from = 'openstack': the server w2 (5e0f) is left out"
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: warnings.append(text))
    monkeypatch.setattr(preflight, "capabilities", lambda *_: replace(ONLINE, warnings=(told,)))
    build(lambda: Exposure("portico", with_outputs()) and None, answers=ANSWERS)
    assert warnings == [told]


def two_doors(*addresses: Callable[[], object]) -> Callable[[], object]:
    """A program of two exposures with these floating IPs, told apart in everything else."""

    def program() -> object:
        for name, port, address in zip(("shop", "api"), (31080, 32080), addresses, strict=True):
            ingress = {
                "namespace": name,
                "ingressClass": name,
                "nodePorts": {"http": port, "https": port + 1},
                "healthPort": port + 2,
            }
            balancer = PLAIN["loadBalancer"]
            where = {**balancer["openstack"], "externalNetwork": None, "floatingIp": address()}
            door = {**PLAIN, "ingress": ingress, "loadBalancer": {**balancer, "openstack": where}}
            Exposure(name, cast("Any", door))
        return None

    return program


SEVEN, EIGHT = "203.0.113.7", "203.0.113.8"


def test_one_output_for_two_doors_is_refused_at_once() -> None:
    made: list[object] = []

    def address() -> object:
        made.append(made[0] if made else later(SEVEN))
        return made[0]

    with pytest.raises(pulumi.RunError, match="the Exposure 'shop' of this program has it"):
        build(two_doors(address, address), preview=True)


@pytest.mark.parametrize("second", [lambda: SEVEN, lambda: later(SEVEN)], ids=["plain", "an Output"])
def test_outputs_that_turn_out_to_be_one_address_are_refused_when_they_are_known(
    second: Callable[[], object],
) -> None:
    with pytest.raises(pulumi.RunError, match="the Exposure 'shop' of this program has it"):
        build(two_doors(lambda: later(SEVEN), second), preview=False)


@pytest.mark.parametrize("preview", [True, False])
def test_outputs_that_are_two_addresses_make_two_doors(preview: bool) -> None:
    made = build(two_doors(lambda: later(SEVEN), lambda: EIGHT), preview=preview, answers=ANSWERS)
    assert len(made.of("portico:index:OpenStackHAProxy")) == 2


def test_an_address_that_a_preview_never_learns_leaves_the_others_plan_known() -> None:
    made = build(two_doors(unknown, lambda: EIGHT), preview=True)
    assert len(made.of("portico:index:OpenStackHAProxy")) == 2
