"""The load balancer outlives what is in the cluster, so that a `destroy` whose cluster is dead stops while it
serves."""

from collections.abc import Mapping
from typing import Any

import pytest

from portico.exposure import Exposure
from portico.testing.recorder import build
from tests.unit.kubernetes.test_objects import PAIR, RUN, WORLDS

OUTSIDE = {name: WORLDS[name] for name in ("openstack-haproxy", "octavia", "aws-nlb")}


@pytest.mark.parametrize(
    ("said", "last"),
    [
        *((world, "networking.k8s.io/v1:IngressClass") for world in OUTSIDE.values()),
        ({**PAIR, "ingress": {"controller": "none"}, "apps": [RUN]}, "networking.k8s.io/v1:Ingress"),
        ({**PAIR, "ingress": {"existing": ["ingressClass"]}}, "core/v1:Service"),
    ],
    ids=[*OUTSIDE, "no controller", "a class that is there"],
)
def test_nothing_of_the_load_balancer_goes_before_the_cluster_has_answered(
    said: Mapping[str, Any], last: str
) -> None:
    recorded = build(lambda: Exposure("portico", said).url, preview=True)
    balancer = {
        each.urn
        for each in recorded.registered
        if each.custom and each.name.startswith("portico-lb-") and "pulumi:providers" not in each.type
    }
    assert len(balancer) > 3
    assert balancer <= recorded.after(recorded.one(last))
