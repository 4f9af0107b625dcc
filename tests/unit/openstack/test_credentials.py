"""Who asks a cloud is one value: the provider and the preflight's connection follow from it alike."""

import pytest
from openstack.config import loader

from portico.openstack.cloud import connect, located
from portico.openstack.credentials import credentials
from portico.problems import Refused

URL = "https://cloud.invalid/v3"
PERSON = {"authUrl": URL, "userName": "shop", "password": "secret", "tenantName": "web"}


@pytest.fixture
def clouds_yaml(monkeypatch, tmp_path):
    """The only clouds.yaml there is."""
    file = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    monkeypatch.setattr(loader, "CONFIG_FILES", [str(file)])
    return file


def test_what_the_stack_says_goes_to_the_provider_and_to_the_connection():
    asker = credentials({**PERSON, "region": "RegionTwo", "insecure": "true", "cacertFile": "ca.pem"}, {})
    assert asker.arguments() == {
        "auth_url": URL,
        "user_name": "shop",
        "password": "secret",
        "tenant_name": "web",
        "region": "RegionTwo",
        "insecure": True,
        "cacert_file": "ca.pem",
    }
    assert asker.options() == {
        "auth_type": "password",
        "auth": {
            "auth_url": URL,
            "username": "shop",
            "password": "secret",
            "project_name": "web",
            "user_domain_id": "default",
            "project_domain_id": "default",
        },
        "region_name": "RegionTwo",
        "verify": False,
        "cacert": "ca.pem",
    }


def test_what_the_environment_says_stays_out_of_the_providers_arguments():
    environ = {"OS_AUTH_URL": URL, "OS_USERNAME": "shop", "OS_PASSWORD": "secret", "OS_PROJECT_NAME": "web"}
    asker = credentials({}, environ)
    assert asker.arguments() == {}
    assert asker.options()["auth"]["password"] == "secret"
    assert asker.options()["auth"]["project_name"] == "web"


def test_an_application_credential_brings_its_own_project():
    told = {"authUrl": URL, "applicationCredentialId": "a1", "applicationCredentialSecret": "secret"}
    options = credentials(told, {"OS_PROJECT_NAME": "web", "OS_AUTH_TYPE": "v3appcred"}).options()
    assert options["auth_type"] == "v3applicationcredential"
    assert "project_name" not in options["auth"]
    assert options["auth"]["application_credential_id"] == "a1"


def test_a_token_needs_no_user():
    options = credentials({"authUrl": URL, "token": "t", "tenantId": "p"}, {"OS_USERNAME": "shop"}).options()
    assert (options["auth_type"], options["auth"]["token"]) == ("token", "t")
    assert "username" not in options["auth"]


def test_a_domain_that_is_said_holds_for_user_and_project():
    auth = credentials({**PERSON, "domainName": "shops"}, {}).options()["auth"]
    assert (auth["user_domain_name"], auth["project_domain_name"]) == ("shops", "shops")
    assert "user_domain_id" not in auth


@pytest.mark.parametrize(
    ("cloud", "configured", "environ", "region"),
    [
        ("region_name: One", {}, {}, "One"),
        ("region_name: One", {}, {"OS_REGION_NAME": "Two"}, "Two"),
        ("region_name: One", {"region": "Three"}, {"OS_REGION_NAME": "Two"}, "Three"),
        ("regions: [One, Two]", {}, {}, "One"),
        ("regions: [{name: One, values: {}}, Two]", {}, {}, "One"),
        ("regions: [One, Two]", {"region": "Two"}, {}, "Two"),
        ("regions: [One, Two]", {}, {"OS_REGION_NAME": "Three"}, "Three"),
    ],
)
def test_both_ask_in_one_region(clouds_yaml, cloud, configured, environ, region):
    auth = "auth: {auth_url: https://cloud.invalid/v3, username: u, password: p, project_name: w}"
    clouds_yaml.write_text(f"clouds: {{mycloud: {{{cloud}, {auth}, user_domain_id: default}}}}")
    asker = located(credentials({"cloud": "mycloud", **configured}, environ))
    assert connect(asker).config.region_name == region
    by_itself = environ.get("OS_REGION_NAME") or ("One" if cloud.startswith("region_name") else None)
    assert asker.arguments().get("region", by_itself) == region


def test_a_url_beside_another_cloud_of_the_environment_is_refused():
    with pytest.raises(Refused, match=r"openstack:authUrl = .* another cloud than OS_CLOUD, 'mycloud'"):
        connect(credentials(PERSON, {"OS_CLOUD": "mycloud"}))


def test_no_secret_is_shown():
    assert "secret" not in repr(credentials(PERSON, {"OS_PASSWORD": "secret"}))
