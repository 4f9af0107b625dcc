"""The connections of this program: to the same cloud and the same cluster as the providers.

Reads Pulumi's configuration; asks nothing. Read by exposure, planning, providers, serving and the preflights.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import pulumi
from pulumi.resource import DependencyProviderResource

from .fields import snake
from .kubernetes import cluster as kubernetes
from .later import now
from .openstack import cloud as openstack
from .openstack.credentials import KEYS, Credentials
from .openstack.credentials import credentials as asker
from .settings.model import Kubernetes

RESOURCE = "pulumi:pulumi:getResource"
"""The engine's own function that tells what a resource of the running program is."""


def credentials() -> Credentials:
    """Who asks OpenStack, as the stack's configuration and OS_* say it."""
    return of_configuration(_configured())


def of_configuration(configured: Mapping[str, str]) -> Credentials:
    """Who asks OpenStack.

    Args:
        configured: what a provider is told, by its own keys.
    """
    return openstack.located(asker(configured, os.environ))


def configuration(provider: pulumi.ProviderResource) -> pulumi.Output[Credentials]:
    """Who asks OpenStack through a provider that a program gives, once that is known."""
    if isinstance(provider, DependencyProviderResource):
        told = _recalled(provider)
    else:
        told = _told({key: getattr(provider, snake(key), None) for key in KEYS})

    def asked(told: Mapping[str, object] | None) -> pulumi.Output[Credentials]:
        unknown = cast("pulumi.Output[Credentials]", pulumi.Output.from_input(pulumi.UNKNOWN))
        return unknown if told is None else pulumi.Output.from_input(of_configuration(_texts(told)))

    known: pulumi.Output[Mapping[str, object] | None] = pulumi.Output.from_input(cast("Any", told))
    return known.apply(asked)


async def _recalled(provider: DependencyProviderResource) -> Mapping[str, object] | None:
    """What a provider was told that a program in another language gives: the engine knows."""
    asked = {"urn": await provider.urn.future()}
    answer = await pulumi.runtime.invoke_async(RESOURCE, asked)
    state = cast("Mapping[str, object]", answer["state"])
    known = {key: value for key, value in state.items() if not isinstance(value, pulumi.output.Unknown)}
    return _enough({key: known[key] for key in KEYS if key in known})


async def _told(outputs: Mapping[str, object]) -> Mapping[str, object] | None:
    """What a provider was told; None where a preview does not know who asks."""
    told = {
        key: await output.future()
        for key, output in outputs.items()
        if isinstance(output, pulumi.Output) and await output.is_known()
    }
    return _enough(told)


def _enough(told: Mapping[str, object]) -> Mapping[str, object] | None:
    """In a preview what a provider was not told is unknown too, so the rest counts when it names a cloud, or
    a URL with what proves who asks."""
    proved = told.get("authUrl") and any(map(told.get, ("password", "token", "applicationCredentialSecret")))
    return told if not pulumi.runtime.is_dry_run() or told.get("cloud") or proved else None


@cache
def cloud() -> openstack.Cloud | None:
    """The cloud that the OpenStack provider uses too; None without credentials.

    Raises:
        Refused: it is misspelt, or no client can be made of what clouds.yaml says.
    """
    return openstack.connect(credentials())


def kubeconfig(said: Kubernetes) -> Kubernetes:
    """The cluster that is meant: what Portico's settings say, else `kubernetes:kubeconfig` and
    `kubernetes:context` of the stack; what neither says is left to KUBECONFIG and kubectl's defaults."""
    configured = pulumi.Config("kubernetes")
    return Kubernetes(
        said.kubeconfig or configured.get("kubeconfig"), said.context or configured.get("context")
    )


@cache
def cluster(said: Kubernetes) -> kubernetes.Cluster | None:
    """The cluster that the Kubernetes provider uses too; None without a kubeconfig.

    Raises:
        kubernetes.NoAnswer: the kubeconfig cannot be used.
    """
    meant = kubeconfig(said)
    return kubernetes.connect(now(meant.kubeconfig), now(meant.context))


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


def _configured() -> dict[str, str]:
    config = pulumi.Config("openstack")
    return {key: value for key in KEYS if (value := config.get(key))}


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
        if value is not None
    }
