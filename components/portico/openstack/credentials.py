"""Who asks an OpenStack cloud, and where: one value for the provider and for the preflight's connection.

Pure: no Pulumi, no network, no clock. Read by cloud, connections, providers and recovery. The provider takes
what it is told, else OS_*, and a cloud in clouds.yaml goes before both (terraform-provider-openstack 3.4.0,
openstack/provider.go, and its utils, auth/config.go). The connection follows the same rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..fields import snake

ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "cloud": ("OS_CLOUD",),
    "authUrl": ("OS_AUTH_URL",),
    "region": ("OS_REGION_NAME",),
    "userName": ("OS_USERNAME",),
    "userId": ("OS_USER_ID",),
    "password": ("OS_PASSWORD",),
    "token": ("OS_TOKEN", "OS_AUTH_TOKEN"),
    "tenantId": ("OS_TENANT_ID", "OS_PROJECT_ID"),
    "tenantName": ("OS_TENANT_NAME", "OS_PROJECT_NAME"),
    "userDomainId": ("OS_USER_DOMAIN_ID",),
    "userDomainName": ("OS_USER_DOMAIN_NAME",),
    "projectDomainId": ("OS_PROJECT_DOMAIN_ID",),
    "projectDomainName": ("OS_PROJECT_DOMAIN_NAME",),
    "domainId": ("OS_DOMAIN_ID",),
    "domainName": ("OS_DOMAIN_NAME",),
    "defaultDomain": ("OS_DEFAULT_DOMAIN",),
    "systemScope": ("OS_SYSTEM_SCOPE",),
    "applicationCredentialId": ("OS_APPLICATION_CREDENTIAL_ID",),
    "applicationCredentialName": ("OS_APPLICATION_CREDENTIAL_NAME",),
    "applicationCredentialSecret": ("OS_APPLICATION_CREDENTIAL_SECRET",),
    "insecure": ("OS_INSECURE",),
    "cacertFile": ("OS_CACERT",),
    "cert": ("OS_CERT",),
    "key": ("OS_KEY",),
    "endpointType": ("OS_ENDPOINT_TYPE",),
}
"""By the provider's key (`openstack:authUrl` in a stack): the variables it reads where nothing is said."""

AUTH = {
    "authUrl": "auth_url",
    "userName": "username",
    "userId": "user_id",
    "password": "password",
    "token": "token",
    "tenantId": "project_id",
    "tenantName": "project_name",
    "userDomainId": "user_domain_id",
    "userDomainName": "user_domain_name",
    "projectDomainId": "project_domain_id",
    "projectDomainName": "project_domain_name",
    "applicationCredentialId": "application_credential_id",
    "applicationCredentialName": "application_credential_name",
    "applicationCredentialSecret": "application_credential_secret",
}
"""What proves who asks, in openstacksdk's words (keystoneauth, plugin options)."""

PROOF = {
    "v3applicationcredential": ("applicationCredential", "user"),
    "token": ("token", "tenant", "project"),
    "password": ("password", "user", "tenant", "project"),
}
"""By keystoneauth's plugin: how the keys that it takes begin. An application credential holds its project
already, and Keystone refuses another beside it."""

SECRETS = ("password", "token", "application_credential_secret", "key")
"""The provider's arguments that nobody may read."""

JSON = (
    "allowReauth",
    "delayedAuth",
    "disableNoCacheHeader",
    "enableLogging",
    "endpointOverrides",
    "insecure",
    "maxRetries",
    "swauth",
    "systemScope",
)
"""The provider's keys whose values are no texts."""

KEYS = (*ENVIRONMENT, *JSON)
"""All that the provider can be told."""

YES = ("1", "t", "true")
"""How a flag is true (Go, strconv.ParseBool, as the provider reads variables)."""


@dataclass(frozen=True)
class Credentials:
    """What is known of the cloud and of who asks, before either is asked."""

    configured: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the stack's configuration or a provider says, by the provider's keys."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What OS_* say, by the same keys."""
    first_region: str | None = None
    """The first of the cloud's `regions` in clouds.yaml: openstacksdk takes it, and the provider does not."""

    def get(self, key: str) -> str | None:
        """What holds for a key; None where nothing is said."""
        return self.configured.get(key) or self.environment.get(key)

    @property
    def cloud(self) -> str | None:
        """A name in clouds.yaml. The provider takes OS_CLOUD even where it is told another cloud's URL."""
        return self.get("cloud")

    @property
    def region(self) -> str | None:
        """The region to ask; None leaves it to clouds.yaml or to the cloud's catalogue."""
        return self.get("region") or self.first_region

    @property
    def named(self) -> str | None:
        """What tells this cloud from another."""
        return self.cloud or self.get("authUrl")

    @property
    def path(self) -> str:
        """Where it is named, for a message."""
        key = "cloud" if self.cloud or not self.get("authUrl") else "authUrl"
        return f"openstack:{key}" if self.configured.get(key) or not self.get(key) else ENVIRONMENT[key][0]

    @property
    def region_path(self) -> str:
        """Where the region is named, for a message."""
        if self.configured.get("region") or not self.environment.get("region"):
            return "openstack:region"
        return ENVIRONMENT["region"][0]

    def arguments(self) -> dict[str, Any]:
        """The arguments of pulumi_openstack.Provider. What OS_* say is left to them, and stays out of the
        state as far as the provider lets it."""
        chosen = {snake(key): _typed(key, value) for key, value in self.configured.items()}
        if self.first_region and not self.get("region"):
            chosen["region"] = self.first_region
        return chosen

    def options(self) -> dict[str, Any]:
        """The options of openstacksdk's connection, beside the name of the cloud."""
        insecure = self.get("insecure")
        found: dict[str, object] = {
            "region_name": self.region,
            "cacert": self.get("cacertFile"),
            "cert": self.get("cert"),
            "key": self.get("key"),
            "interface": self.get("endpointType"),
            "verify": None if insecure is None else insecure.lower() not in YES,
        }
        if not self.cloud:
            found |= self._identity()
        return {name: value for name, value in found.items() if value is not None}

    def _identity(self) -> dict[str, object]:
        kind = "token" if self.get("token") else "password"
        if self.get("applicationCredentialSecret"):
            kind = "v3applicationcredential"
        found = self._domains() | {key: value for key in AUTH if (value := self.get(key))}
        auth = {
            word: found[key]
            for key, word in AUTH.items()
            if key in found and key.startswith(("authUrl", *PROOF[kind]))
        }
        return {"auth_type": kind, "auth": auth}

    def _domains(self) -> dict[str, str]:
        """The domain of the user and of the project where none is said (gophercloud, setDomainIfNeeded)."""
        default = self.get("defaultDomain") or "default"
        found: dict[str, str] = {}
        for whose in ("user", "project"):
            if self.get(f"{whose}DomainId") or self.get(f"{whose}DomainName"):
                continue
            if name := self.get("domainName"):
                found[f"{whose}DomainName"] = name
            else:
                found[f"{whose}DomainId"] = self.get("domainId") or default
        return found


def credentials(configured: Mapping[str, str], environ: Mapping[str, str]) -> Credentials:
    """What the provider would take of these.

    Args:
        configured: by the provider's keys, from the stack's configuration or from a provider.
        environ: the environment variables.
    """
    found = {
        key: value
        for key, variables in ENVIRONMENT.items()
        if (value := next((environ[name] for name in variables if environ.get(name)), None))
    }
    return Credentials({key: value for key, value in configured.items() if value}, found)


def _typed(key: str, value: str) -> object:
    return json.loads(value) if key in JSON else value
