"""The cluster's certificates, its service account key and its kubeconfigs.

Touches only the folder it is given, whose files are readable by their owner alone. Read by control_plane and
node. Names and groups are those that Kubernetes itself gives a meaning to:
https://kubernetes.io/docs/setup/best-practices/certificates/ and
https://kubernetes.io/docs/reference/access-authn-authz/node/
"""

from __future__ import annotations

import base64
import datetime
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = datetime.timedelta(days=365)
"""A cluster lives from `up` to `down`; a year is longer than anybody keeps a sandbox."""


@dataclass(frozen=True)
class Subject:
    """Whom a certificate speaks for."""

    file: str
    """The stem of its two files: `admin` for admin.crt and admin.key."""
    name: str
    """Common name: the user, for Kubernetes."""
    group: str = ""
    """Organisation: the group, for Kubernetes."""
    hosts: tuple[str | IPv4Address, ...] = ()
    """The names and addresses it may serve under; a certificate without any is a client's."""


ADMIN = Subject("admin", "portico-operator", group="system:masters")
KUBELET_CLIENT = Subject("kubelet-client", "kube-apiserver-kubelet-client", group="system:masters")
CONTROLLER_MANAGER = Subject("controller-manager", "system:kube-controller-manager")
SCHEDULER = Subject("scheduler", "system:kube-scheduler")
PROXY = Subject("proxy", "system:kube-proxy")


def api_server(addresses: Iterable[IPv4Address]) -> Subject:
    """The API server, which answers on the loopback of whoever has a relay to it, and on the given
    addresses."""
    names = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
    return Subject("api", "kube-apiserver", hosts=(*names, IPv4Address("127.0.0.1"), *addresses))


def kubelet(node: str) -> Subject:
    """The kubelet of a node, as the node authoriser knows it."""
    return Subject(f"node-{node}", f"system:node:{node}", group="system:nodes")


class Authority:
    """A new certificate authority; what it issued is in memory until it is written."""

    def __init__(self, name: str = "portico-sandbox") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (
            self._begin(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def files(self) -> dict[str, bytes]:
        """ca.crt and ca.key."""
        return {"ca.crt": _pem(self.certificate), "ca.key": _private(self._key)}

    def issue(self, subject: Subject) -> dict[str, bytes]:
        """<file>.crt and <file>.key of a subject."""
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, subject.name)]
        if subject.group:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.group))
        use = ExtendedKeyUsageOID.SERVER_AUTH if subject.hosts else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            self._begin(x509.Name(attributes), key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        )
        if subject.hosts:
            names: list[x509.GeneralName] = [
                x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(host)
                for host in subject.hosts
            ]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return {f"{subject.file}.crt": _pem(certificate), f"{subject.file}.key": _private(key)}

    def _begin(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + VALID)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )


def service_account_key() -> dict[str, bytes]:
    """The key pair that signs service account tokens: service-account.key and service-account.pub."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {"service-account.key": _private(key), "service-account.pub": public}


def ensure(folder: Path, subjects: Iterable[Subject]) -> None:
    """Fills the folder with an authority, a service account key and a certificate for each subject, unless it
    has them.

    All or nothing: what was written by an interrupted run is thrown away.
    """
    if folder.is_dir():
        return
    authority = Authority()
    files = {**authority.files(), **service_account_key()}
    for subject in subjects:
        files |= authority.issue(subject)
    beside = folder.with_name(folder.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True, mode=0o700)
    _write(beside, files)
    beside.rename(folder)


def kubeconfig(folder: Path, subject: Subject, server: str) -> str:
    """A kubeconfig (JSON, which is YAML) for a subject whose certificate is in the folder; it carries a
    secret."""

    def encoded(name: str) -> str:
        return base64.b64encode((folder / name).read_bytes()).decode()

    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "portico-sandbox",
        "clusters": [
            {
                "name": "portico-sandbox",
                "cluster": {"server": server, "certificate-authority-data": encoded("ca.crt")},
            }
        ],
        "users": [
            {
                "name": subject.file,
                "user": {
                    "client-certificate-data": encoded(f"{subject.file}.crt"),
                    "client-key-data": encoded(f"{subject.file}.key"),
                },
            }
        ],
        "contexts": [
            {"name": "portico-sandbox", "context": {"cluster": "portico-sandbox", "user": subject.file}}
        ],
    }
    return json.dumps(config, indent=2) + "\n"


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(content)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    # SEC1: the form in which Kubernetes reads a service account's EC key too
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
