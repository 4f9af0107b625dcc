"""A cloud that gives no answer is told by what it did say: whose credentials, which certificate, which
region, which service. openstacksdk itself asks, over loopback."""

import os
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from openstack.config import loader

from portico import preflight
from portico.kinds.octavia.ask import octavia_providers
from portico.names import Names
from portico.openstack import cloud as clouds
from portico.openstack.ask import Asker
from portico.openstack.cloud import connect, located
from portico.openstack.credentials import credentials
from portico.problems import Refused
from portico.settings import parse
from portico.state import State
from tests.unit.openstack.keystone import REGION, Region, serving

SETTINGS = {
    "nodes": {"from": "addresses", "addresses": ["10.20.0.11"]},
    "loadBalancer": {"type": "octavia", "openstack": {"network": "k8s", "externalNetwork": "public"}},
}
PERSON = (
    "auth: {auth_url: URL/v3, username: shop, password: hidden, project_name: web, "
    "user_domain_id: default, project_domain_id: default}"
)
MACHINE = (
    "auth_type: v3applicationcredential, "
    "auth: {auth_url: URL/v3, application_credential_id: a, application_credential_secret: hidden}"
)


@pytest.fixture(autouse=True)
def clouds_yaml(monkeypatch, tmp_path):
    """The only clouds.yaml there is, and nothing of the environment's."""
    for name in os.environ:
        if name.startswith("OS_"):
            monkeypatch.delenv(name)
    file = tmp_path / "clouds.yaml"
    monkeypatch.setattr(loader, "CONFIG_FILES", [str(file)])
    return file


def asked(region, file, entry=PERSON, configured=None, environ=None):
    """Who asks, and the connection."""
    file.write_text(f"clouds: {{mycloud: {{{entry.replace('URL', region.url)}}}}}")
    who = located(credentials({"cloud": "mycloud", **(configured or {})}, environ or {}))
    return who, connect(who)


def refusal(region, file, **said):
    """The one sentence."""
    who, cloud = asked(region, file, **said)
    with pytest.raises(Refused) as refused:
        preflight.cloud_capabilities(
            parse(SETTINGS, ""), Names("portico-prod"), State(()), preflight.Asked(lambda: who, lambda: cloud)
        )
    (problem,) = refused.value.problems
    assert "\n" not in str(problem)
    assert "hidden" not in str(problem)
    return str(problem)


@pytest.mark.parametrize("entry", [PERSON, MACHINE], ids=["person", "application credential"])
def test_credentials_that_are_refused_are_said_to_be_refused(clouds_yaml, entry):
    with serving(Region(refuses=(401, "The request you have made requires authentication."))) as region:
        said = refusal(region, clouds_yaml, entry=entry)
    assert said.startswith("openstack:cloud = 'mycloud': Keystone refuses the credentials: ")
    assert "application credential may have expired" in said


def test_a_certificate_that_nobody_trusts_names_the_setting_for_its_ca(clouds_yaml, tmp_path):
    with serving(Region(), _certificate(tmp_path)) as region:
        said = refusal(region, clouds_yaml)
    assert "its TLS certificate is not trusted: " in said
    assert "`cacert` of clouds.yaml, openstack:cacertFile or OS_CACERT" in said


def test_a_certificate_whose_ca_is_named_is_trusted(clouds_yaml, tmp_path):
    with serving(Region(), _certificate(tmp_path)) as region:
        _, cloud = asked(region, clouds_yaml, entry=f"cacert: {tmp_path}/certificate.pem, {PERSON}")
        assert cloud.current_project_id == "p"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v3", "http://keystone.invalid/v3"], ids=["port", "name"])
def test_a_cloud_that_cannot_be_reached_points_to_the_way_there(clouds_yaml, url):
    said = refusal(Region(), clouds_yaml, entry=PERSON.replace("URL/v3", url))
    assert said.startswith("openstack:cloud = 'mycloud': does not answer: ")
    assert "firewall" in said


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"entry": f"region_name: RegionOn, {PERSON}"}, "openstack:region"),
        ({"entry": f"regions: [RegionOn, RegionTwo], {PERSON}"}, "openstack:region"),
        ({"configured": {"region": "RegionOn"}}, "openstack:region"),
        ({"environ": {"OS_REGION_NAME": "RegionOn"}}, "OS_REGION_NAME"),
    ],
    ids=["clouds.yaml", "regions", "stack", "environment"],
)
def test_a_region_that_the_cloud_has_not_is_named_with_those_that_it_has(clouds_yaml, said, path):
    with serving(Region()) as region:
        found = refusal(region, clouds_yaml, **said)
    assert found == (
        f"{path} = 'RegionOn': is no region of this cloud, which has {REGION}; did you mean '{REGION}'?"
    )


def test_a_service_that_the_region_lacks_is_named(clouds_yaml):
    with serving(Region()) as region:
        said = refusal(region, clouds_yaml, entry=f"region_name: {REGION}, {PERSON}")
    assert "public endpoint for network service in RegionOne region not found" in said


@pytest.mark.parametrize("entry", [PERSON, "auth_type: password"], ids=["with a URL", "without"])
def test_a_vendor_that_nobody_knows_is_said(clouds_yaml, entry):
    with pytest.raises(Refused, match=r"^.*\n  openstack:cloud = 'mycloud': .* profile nosuchvendor"):
        asked(Region(), clouds_yaml, entry=f"profile: nosuchvendor, {entry}")


def test_an_auth_type_of_the_environment_has_no_say_beside_a_cloud_of_clouds_yaml(clouds_yaml, monkeypatch):
    """As the provider has it, which reads no OS_AUTH_TYPE."""
    monkeypatch.setenv("OS_AUTH_TYPE", "v3appcred")
    with serving(Region()) as region:
        _, cloud = asked(region, clouds_yaml)
        assert cloud.current_project_id == "p"


def test_an_auth_type_of_the_environment_has_no_say_beside_other_variables(monkeypatch):
    monkeypatch.setenv("OS_AUTH_TYPE", "v3appcred")
    with serving(Region()) as region:
        said = {"AUTH_URL": f"{region.url}/v3", "USERNAME": "shop", "PASSWORD": "p", "PROJECT_NAME": "web"}
        who = located(credentials({}, {f"OS_{name}": value for name, value in said.items()}))
        assert connect(who).current_project_id == "p"


def octavia(region, file):
    """What was told of Octavia's providers, and the problems."""
    _, cloud = asked(region, file)
    asker = Asker(cloud, [])
    return octavia_providers(asker), [str(problem) for problem in asker.problems]


def test_an_octavia_that_answers_tells_its_providers(clouds_yaml):
    with serving(Region()) as region:
        assert octavia(region, clouds_yaml) == (("ovn",), [])


def test_a_region_without_octavia_is_no_problem_yet(clouds_yaml):
    with serving(Region(services=("identity",))) as region:
        assert octavia(region, clouds_yaml) == ((), [])


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ({"octavia": 403}, "Octavia refuses this project: "),
        ({"octavia": 401}, "the region has Octavia, and it does not answer: "),
        ({"octavia": 404}, "the region has Octavia, and it does not answer: "),
        ({"octavia": 500}, "the region has Octavia, and it does not answer: "),
        ({"octavia": 503}, "the region has Octavia, and it does not answer: "),
        ({"seconds": 3}, "the region has Octavia, and it does not answer: "),
    ],
    ids=["403", "401", "404", "500", "503", "timeout"],
)
def test_an_octavia_that_does_not_tell_is_not_a_region_without_one(clouds_yaml, monkeypatch, answer, rule):
    monkeypatch.setattr(clouds, "SECONDS", 1)
    with serving(Region(**answer)) as region:
        providers, (problem,) = octavia(region, clouds_yaml)
    assert providers is None
    assert problem.startswith(f"portico:loadBalancer.type = 'octavia': {rule}")
    assert "\n" not in problem


def _certificate(folder):
    """Signed by nobody but itself, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(plain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
