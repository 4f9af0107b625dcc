"""In the end the cluster is asked why the controller answers by itself, where it is known which cluster."""

import pytest

from portico.kubernetes.answers import Look, Object
from portico.kubernetes.cluster import NoAnswer
from portico.later import Later
from portico.plan.questions import Question
from portico.problems import Problem
from portico.serving import explaining
from portico.settings.model import App, AppService, Kubernetes

APP = App("shop", "shop.example.org", service=AppService("web", 80))
QUESTION = Question(80, False, APP.host, app=APP)
WEB = Object("v1", "Service", "default", "web")


@pytest.fixture
def reason(monkeypatch):
    def why(said=None, alone=True, question=QUESTION, there="a cluster", looks=None):
        def looked(_, things):
            if isinstance(looks, Exception):
                raise looks
            assert WEB in things
            return {WEB: None} if looks is None else looks

        monkeypatch.setattr(explaining, "cluster", lambda _: there)
        monkeypatch.setattr(explaining, "looks", looked)
        return explaining.explained(said or Kubernetes(), alone=alone)(question)

    return why


def test_the_object_that_is_missing_is_named(reason):
    assert reason() == "there is no Service default/web; create it, or name another"
    assert reason(Kubernetes("kubeconfig"), alone=False) == reason()


def test_an_application_that_rests_on_sound_things_has_no_reason(reason):
    assert reason(looks={WEB: Look("ClusterIP", (80,), 1)}) is None


@pytest.mark.parametrize(
    "unknown",
    [
        {"alone": False},
        {"said": Kubernetes(Later(None))},
        {"question": Question(80, False)},
        {"there": None},
    ],
    ids=["a provider of the program", "a kubeconfig that is made", "no application", "no kubeconfig"],
)
def test_nobody_is_asked_where_there_is(reason, unknown):
    assert reason(**unknown) is None


def test_a_cluster_that_does_not_answer_is_the_reason(reason):
    silence = NoAnswer(Problem("portico:kubernetes.kubeconfig", "", "the cluster could not be asked"))
    assert reason(looks=silence) == "the cluster could not be asked"
