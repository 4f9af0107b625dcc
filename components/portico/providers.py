"""The component's own providers of OpenStack and Kubernetes, told what the preflight's connection is told.

May touch Pulumi. Read by exposure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pulumi
import pulumi_kubernetes

from . import connections, inputs
from .kubernetes.kubeconfig import find
from .later import Later
from .openstack.cloud import is_known
from .openstack.credentials import SECRETS
from .problems import Refused
from .settings.model import Kubernetes
from .values import is_content

NOWHERE = "https://no-credentials.invalid/v3"
"""What the OpenStack provider is told in a preview without credentials: it wants an address, and asks nothing
there."""


def openstack(name: str, opts: pulumi.ResourceOptions) -> pulumi.ProviderResource:
    """A provider of the component's own.

    Raises:
        Refused: the cloud that is named is not there.
    """
    import pulumi_openstack  # the package of a platform that not everybody has

    asker = connections.credentials()
    if not is_known(asker):
        return pulumi_openstack.Provider(name, auth_url=NOWHERE, opts=opts)
    return pulumi_openstack.Provider(name, **_kept_secret(asker.arguments()), opts=opts)


def kubernetes(name: str, settings: Kubernetes, opts: pulumi.ResourceOptions) -> pulumi_kubernetes.Provider:
    """A provider of the component's own. A path stays as it was said, `~` included: the next machine has its
    own home."""
    meant = connections.kubeconfig(settings)
    return pulumi_kubernetes.Provider(
        name,
        kubeconfig=_kubeconfig(meant.kubeconfig),
        context=inputs.given(meant.context) if meant.context else None,
        opts=opts,
    )


def _kubeconfig(said: str | Later | None) -> pulumi.Input[str] | None:
    if isinstance(said, Later):
        return pulumi.Output.secret(cast("pulumi.Output[str]", said.output))
    try:
        found = find(said)
    except Refused:
        return None  # an `up` has been refused for it, and a preview goes on without a cluster
    if found is not None and found.content is not None:
        return pulumi.Output.secret(said if said and is_content(said) else json.dumps(found.content))
    return said


def _kept_secret(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {key: pulumi.Output.secret(value) if key in SECRETS else value for key, value in arguments.items()}
