"""The connections of this program: to the same cloud and the same cluster as the providers.

Reads Pulumi's configuration; asks nothing. Read by preflight, exposure and serving.
"""

from collections.abc import Mapping
from functools import cache

import pulumi

from .kubernetes import cluster as kubernetes
from .later import now
from .openstack import cloud as openstack
from .settings.model import Kubernetes

PROVIDER = (
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
    "auth_url",
    "cacert_file",
    "cert",
    "cloud",
    "default_domain",
    "domain_id",
    "domain_name",
    "endpoint_type",
    "key",
    "password",
    "project_domain_id",
    "project_domain_name",
    "region",
    "tenant_id",
    "tenant_name",
    "token",
    "user_domain_id",
    "user_domain_name",
    "user_id",
    "user_name",
)
"""What an OpenStack provider tells of its configuration: texts alone (pulumi-openstack, Provider)."""


def cloud_name() -> str | None:
    """The cloud that the configuration names."""
    return pulumi.Config("openstack").get("cloud")


@cache
def cloud() -> openstack.Cloud | None:
    """The cloud that the OpenStack provider uses too; None without credentials.

    Raises:
        Refused: it is misspelt, or no client can be made of what clouds.yaml says.
    """
    return openstack.connect(cloud_name())


@cache
def cluster(said: Kubernetes) -> kubernetes.Cluster | None:
    """The cluster that the Kubernetes provider uses too; None without a kubeconfig.

    Raises:
        kubernetes.NoAnswer: the kubeconfig cannot be used.
    """
    return kubernetes.connect(now(said.kubeconfig), said.context)


def given(opts: pulumi.ResourceOptions | None, package: str) -> pulumi.ProviderResource | None:
    """The provider of a package that a program gives to the component, or to the component that it is in."""
    if opts is None:
        return None
    several = opts.providers or []
    providers = list(several.values()) if isinstance(several, Mapping) else [*_listed(several)]
    for provider in [*providers, *_listed(opts.provider)]:
        if provider.package == package:
            return provider
    return opts.parent.get_provider(f"{package}::") if opts.parent else None


def _listed(value: object) -> list[pulumi.ProviderResource]:
    found = value if isinstance(value, (list, tuple)) else [value]
    return [one for one in found if isinstance(one, pulumi.ProviderResource)]


def configuration(provider: pulumi.ProviderResource) -> pulumi.Output[Mapping[str, str | None]]:
    """What an OpenStack provider tells of its configuration."""
    return pulumi.Output.all(**{key: getattr(provider, key) for key in PROVIDER})
