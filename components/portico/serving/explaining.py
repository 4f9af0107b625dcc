"""Why the controller answers by itself for an application, as the cluster tells.

Asks and changes nothing; never in previews. Read by exposure.
"""

from __future__ import annotations

from ..connections import cluster
from ..kubernetes.cluster import NoAnswer
from ..kubernetes.looking import looks
from ..kubernetes.resting import reasons, serving
from ..plan.questions import Question
from ..settings.model import Kubernetes
from .address import Explain


def explained(said: Kubernetes, *, alone: bool) -> Explain:
    """Args:
    said: the cluster.
    alone: whether the settings and the stack tell it; a provider that the program gives does not.
    """

    def explain(question: Question) -> str | None:
        app = question.app
        if app is None or said.later or not (alone or said.kubeconfig):
            return None
        try:
            there = cluster(said)
            seen = looks(there, serving(app)) if there else {}
        except NoAnswer as silence:
            return silence.problem.rule
        return ", and ".join(reasons(app, seen)) or None

    return explain
