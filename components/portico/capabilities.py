"""What a platform can do, as frozen values: the answers to read-only questions, asked before anything is
made.

Pure: no Pulumi, no network, no clock. Made by preflight, read by plan.make. A field that is None was not
asked, because there are no credentials (an offline preview) or because the kind of load balancer does not
need it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .kubernetes.answers import Cluster
from .openstack.answers import OpenStack
from .problems import Problem
from .traffic import Backend


@dataclass(frozen=True)
class Capabilities:
    """Everything that was asked, and what went wrong while asking."""

    openstack: OpenStack | None = None
    cluster: Cluster | None = None
    backends: tuple[Backend, ...] | None = None
    """The nodes that a look-up found; None where the settings name them or no look-up was made."""
    problems: tuple[Problem, ...] = ()
    """Names that do not exist or are ambiguous; the plan refuses with them."""
    warnings: tuple[str, ...] = ()
    """What is said aloud and stops nothing."""


OFFLINE = Capabilities()
"""Nothing was asked."""
