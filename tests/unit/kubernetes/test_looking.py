"""The cluster is asked what an application rests on, and never for the key of a certificate."""

import pytest

from portico.kubernetes import cluster as kubernetes
from portico.kubernetes.answers import Look, Object
from portico.kubernetes.cluster import NoAnswer
from portico.kubernetes.looking import TABLE, looks
from tests.unit.kubernetes.servers import refused, served, written

SERVICE = Object("v1", "Service", "shop", "web")
SECRET = Object("v1", "Secret", "shop", "tls")
INGRESS = Object("networking.k8s.io/v1", "Ingress", "shop", "web")
AT_SERVICE = "/api/v1/namespaces/shop/services/web"
AT_SECRET = "/api/v1/namespaces/shop/secrets/tls?includeObject=None"
AT_SLICES = (
    "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
    "?labelSelector=kubernetes.io%2Fservice-name%3Dweb"
)
WEB = {
    "spec": {
        "type": "NodePort",
        "ports": [{"port": 80, "protocol": "TCP"}, {"port": 443}, {"port": 53, "protocol": "UDP"}],
    }
}
COLUMNS = [{"name": "Name"}, {"name": "Type"}, {"name": "Data"}, {"name": "Age"}]


def slices(*ready):
    endpoints = [{"conditions": {} if each is None else {"ready": each}} for each in ready]
    return {"items": [{"endpoints": endpoints}, {"endpoints": None}]}


@pytest.fixture
def asked(tmp_path):
    """What a cluster of these answers says of these objects, and what it was asked."""

    def ask(answers, *things):
        with served(answers) as server:
            there = kubernetes.connect(str(written(tmp_path, f"http://127.0.0.1:{server.server_port}")), None)
            return looks(there, things), server.asked

    return ask


@pytest.mark.parametrize(("ready", "count"), [((), 0), ((True, False, None), 2)])
def test_of_a_service_type_tcp_ports_and_ready_endpoints_are_told(asked, ready, count):
    said, _ = asked({AT_SERVICE: (200, WEB), AT_SLICES: (200, slices(*ready))}, SERVICE)
    assert said == {SERVICE: Look("NodePort", (80, 443), count)}


def test_a_service_that_is_a_dns_name_has_no_ports(asked):
    said, _ = asked({AT_SERVICE: (200, {"spec": {"type": "ExternalName"}})}, SERVICE)
    assert said == {SERVICE: Look("ExternalName")}


def test_of_a_secret_the_type_alone_is_asked_for(asked):
    table = {"columnDefinitions": COLUMNS, "rows": [{"cells": ["tls", "kubernetes.io/tls", 2, "1d"]}]}
    said, questions = asked({AT_SECRET: (200, table)}, SECRET)
    assert said == {SECRET: Look("kubernetes.io/tls")}
    assert questions == [(AT_SECRET, TABLE)]


def test_what_is_not_there_is_told_from_what_may_not_be_seen(asked):
    said, _ = asked(
        {AT_SECRET: refused(403, "no"), AT_SERVICE: (200, WEB), AT_SLICES: refused(403, "no")},
        SERVICE,
        SECRET,
        INGRESS,
    )
    assert said == {SERVICE: Look("NodePort", (80, 443), None), INGRESS: None}


def test_a_cluster_that_does_not_answer_is_said(asked):
    with pytest.raises(NoAnswer):
        asked({AT_SERVICE: (500, {"message": "etcd is gone"})}, SERVICE)
