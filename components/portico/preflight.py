"""What is asked before anything is made: the platforms, and the stack's own state.

May touch Pulumi; only reads. Read by planning; the answers are capabilities, and what went wrong while asking
is a problem that the plan refuses with.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pulumi

from . import memory
from .capabilities import OFFLINE, Capabilities
from .connections import cloud, credentials
from .kinds.table import Platform, chosen
from .kubernetes import preflight as cluster_preflight
from .later import Later
from .names import Names
from .openstack.answers import OpenStack
from .openstack.cloud import Cloud, region, silent
from .openstack.credentials import Credentials
from .problems import Problem, Refused
from .settings import Settings
from .state import State


@dataclass(frozen=True)
class Asked:
    """Who is asked for a platform: never anybody else than the one that its provider speaks to."""

    asker: Callable[[], Credentials] = credentials
    """Who asks OpenStack."""
    cloud: Callable[[], Cloud | None] = cloud
    """The connection of that one."""
    cloud_later: bool = False
    """Whether the cloud is that of a provider whose configuration is not known yet."""
    network_later: bool = False
    """Whether the program makes the network: it may join a router to it after the look-up."""
    cluster: bool = True
    """False where a provider is given and the settings name no kubeconfig: it does not tell its own."""


DEFAULT = Asked()
"""Both are those that the configuration names."""


def capabilities(said: Settings, names: Names, state: State, asked: Asked = DEFAULT) -> Capabilities:
    """The answers of both platforms; offline nothing is asked.

    Raises:
        Refused: an `up` without credentials, or a cloud that is misspelt or does not answer; with what is
            wrong in the cluster.
    """
    inside = cluster_preflight.ask(said, names, state) if asked.cluster else OFFLINE
    try:
        outside = cloud_capabilities(said, names, state, asked)
    except Refused as refused:
        raise Refused(refused.title, [*refused.problems, *inside.problems]) from None
    return replace(
        outside,
        cluster=inside.cluster,
        problems=(*outside.problems, *inside.problems),
        warnings=(*outside.warnings, *inside.warnings),
    )


def cloud_capabilities(said: Settings, names: Names, state: State, asked: Asked = DEFAULT) -> Capabilities:
    """The cloud's answers; offline what the state tells is what is known.

    Raises:
        Refused: an `up` without credentials, or a cloud that is misspelt or does not answer.
    """
    if not asks_openstack(said):
        return OFFLINE
    own = memory.own(state, names)
    if asked.cloud_later:
        return Capabilities(openstack=OpenStack(own=own))
    own = replace(own, booted=memory.booted(said, asked.asker().named, state, own, names))
    connection = asked.cloud()
    if connection is None:
        if pulumi.runtime.is_dry_run():
            pulumi.log.info(
                "no OpenStack credentials: what only the cloud could tell is as the last `up` found it, or "
                "unknown in this preview"
            )
            return Capabilities(openstack=replace(memory.recalled(said, asked.asker().named, state), own=own))
        raise Refused(
            "no OpenStack credentials",
            [
                Problem(
                    "openstack:cloud",
                    "",
                    "must name a cloud in clouds.yaml",
                    "or set openstack:authUrl and its like, OS_CLOUD, or OS_AUTH_URL and its like",
                )
            ],
        )
    # With a connection openstacksdk is there. Without one nobody waits for it.
    from keystoneauth1.exceptions import ClientException
    from openstack import exceptions

    from .openstack.ask import ask

    who = asked.asker()
    try:
        connection.current_project_id  # noqa: B018 - asks for a token, which shows whatever else is missing
    except Exception as error:  # noqa: BLE001 - keystoneauth raises bare exceptions for some of it
        raise silent(who, error) from None
    try:
        region(connection, who)
        answers = ask(said, names, connection, own)
    except (exceptions.SDKException, ClientException) as error:
        raise silent(who, error) from None
    if asked.network_later and answers.openstack:
        return replace(answers, openstack=replace(answers.openstack, routers=None))
    return answers


def asks_openstack(said: Settings) -> bool:
    """Whether an OpenStack cloud is asked for these settings."""
    platforms = chosen(said.load_balancer).platforms
    return Platform.OPENSTACK in platforms or (said.nodes is not None and said.nodes.source == "openstack")


def network_later(said: Settings) -> bool:
    """Whether the network is known only while the program runs."""
    where = said.load_balancer.openstack
    return where is not None and any(isinstance(each, Later) for each in (where.network, where.subnet))
