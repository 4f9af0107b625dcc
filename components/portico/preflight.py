"""What is asked before anything is made: the platforms, and the stack's own state.

May touch Pulumi; only reads. Read by exposure; the answers are capabilities, and what went wrong while asking
is a problem that the plan refuses with.
"""

import pulumi
from keystoneauth1.exceptions import ClientException
from openstack import exceptions

from .capabilities import OFFLINE, Capabilities
from .connections import cloud
from .names import Names
from .platforms import openstack
from .problems import Problem, Refused
from .settings import Settings


def capabilities(said: Settings, names: Names) -> Capabilities:
    """The platform's answers; nothing is asked offline.

    Raises:
        Refused: an `up` without credentials, or a cloud that does not answer.
    """
    if said.load_balancer.openstack is None and not (said.nodes and said.nodes.source == "openstack"):
        return OFFLINE
    connection = cloud()
    if connection is None:
        if pulumi.runtime.is_dry_run():
            pulumi.log.info(
                "no OpenStack credentials: what only the cloud could tell is unknown in this preview"
            )
            return OFFLINE
        raise Refused(
            "no OpenStack credentials",
            [
                Problem(
                    "openstack:cloud",
                    "",
                    "must name a cloud in clouds.yaml",
                    "or set OS_CLOUD, or OS_AUTH_URL and its like",
                )
            ],
        )
    try:
        return openstack.ask(said, names, connection)
    except (exceptions.SDKException, ClientException) as error:
        raise Refused(
            "the OpenStack cloud could not be asked",
            [
                Problem(
                    "openstack:cloud",
                    "",
                    str(error).splitlines()[0],
                    "check clouds.yaml and the way to the cloud's endpoints",
                )
            ],
        ) from None
