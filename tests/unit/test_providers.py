"""The component's own providers are told what the stack's configuration and the settings say, and no more."""

import json

import pulumi
import pulumi_openstack
import pytest

from portico import connections, providers
from portico.settings.model import Kubernetes
from portico.testing.recorder import UNKNOWN, Secret, build

OPENSTACK, KUBERNETES = "pulumi:providers:openstack", "pulumi:providers:kubernetes"
CONTENT = json.dumps({"apiVersion": "v1", "clusters": [], "users": [{"name": "u", "user": {"token": "t"}}]})


@pytest.fixture(autouse=True)
def no_cloud(monkeypatch):
    for name in ("OS_CLOUD", "OS_AUTH_URL", "OS_REGION_NAME"):
        monkeypatch.delenv(name, raising=False)


def inputs(program, type, config=None):
    return build(program, config=config).one(type).inputs


def own(settings=None):
    opts = pulumi.ResourceOptions()
    if settings is None:
        return lambda: providers.openstack("cloud", opts) and None
    return lambda: providers.kubernetes("cluster", settings, opts) and None


def test_what_the_stack_says_of_openstack_reaches_the_provider():
    config = {
        "openstack:authUrl": "https://cloud.invalid/v3",
        "openstack:userName": "shop",
        "openstack:password": "secret",
        "openstack:region": "Two",
        "openstack:insecure": "true",
    }
    told = inputs(own(), OPENSTACK, config)
    assert told["authUrl"] == "https://cloud.invalid/v3"
    assert (told["userName"], told["region"], told["insecure"]) == ("shop", "Two", "true")


def test_without_credentials_the_provider_is_told_of_nowhere():
    assert inputs(own(), OPENSTACK)["authUrl"] == providers.NOWHERE


def test_a_path_in_the_home_stays_as_it_was_said(tmp_path):
    assert inputs(own(Kubernetes("~/.kube/config")), KUBERNETES)["kubeconfig"] == "~/.kube/config"


def test_the_stacks_kubernetes_configuration_holds_where_portico_is_told_nothing():
    config = {"kubernetes:kubeconfig": "~/other", "kubernetes:context": "prod"}
    told = inputs(own(Kubernetes()), KUBERNETES, config)
    assert (told["kubeconfig"], told["context"]) == ("~/other", "prod")
    told = inputs(own(Kubernetes("~/mine", "test")), KUBERNETES, config)
    assert (told["kubeconfig"], told["context"]) == ("~/mine", "test")


def test_content_reaches_the_provider_as_a_secret():
    assert inputs(own(Kubernetes(CONTENT)), KUBERNETES)["kubeconfig"] == Secret(CONTENT)


def test_several_files_reach_the_provider_as_one_secret_content(tmp_path, monkeypatch):
    files = [tmp_path / "one", tmp_path / "two"]
    for file in files:
        file.write_text(CONTENT)
    monkeypatch.setenv("KUBECONFIG", ":".join(map(str, files)))
    told = inputs(own(Kubernetes()), KUBERNETES)["kubeconfig"]
    assert json.loads(told.value)["users"] == [{"name": "u", "user": {"token": "t"}}]


def asked(preview, **told):
    def program():
        mine = pulumi_openstack.Provider("mine", **told)
        return connections.configuration(mine).apply(lambda asker: asker.options())

    found = build(program, preview=preview).result
    return found.value if isinstance(found, Secret) else found


@pytest.mark.parametrize("preview", [False, True])
def test_the_preflight_asks_as_the_provider_that_a_program_gives(preview):
    url = "https://cloud.invalid/v3"
    told = asked(preview, auth_url=url, user_name="shop", password="secret", insecure=True)
    assert told["verify"] is False
    assert (told["auth"]["username"], told["auth"]["password"]) == ("shop", "secret")
    assert asked(preview, cloud="mycloud", region="Two") == {"region_name": "Two"}


def test_a_preview_that_does_not_know_who_asks_asks_as_nobody_else():
    assert asked(True, auth_url="https://cloud.invalid/v3", user_name="shop", password=UNKNOWN) is UNKNOWN
