"""A connection to one OpenStack region, and every call that is made there.

Reads clouds.yaml and OS_*; changes nothing. `Cloud` lists every call in use, so it is also the list of
permissions that a read-only user needs.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

import yaml

from ..problems import Problem, Refused
from ..values import did_you_mean

SECONDS = 60
"""The limit of one API call: the first calls on a busy cloud take several seconds."""


class Network(Protocol):
    """The calls to Neutron."""

    def find_network(self, name_or_id: str) -> Any: ...
    def subnets(self, **query: Any) -> Iterable[Any]: ...
    def ips(self, **query: Any) -> Iterable[Any]: ...
    def ports(self, **query: Any) -> Iterable[Any]: ...
    def security_groups(self, **query: Any) -> Iterable[Any]: ...
    def find_security_group(self, name_or_id: str, **query: Any) -> Any: ...
    def security_group_rules(self, **query: Any) -> Iterable[Any]: ...
    def extensions(self) -> Iterable[Any]: ...
    def get_quota(self, quota: str, details: bool = False) -> Any: ...


class Compute(Protocol):
    """The calls to Nova."""

    def servers(self, details: bool = True, **query: Any) -> Iterable[Any]: ...
    def get_server(self, server: str) -> Any: ...
    def server_groups(self) -> Iterable[Any]: ...
    def find_flavor(self, name_or_id: str) -> Any: ...
    def find_keypair(self, name_or_id: str) -> Any: ...
    def availability_zones(self) -> Iterable[Any]: ...
    def get_limits(self) -> Any: ...
    def get_server_console_output(self, server: str, length: int | None = None) -> Mapping[str, Any]: ...


class Image(Protocol):
    """The calls to Glance."""

    def find_image(self, name_or_id: str) -> Any: ...


class LoadBalancer(Protocol):
    """The calls to Octavia."""

    def providers(self) -> Iterable[Any]: ...
    def load_balancers(self, **query: Any) -> Iterable[Any]: ...


class Cloud(Protocol):
    """One region, seen from one project."""

    current_project_id: str
    network: Network
    compute: Compute
    image: Image
    load_balancer: LoadBalancer

    def has_service(self, service_type: str) -> bool: ...


def connect(cloud: str | None) -> Cloud | None:
    """A connection, or None where there are no credentials: neither a clouds.yaml nor OS_AUTH_URL.

    Args:
        cloud: a name in clouds.yaml, else what OS_CLOUD or the other OS_* variables say.

    Raises:
        Refused: clouds.yaml does not have the cloud that is named, no client can be made of it, or
            openstacksdk is not installed.
    """
    path, named = ("openstack:cloud", cloud) if cloud else ("OS_CLOUD", os.environ.get("OS_CLOUD"))
    if named:
        if not _is_known(path, named):
            return None
    elif not os.environ.get("OS_AUTH_URL"):
        return None
    openstack = _sdk("openstack")
    try:
        return cast(Cloud, openstack.connect(cloud=named or None, api_timeout=SECONDS))
    except Exception as error:  # noqa: BLE001 - openstacksdk raises what it meets in a user's file
        raise unusable(path, named, one_line(error), "check what clouds.yaml or OS_* say") from None


AUTH = {
    "application_credential_id": "application_credential_id",
    "application_credential_name": "application_credential_name",
    "application_credential_secret": "application_credential_secret",
    "auth_url": "auth_url",
    "default_domain": "default_domain",
    "domain_id": "domain_id",
    "domain_name": "domain_name",
    "password": "password",
    "project_domain_id": "project_domain_id",
    "project_domain_name": "project_domain_name",
    "tenant_id": "project_id",
    "tenant_name": "project_name",
    "token": "token",
    "user_domain_id": "user_domain_id",
    "user_domain_name": "user_domain_name",
    "user_id": "user_id",
    "user_name": "username",
}
"""What a provider calls it, and what keystoneauth does."""

CONNECTION = {
    "cacert_file": "cacert",
    "cert": "cert",
    "endpoint_type": "interface",
    "key": "key",
    "region": "region_name",
}


def connect_as(configuration: Mapping[str, str | None]) -> Cloud:
    """A connection to the cloud that an OpenStack provider of this configuration works with.

    Args:
        configuration: by the provider's own words (pulumi-openstack, Provider).

    Raises:
        Refused: no client can be made of it.
    """
    given = {key: value for key, value in configuration.items() if value}
    auth = {theirs: given[ours] for ours, theirs in AUTH.items() if ours in given}
    more: dict[str, Any] = {theirs: given[ours] for ours, theirs in CONNECTION.items() if ours in given}
    if auth:
        more["auth"] = auth
    if "application_credential_secret" in auth:
        more["auth_type"] = "v3applicationcredential"
    elif "token" in auth:
        more["auth_type"] = "v3token"
    named, openstack = given.get("cloud"), _sdk("openstack")
    try:
        return cast(Cloud, openstack.connect(cloud=named, api_timeout=SECONDS, **more))
    except Exception as error:  # noqa: BLE001 - openstacksdk raises what it meets in a user's file
        remedy = "check the provider that the program gives"
        raise unusable("the OpenStack provider", named, one_line(error), remedy) from None


def unusable(path: str, named: str | None, rule: str, remedy: str) -> Refused:
    """A cloud that cannot be asked, as one sentence."""
    value = repr(named) if named else ""
    return Refused("the OpenStack cloud could not be asked", [Problem(path, value, rule, remedy)])


def one_line(error: Exception) -> str:
    """What an error says."""
    return " ".join(str(error).split()) or type(error).__name__


def _is_known(path: str, named: str) -> bool:
    """Whether clouds.yaml has a cloud; False where there is no such file, or none is in it, and nothing else
    tells of one."""
    file = _clouds_file()
    if file is None:
        if os.environ.get("OS_AUTH_URL"):
            remedy = "give it one, or name no cloud and leave it to OS_*"
            raise unusable(path, named, "must name a cloud in clouds.yaml, and there is no such file", remedy)
        return False
    try:
        known = (yaml.safe_load(file.read_text()) or {}).get("clouds") or {}
        there = {name: dict(entry) for name, entry in known.items()}
    except Exception as error:  # noqa: BLE001 - a file can be wrong in many ways
        raise unusable(path, named, f"{file} cannot be read: {one_line(error)}", "mend the file") from None
    if there and named not in there:
        rule = f"must name a cloud in {file}, which has {', '.join(sorted(there))}"
        raise unusable(path, named, rule, did_you_mean(named, there))
    return bool(there)


def _clouds_file() -> Path | None:
    """The file that openstacksdk would read first."""
    chosen = os.environ.get("OS_CLIENT_CONFIG_FILE")
    files = ([chosen] if chosen else []) + _sdk("openstack.config.loader").CONFIG_FILES
    return next((Path(file) for file in files if Path(file).exists()), None)


def _sdk(module: str) -> ModuleType:
    """A module of openstacksdk. It takes a third of a second, and whoever has no OpenStack need not have it.

    Raises:
        Refused: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name != "openstack":
            raise
        rule = "asks an OpenStack cloud by the Python package openstacksdk, which is not installed"
        remedy = 'run `pip install "./components[openstack]"` in a checkout of Portico'
        raise Refused("openstacksdk is not installed", [Problem("Portico", "", rule, remedy)]) from missing
