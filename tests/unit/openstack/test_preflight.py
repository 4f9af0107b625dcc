"""What is known before anything is made, with a cloud, without one, and with a cloud that is misspelt."""

import os
import sys
from dataclasses import replace
from typing import cast

import pulumi
import pytest
from openstack.config import loader

from portico import connections, preflight
from portico.exposure import Exposure
from portico.later import Later
from portico.names import Names
from portico.openstack import cloud
from portico.openstack.credentials import credentials
from portico.problems import Refused
from portico.settings import parse
from portico.state import State
from portico.testing.recorder import UNKNOWN, build
from tests.unit.openstack.fake_cloud import FakeCloud

IDS = {
    what: f"5e0f1c1e-0000-4000-8000-00000000000{digit}"
    for digit, what in enumerate(("network", "subnet", "group", "address"))
}
SETTINGS = {
    "nodes": {"from": "addresses", "addresses": ["10.20.0.11"], "securityGroup": "k8s-workers"},
    "loadBalancer": {
        "type": "openstack-haproxy",
        "openstack": {"network": "k8s", "externalNetwork": "public"},
        "hosts": {"image": "debian-12", "flavor": "m1.small"},
    },
}
EXPOSURE = "urn:pulumi:test::portico::portico:index:Exposure::portico"
LOOKED_UP = {
    "network": {"said": '["mycloud", "k8s"]', "id": IDS["network"]},
    "subnet": {
        "said": '["mycloud", "k8s", null]',
        "id": IDS["subnet"],
        "cidr": "10.20.0.0/24",
        "gateway": "10.20.0.1",
    },
    "nodeSecurityGroup": {"said": '["mycloud", "k8s-workers"]', "id": IDS["group"]},
}
STOOD = {EXPOSURE: {"type": "portico:index:Exposure", "outputs": {"lookedUp": LOOKED_UP}}}


@pytest.fixture(autouse=True)
def clouds_yaml(monkeypatch, tmp_path):
    """The only clouds.yaml there could be; it is not there."""
    for name in os.environ:
        if name.startswith("OS_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(loader, "CONFIG_FILES", [str(tmp_path / "clouds.yaml")])
    connections.cloud.cache_clear()
    yield tmp_path / "clouds.yaml"
    connections.cloud.cache_clear()


def built(network="k8s", cloud="mycloud", preview=True, state=STOOD):
    balancer = SETTINGS["loadBalancer"]
    where = {**balancer["openstack"], "network": network}
    said = {**SETTINGS, "loadBalancer": {**balancer, "openstack": where}}
    return build(
        lambda: Exposure("portico", said) and None,
        preview=preview,
        config={"openstack:cloud": cloud},
        state=state,
    )


def ports(recorded):
    return {port.inputs["networkId"] for port in recorded.of("Port")}


def test_an_offline_preview_takes_what_the_last_up_found():
    recorded = built()
    assert ports(recorded) == {IDS["network"]}
    assert {port.inputs["fixedIps"][0]["subnetId"] for port in recorded.of("Port")} == {IDS["subnet"]}
    groups = {rule.inputs["securityGroupId"] for rule in recorded.of("SecGroupRule")}
    assert IDS["group"] in groups


def test_an_offline_preview_of_another_network_knows_nothing_of_it():
    assert ports(built(network="k9s")) == {UNKNOWN}


def test_an_offline_preview_of_a_stack_that_never_stood_knows_nothing():
    assert ports(built(state={})) == {UNKNOWN}


def test_what_is_recalled_is_what_the_program_would_keep_again():
    recorded = built()
    assert recorded.outputs(recorded.one("Exposure"))["lookedUp"] == LOOKED_UP


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
def test_a_misspelt_cloud_is_a_mistake_and_nothing_is_registered(clouds_yaml, preview):
    clouds_yaml.write_text("clouds: {mycloud: {auth: {auth_url: https://cloud.invalid}}}")
    with pytest.raises(pulumi.RunError, match=r"openstack:cloud = 'mycluod': .*did you mean 'mycloud'"):
        built(cloud="mycluod", preview=preview)


@pytest.mark.parametrize("entry", ["{auth_type: nonsense}", "{auth: {auth_url: http://[::1, username: u}}"])
def test_a_cloud_of_which_no_client_can_be_made_is_one_sentence(clouds_yaml, entry):
    clouds_yaml.write_text(f"clouds: {{mycloud: {entry}}}")
    with pytest.raises(
        pulumi.RunError, match=r"^the OpenStack cloud could not be asked\n  openstack:cloud = "
    ):
        built()


def test_a_password_that_is_missing_is_one_sentence(clouds_yaml):
    clouds_yaml.write_text(
        "clouds: {mycloud: {auth: {auth_url: 'http://127.0.0.1:1/v3', username: u, project_name: p}}}"
    )
    with pytest.raises(pulumi.RunError, match=r"openstack:cloud = 'mycloud': password is a required"):
        built()


class Silent:
    """A cloud that does not answer."""

    @property
    def current_project_id(self):
        raise ConnectionError("nobody is there")


def test_a_refusal_names_the_cloud_that_was_asked_and_no_password():
    asker = credentials(
        {"authUrl": "https://mine.invalid/v3", "password": "hidden"}, {"OS_REGION_NAME": "Two"}
    )
    asked = preflight.Asked(lambda: asker, lambda: cast("cloud.Cloud", Silent()))
    with pytest.raises(
        Refused, match=r"openstack:authUrl = 'https://mine.invalid/v3': nobody is there"
    ) as refused:
        preflight.cloud_capabilities(parse(SETTINGS, ""), Names("portico-prod"), State(()), asked)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("later", [True, False])
def test_a_network_that_the_program_makes_is_not_asked_for_its_router(later):
    unjoined = FakeCloud()
    unjoined.network.all_ports = []
    asked = preflight.Asked(cloud=lambda: cast("cloud.Cloud", unjoined), network_later=later)
    names = Names("portico-prod")
    answers = preflight.cloud_capabilities(parse(SETTINGS, ""), names, State(()), asked).openstack
    assert answers.routers == (None if later else ())


@pytest.mark.parametrize(
    ("changes", "later"),
    [({}, False), ({"network": Later(None)}, True), ({"subnet": Later(None)}, True)],
    ids=["plain", "network", "subnet"],
)
def test_a_network_is_made_by_the_program_where_it_or_its_subnet_is_an_output(changes, later):
    said = parse(SETTINGS, "")
    where = replace(said.load_balancer.openstack, **changes)
    said = replace(said, load_balancer=replace(said.load_balancer, openstack=where))
    assert preflight.network_later(said) == later


def test_without_openstacksdk_a_preview_that_names_no_cloud_goes_on(monkeypatch):
    monkeypatch.setitem(sys.modules, "openstack.config.loader", None)
    monkeypatch.setitem(sys.modules, "openstack", None)
    assert cloud.connect(cloud.located(credentials({}, {}))) is None


def test_an_up_without_credentials_is_refused():
    with pytest.raises(pulumi.RunError, match="no OpenStack credentials"):
        built(preview=False)


def test_without_openstacksdk_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setenv("OS_AUTH_URL", "https://cloud.example.org/v3")
    monkeypatch.setitem(sys.modules, "openstack", None)
    with pytest.raises(Refused) as refused:
        cloud.connect(credentials({}, os.environ))
    assert len(refused.value.problems) == 1
    assert 'pip install "./components[openstack]"' in str(refused.value)
