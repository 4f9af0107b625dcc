"""Who asks an OpenStack region, and what comes of it: an answer, a problem, a warning, or no answer.

Speaks HTTPS through openstacksdk and changes nothing. Read by the modules that ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from openstack import exceptions

from ..later import Later, now
from ..plan.choice import is_id
from ..problems import Problem
from .answers import Quota
from .cloud import Cloud

T = TypeVar("T")
SECTION = "portico:loadBalancer"

NAMESAKES: Mapping[str, Callable[[Cloud, str], Iterable[Any]]] = {
    "image": lambda cloud, name: cloud.image.images(name=name),
    "network": lambda cloud, name: cloud.network.networks(name=name),
    "security group": lambda cloud, name: cloud.network.security_groups(name=name),
}
"""Everything of one name, of what OpenStack lets share a name."""

BY_ID = ("security group",)
"""What is used by its id alone: a name that may not be looked up would stay unknown, also in an `up`."""

NEEDED = ("network",)
"""Of what more than its id is needed."""


@dataclass
class Asker:
    """Asks, and notes what has no answer."""

    cloud: Cloud
    problems: list[Problem]
    warnings: list[str] = field(default_factory=list)
    """What is said aloud and stops nothing."""

    def found(
        self,
        path: str,
        said: str,
        what: str,
        find: Callable[[str], T | None],
        otherwise: str = "give the id instead",
    ) -> T | None:
        """What a name or id means; a problem where it means nothing or several things.

        Args:
            otherwise: what to do about several things of one name.
        """
        try:
            thing = find(said)
        except exceptions.DuplicateResource:
            self.refuse(path, said, f"several {what}s have this name{self._ids(what, said)}", otherwise)
            return None
        except exceptions.ForbiddenException:
            if what in NEEDED or (what in BY_ID and not is_id(said)):
                remedy = "use credentials that may" if what in NEEDED else otherwise
                self.refuse(path, said, f"the cloud does not let this project look for a {what}", remedy)
            return None
        if thing is None:
            self.refuse(
                path,
                said,
                f"there is no such {what} that this project can see",
                f"look with `openstack {what} list`",
            )
        return thing

    def _ids(self, what: str, name: str) -> str:
        listing = NAMESAKES.get(what)
        things = told(lambda: list(listing(self.cloud, name))) if listing else None
        return f": {', '.join(sorted(thing.id for thing in things))}" if things else ""

    def look(
        self, path: str, said: str | Later | None, what: str, find: Callable[[str], T | None]
    ) -> T | None:
        """As `found`; what is not named, or known only while the program runs, is not looked up."""
        known = now(said)
        return self.found(path, known, what, find) if known is not None else None

    def refuse(self, path: str, said: object, rule: str, remedy: str = "") -> None:
        """A problem, of the load balancer's section where the path names none."""
        self.problems.append(_problem(path, said, rule, remedy))

    def warn(self, path: str, said: object, rule: str, remedy: str = "") -> None:
        """The same as a warning."""
        self.warnings.append(str(_problem(path, said, rule, remedy)))


def _problem(path: str, said: object, rule: str, remedy: str) -> Problem:
    return Problem(f"{SECTION}.{path}" if ":" not in path else path, repr(said), rule, remedy)


def told(asks: Callable[[], T]) -> T | None:
    """An answer; None where the cloud forbids the question or does not know it, which is never "there is
    none".

    Raises:
        openstack.exceptions.SDKException: the cloud does not answer.
    """
    try:
        return asks()
    except (exceptions.ForbiddenException, exceptions.NotFoundException):
        return None


def quota(limit: int | None, used: int | None) -> Quota | None:
    """A quota as an API tells it; None where it does not tell both, which is neither "unlimited" nor "none is
    used"."""
    return None if limit is None or used is None else Quota(limit, used)
