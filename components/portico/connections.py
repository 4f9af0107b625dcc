"""The connections of this program: to the same cloud and the same cluster as the providers.

Reads Pulumi's configuration; asks nothing. Read by preflight, exposure and serving.
"""

from functools import cache

import pulumi

from .kubernetes import cluster as kubernetes
from .openstack import cloud as openstack
from .settings.model import Kubernetes


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
    return kubernetes.connect(said.kubeconfig, said.context)
