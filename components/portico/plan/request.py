"""What every kind's plan is made from.

Pure: no Pulumi, no network, no clock. Made by plan.make, read by the plans of the kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..kinds.table import Kind
from ..names import Names
from ..openstack.answers import OpenStack
from ..settings.model import Settings
from ..traffic import Backend, Health, Listener


@dataclass(frozen=True)
class Traffic:
    """What comes in and where it goes, as far as it is known."""

    listeners: tuple[Listener, ...]
    backends: tuple[Backend, ...] | None
    health: Health


@dataclass(frozen=True)
class Request:
    """A load balancer of that kind, for these settings, on a platform that can do this."""

    kind: Kind
    settings: Settings
    cloud: OpenStack | None
    """None: the cloud was not asked, or is none."""
    names: Names
    traffic: Traffic
