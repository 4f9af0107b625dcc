"""How a kind of load balancer is planned: what the module `plan` of its folder has under the name PLANNER.

Pure: no Pulumi, no network, no clock. Read by plan.make and by the questions to a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..kubernetes.beside import Beside, Rival
from ..kubernetes.wanted import Needed, Wanted
from ..names import Names
from ..problems import Problem, Refused
from ..settings.model import LoadBalancer, Settings
from .request import Request
from .way import End

P = TypeVar("P")


@dataclass(frozen=True)
class Planner(Generic[P]):
    """What a kind decides, and what it knows before anything is decided."""

    make: Callable[[Request], P]
    """The plan: a frozen dataclass whose choices say why."""
    obstacles: Callable[[P, Request], Iterable[Problem]] = lambda _plan, _request: ()
    """Why the platform cannot carry what was planned; a platform that can tell nothing has none."""
    wanted: Callable[[Settings, Names], Iterable[Wanted]] = lambda _settings, _names: ()
    """The Kubernetes objects that the component makes."""
    needed: Callable[[Settings], Iterable[Needed]] = lambda _settings: ()
    """Those that have to be there for it."""
    lists: Callable[[Settings], Iterable[str]] = lambda _settings: ()
    """What of the cluster is listed for `rivals`: paths of its API."""
    rivals: Callable[[Settings, Beside], Iterable[Rival]] = lambda _settings, _beside: ()
    """Who else in the cluster would give the controller's Service an address, or has what it is to get."""
    clashes: Callable[[Settings, Settings], Iterable[Problem]] = lambda _settings, _other: ()
    """Why another load balancer of this kind cannot be in the same cluster, beside the objects it makes."""
    narrowed: Callable[[LoadBalancer], Iterable[str]] = lambda _load_balancer: ()
    """Why a machine outside may get no answer from a front door that works."""
    ends: Callable[[LoadBalancer], Mapping[End, str]] = lambda _load_balancer: {}
    """Which hop is broken, by what a connection sees, and what helps; what is left out any kind says."""

    def __call__(self, request: Request, known: Iterable[Problem]) -> P:
        """The plan.

        Raises:
            Refused: with what was known to be wrong, and every obstacle.
        """
        planned = self.make(request)
        if problems := [*known, *self.obstacles(planned, request)]:
            raise Refused(
                f"{request.names.prefix}: the platform cannot carry this plan; nothing was made", problems
            )
        return planned
