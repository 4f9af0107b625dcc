"""Certificates are what Kubernetes' authorisers go by: a wrong group is a node that may not register."""

import base64
import json
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.kubernetes import certificates

API = certificates.api_server([IPv4Address("10.97.0.1"), IPv4Address("10.96.0.1")])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("pki") / "certificates"
    certificates.ensure(made, [certificates.ADMIN, API, certificates.kubelet("w1")])
    return made


def read(folder, name):
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


def subject(certificate, oid):
    return [attribute.value for attribute in certificate.subject.get_attributes_for_oid(oid)]


def use(certificate):
    return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_a_kubelet_is_the_node_it_says_it_is(folder):
    certificate = read(folder, "node-w1")
    assert subject(certificate, NameOID.COMMON_NAME) == ["system:node:w1"]
    assert subject(certificate, NameOID.ORGANIZATION_NAME) == ["system:nodes"]


def test_the_operator_is_an_administrator(folder):
    assert subject(read(folder, "admin"), NameOID.ORGANIZATION_NAME) == ["system:masters"]


@pytest.mark.parametrize(
    ("who", "user"),
    [
        (certificates.CONTROLLER_MANAGER, "system:kube-controller-manager"),
        (certificates.SCHEDULER, "system:kube-scheduler"),
        (certificates.PROXY, "system:kube-proxy"),
    ],
)
def test_the_cluster_s_own_programs_are_the_users_that_have_roles_from_the_start(who, user):
    assert (who.name, who.group) == (user, "")


def test_the_api_server_may_answer_on_every_address_it_is_called_by(folder):
    names = read(folder, "api").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.IPAddress)) == {
        IPv4Address("127.0.0.1"),
        IPv4Address("10.97.0.1"),
        IPv4Address("10.96.0.1"),
    }
    assert "kubernetes.default.svc" in names.get_values_for_type(x509.DNSName)


def test_a_client_s_certificate_cannot_serve_and_a_server_s_cannot_ask(folder):
    assert use(read(folder, "admin")) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert use(read(folder, "api")) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_every_certificate_was_signed_by_the_authority_of_its_folder(folder):
    authority = read(folder, "ca")
    for name in ("admin", "api", "node-w1"):
        read(folder, name).verify_directly_issued_by(authority)


def test_a_certificate_of_another_authority_is_told_apart(folder):
    stranger = certificates.Authority().issue(certificates.ADMIN)["admin.crt"]
    with pytest.raises(InvalidSignature):
        x509.load_pem_x509_certificate(stranger).verify_directly_issued_by(read(folder, "ca"))


def test_only_the_owner_can_read_what_is_written(folder):
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_second_time_changes_nothing(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    certificates.ensure(folder, [certificates.ADMIN])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_an_interrupted_run_left_is_not_taken_for_certificates(tmp_path):
    (tmp_path / "certificates.new").mkdir()
    (tmp_path / "certificates.new" / "half").touch()
    certificates.ensure(tmp_path / "certificates", [certificates.ADMIN])
    assert sorted(path.name for path in (tmp_path / "certificates").iterdir()) == [
        "admin.crt",
        "admin.key",
        "ca.crt",
        "ca.key",
        "service-account.key",
        "service-account.pub",
    ]


def test_a_kubeconfig_names_the_server_and_carries_a_key_that_fits_its_certificate(folder):
    config = json.loads(certificates.kubeconfig(folder, certificates.kubelet("w1"), "https://10.97.0.1:6443"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    assert cluster["server"] == "https://10.97.0.1:6443"
    key = load_pem_private_key(base64.b64decode(user["client-key-data"]), None)
    certificate = x509.load_pem_x509_certificate(base64.b64decode(user["client-certificate-data"]))
    assert key.public_key() == certificate.public_key()
