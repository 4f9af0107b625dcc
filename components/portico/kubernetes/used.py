"""Why what has to be there already cannot be used: it is missing, it goes, it is another's to serve, or this
stack made it.

Pure: no Pulumi, no network, no clock. Read by kubernetes.standing.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..problems import Problem
from .answers import Cluster, Standing
from .wanted import Needed

LEVELS = ("", "privileged", "baseline", "restricted")
"""What a namespace may enforce, each more than the one before (Kubernetes, Pod Security Standards). A value
that is none of them counts as the last (Pod Security Admission, evaluation of an invalid label)."""


def obstacle(need: Needed, cluster: Cluster) -> Problem | None:
    """The one reason that matters; None where it can be used, or was not asked for."""
    if need.object not in cluster.asked:
        return None
    live = cluster.standing.get(need.object)
    if live is None:
        return Problem(need.path, need.value, need.rule, need.remedy)
    if need.used and cluster.made.get(need.object) == live.uid:
        rule = f"{need.object} was made by this stack, and would be deleted as soon as it is only used"
        return Problem(need.used, "", rule, "leave it out there")
    return next((Problem(need.path, need.value, *why) for why in _unfit(need, live)), None)


def _unfit(need: Needed, live: Standing) -> Iterator[tuple[str, str]]:
    """Rule and remedy."""
    if live.leaving:
        yield f"{need.object} is being deleted", "wait until it is gone and make it anew, or name another"
    if need.controller and live.controller != need.controller:
        yield (
            f"{need.object} is served by {live.controller or 'nobody'}, and not by {need.controller}",
            "name another class, or say `controller: none`",
        )
    if need.pods and _level(live.enforced) > _level(need.pods):
        yield (
            f"{need.object} enforces the Pod Security Standard {live.enforced}, "
            f"and the pods made there keep {need.pods} only",
            "name another namespace, or have it enforce less",
        )


def _level(name: str) -> int:
    return LEVELS.index(name) if name in LEVELS else len(LEVELS) - 1
