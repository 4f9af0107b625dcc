"""The connections of this program: to the same cloud as the OpenStack provider.

Reads Pulumi's configuration; asks nothing. Read by preflight, exposure and serving.
"""

from functools import cache

import pulumi

from .platforms import openstack


@cache
def cloud() -> openstack.Cloud | None:
    """The cloud that the OpenStack provider uses too; None without credentials."""
    return openstack.connect(pulumi.Config("openstack").get("cloud"))
