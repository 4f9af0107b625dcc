"""A connection to one OpenStack region, and every call that is made there.

Reads clouds.yaml and OS_*; changes nothing. `Cloud` lists every call in use, so it is also the list of
permissions that a read-only user needs.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

import yaml

from ..problems import Problem, Refused
from ..values import did_you_mean
from .credentials import Credentials

SECONDS = 60
"""The limit of one API call: the first calls on a busy cloud take several seconds."""


class Network(Protocol):
    """The calls to Neutron."""

    def find_network(self, name_or_id: str) -> Any: ...
    def networks(self, **query: Any) -> Iterable[Any]: ...
    def subnets(self, **query: Any) -> Iterable[Any]: ...
    def ips(self, **query: Any) -> Iterable[Any]: ...
    def ports(self, **query: Any) -> Iterable[Any]: ...
    def routers(self, **query: Any) -> Iterable[Any]: ...
    def get(self, url: str) -> Any: ...
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
    def images(self, **query: Any) -> Iterable[Any]: ...


class BlockStorage(Protocol):
    """The calls to Cinder."""

    def find_type(self, name_or_id: str) -> Any: ...
    def get_limits(self) -> Any: ...


class LoadBalancer(Protocol):
    """The calls to Octavia."""

    def providers(self) -> Iterable[Any]: ...
    def load_balancers(self, **query: Any) -> Iterable[Any]: ...
    def listeners(self, **query: Any) -> Iterable[Any]: ...
    def pools(self, **query: Any) -> Iterable[Any]: ...
    def health_monitors(self, **query: Any) -> Iterable[Any]: ...
    def get_quota(self, quota: str) -> Any: ...


class Cloud(Protocol):
    """One region, seen from one project."""

    current_project_id: str
    network: Network
    compute: Compute
    image: Image
    block_storage: BlockStorage
    load_balancer: LoadBalancer
    config: Any
    """What was read of clouds.yaml and its like (openstack.config.cloud_region.CloudRegion)."""
    session: Any
    """Who asks (keystoneauth1.session.Session)."""

    def has_service(self, service_type: str) -> bool: ...


def connect(asker: Credentials) -> Cloud | None:
    """A connection, or None where there are no credentials: neither a clouds.yaml nor an authentication URL.

    Raises:
        Refused: clouds.yaml does not have the cloud that is named, no client can be made of it, or
            openstacksdk is not installed.
    """
    if not is_known(asker):
        return None
    openstack = _sdk("openstack")
    try:
        return cast(Cloud, openstack.connection.Connection(config=_region(asker)))
    except Exception as error:  # noqa: BLE001 - openstacksdk raises what it meets in a user's file
        remedy = "check what clouds.yaml, openstack:* or OS_* say"
        raise unusable(asker.path, asker.named, one_line(error), remedy) from None


def located(asker: Credentials) -> Credentials:
    """With the first of the cloud's `regions` in clouds.yaml, where nothing else says which."""
    entry = _entry(asker)
    regions = entry.get("regions")
    if asker.region or entry.get("region_name") or not isinstance(regions, list) or not regions:
        return asker
    return replace(asker, first_region=str(_name(regions[0])))


def is_known(asker: Credentials) -> bool:
    """Whether there is a cloud to ask; False without credentials.

    Raises:
        Refused: clouds.yaml does not have the cloud that is named.
    """
    elsewhere = asker.configured.get("authUrl")
    if elsewhere and not asker.configured.get("cloud") and asker.cloud:
        rule = f"says another cloud than OS_CLOUD, {asker.cloud!r}, which the OpenStack provider prefers"
        raise unusable("openstack:authUrl", elsewhere, rule, "unset OS_CLOUD, or say openstack:cloud")
    return _is_known(asker) if asker.cloud else bool(asker.named)


def _region(asker: Credentials) -> Any:
    options = {**asker.options(), "api_timeout": SECONDS}
    configuration = _sdk("openstack.config.loader").OpenStackConfig
    if not asker.cloud:
        return configuration(load_yaml_config=False, load_envvars=False).get_one(**options)
    with warnings.catch_warnings():
        # openstacksdk goes on without a profile that it does not know; the provider refuses it in mid-`up`.
        warnings.filterwarnings("error", message="Couldn't find the vendor profile")
        config = configuration()
        if asker.region:
            # The provider asks in any region, openstacksdk in those alone that clouds.yaml lists.
            entry = config.cloud_config["clouds"][asker.cloud]
            if asker.region not in map(_name, entry.get("regions") or ()):
                entry.pop("regions", None)
                entry["region_name"] = asker.region
        return config.get_one(cloud=asker.cloud, **options)


def _name(region: object) -> object:
    return region.get("name") if isinstance(region, Mapping) else region


def _entry(asker: Credentials) -> Mapping[str, Any]:
    """What clouds.yaml says of the cloud; nothing where it cannot be read, which `connect` tells."""
    if not asker.cloud or (file := _clouds_file()) is None:
        return {}
    try:
        return dict(yaml.safe_load(file.read_text())["clouds"][asker.cloud])
    except Exception:  # noqa: BLE001 - a file can be wrong in many ways
        return {}


def unusable(path: str, named: str | None, rule: str, remedy: str) -> Refused:
    """A cloud that cannot be asked, as one sentence."""
    value = repr(named) if named else ""
    return Refused("the OpenStack cloud could not be asked", [Problem(path, value, rule, remedy)])


def silent(asker: Credentials, error: Exception) -> Refused:
    """Why a cloud gave no answer, by what it said: whose credentials, which certificate, which address."""
    from keystoneauth1 import exceptions

    rule, remedy = one_line(error), "check clouds.yaml and the way to the cloud's endpoints"
    if isinstance(error, exceptions.Unauthorized):
        rule = f"Keystone refuses the credentials: {rule}"
        remedy = (
            "check user, password, project and domains; an application credential may have expired or been "
            "deleted: `openstack application credential list`"
        )
    elif isinstance(error, exceptions.SSLError):
        rule = f"its TLS certificate is not trusted: {rule}"
        remedy = "name the CA that signed it in `cacert` of clouds.yaml, openstack:cacertFile or OS_CACERT"
    elif isinstance(error, (exceptions.ConnectFailure, exceptions.ConnectTimeout)):
        rule = f"does not answer: {rule}"
        remedy = "check the URL, and the way there: name resolution, VPN, proxy, firewall"
    return unusable(asker.path, asker.named, rule, remedy)


def region(cloud: Cloud, asker: Credentials) -> None:
    """Looks for the region in the catalogue that came with the token.

    Raises:
        Refused: no service is there.
    """
    named = cloud.config.region_name
    catalogue = cloud.session.auth.get_access(cloud.session).service_catalog.catalog or ()
    known = {
        str(endpoint.get("region_id") or endpoint.get("region"))
        for service in catalogue
        for endpoint in service["endpoints"]
    }
    if named and known and named not in known:
        raise unusable(
            asker.region_path,
            named,
            f"is no region of this cloud, which has {', '.join(sorted(known))}",
            did_you_mean(named, known) or "name one of them",
        )


def one_line(error: Exception) -> str:
    """What an error says."""
    return " ".join(str(error).split()) or type(error).__name__


def _is_known(asker: Credentials) -> bool:
    """Whether clouds.yaml has a cloud; False where there is no such file, or none is in it, and nothing else
    tells of one."""
    path, named, file = asker.path, asker.named or "", _clouds_file()
    if file is None:
        if asker.get("authUrl"):
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
