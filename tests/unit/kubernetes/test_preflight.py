"""The cluster is asked before anything is made: an `up` needs the answers, a preview goes on without."""

import socket

import pulumi
import pytest

from portico import connections
from portico.capabilities import OFFLINE
from portico.exposure import Exposure
from portico.kubernetes.answers import Object
from portico.kubernetes.preflight import ask, made
from portico.names import Names
from portico.state import Resource, State
from portico.testing.recorder import build
from tests.unit.kubernetes.servers import refused, served, written
from tests.unit.kubernetes.test_objects import PAIR, RUN, WORLDS, settings

NAMES = Names("portico-test")
SPACE = Object("v1", "Namespace", None, "portico-ingress")
BELOW = "urn:pulumi:test::portico::portico:index:Exposure$portico:index:Traefik"


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    return said


@pytest.fixture
def dead(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("KUBECONFIG", str(written(tmp_path, url)))
    return url


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """A living cluster that answers so."""
    with served() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("KUBECONFIG", str(written(tmp_path, url)))
        server.answers["/api/v1/namespaces/default"] = (200, {"metadata": {"uid": "0"}})
        server.answers["/api/v1/services?limit=500"] = (200, {"metadata": {}, "items": []})
        yield server.answers


def asked(*, preview, said=PAIR):
    return build(lambda: {"is": ask(settings(said), NAMES, State())}, preview=preview).result["is"]


def exposure(*, preview, said=PAIR):
    return build(lambda: Exposure("portico", said).url, preview=preview)


def test_a_dead_cluster_is_refused_by_an_up_before_anything_is_made(dead):
    (problem,) = asked(preview=False).problems
    assert f"the cluster at {dead}, context here could not be asked: Connection refused" in problem.rule


def test_a_dead_cluster_and_missing_credentials_for_the_cloud_are_said_at_once(dead, monkeypatch):
    monkeypatch.delenv("OS_CLOUD", raising=False)
    monkeypatch.delenv("OS_AUTH_URL", raising=False)
    connections.cloud.cache_clear()
    with pytest.raises(pulumi.RunError) as error:
        exposure(preview=False)
    assert "openstack:cloud" in str(error.value)
    assert f"the cluster at {dead}" in str(error.value)


def test_a_dead_cluster_is_a_warning_in_a_preview_that_shows_everything_else(dead, warnings):
    shown = exposure(preview=True)
    assert shown.one("DaemonSet")
    (warning,) = warnings
    assert f"the cluster at {dead}" in warning
    assert "\n" not in warning


def test_a_preview_without_a_kubeconfig_asks_nothing_and_warns_of_nothing(warnings):
    assert asked(preview=True) == OFFLINE
    assert warnings == []


def test_an_up_without_a_kubeconfig_is_refused():
    said = {**PAIR, "kubernetes": {"kubeconfig": "~/none"}}
    (problem,) = asked(preview=False, said=said).problems
    assert (problem.path, problem.value) == ("portico:kubernetes.kubeconfig", "'~/none'")


def test_a_name_that_is_taken_in_the_cluster_is_refused_in_a_preview_too(answers):
    answers["/api/v1/namespaces/portico-ingress"] = (200, {"metadata": {"uid": "1"}})
    with pytest.raises(pulumi.RunError, match="Namespace portico-ingress is there already"):
        exposure(preview=True)


def test_what_may_not_be_read_is_refused_by_an_up_and_a_warning_in_a_preview(answers, warnings):
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/portico-test-traefik"
    answers[path] = refused(403, 'User "u" cannot get resource "clusterroles"')
    (problem,) = asked(preview=False).problems
    assert "ClusterRole portico-test-traefik may not be read" in problem.rule
    assert 'cannot get resource "clusterroles"' in problem.rule
    assert asked(preview=True).problems == ()
    assert len(warnings) == 1


def test_node_ports_that_may_not_be_listed_are_a_warning(answers, warnings):
    answers["/api/v1/services?limit=500"] = refused(403, "no")
    cluster = asked(preview=False).cluster
    assert cluster.node_ports is None
    assert "whether the node ports are free could not be asked" in warnings[0]


def test_no_services_are_listed_where_no_node_port_is_wanted(answers, warnings):
    answers["/api/v1/services?limit=500"] = refused(403, "no")
    asked(preview=False, said={**PAIR, "ingress": {"controller": "none"}, "apps": [RUN]})
    assert warnings == []


def namespace(urn, **metadata):
    kept = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "portico-ingress", **metadata}}
    return Resource(urn, "kubernetes:core/v1:Namespace", kept)


def test_what_this_component_made_is_known_from_the_state_by_its_uid():
    mine = namespace(f"{BELOW}$kubernetes:core/v1:Namespace::portico-ingress-namespace", uid="1")
    assert made(State((mine,))) == {SPACE: "1"}


def test_another_part_of_the_program_does_not_make_an_object_this_components():
    theirs = namespace("urn:pulumi:test::portico::kubernetes:core/v1:Namespace::portico-ingress", uid="1")
    assert made(State((theirs,))) == {}


TRAEFIK = {
    "metadata": {"name": "traefik", "namespace": "kube-system"},
    "spec": {"template": {"spec": {"containers": [{"args": ["--providers.kubernetesingress"]}]}}},
}
DEPLOYMENTS = "/apis/apps/v1/deployments?limit=500"


def test_another_controller_of_the_same_class_is_said_once_and_refused_where_clients_are_told_apart(
    answers, warnings
):
    answers[DEPLOYMENTS] = (200, {"metadata": {}, "items": [TRAEFIK]})
    assert exposure(preview=True).one("DaemonSet")
    (warning,) = (each for each in warnings if "Traefik" in each)
    assert "Deployment kube-system/traefik is a Traefik that serves this class as well" in warning
    narrow = {**PAIR, "loadBalancer": {**PAIR["loadBalancer"], "allowedClients": ["198.51.100.0/24"]}}
    with pytest.raises(pulumi.RunError, match="Deployment kube-system/traefik is a Traefik that serves"):
        exposure(preview=True, said=narrow)


def test_other_controllers_that_may_not_be_listed_are_a_warning(answers, warnings):
    answers[DEPLOYMENTS] = refused(403, "no")
    assert asked(preview=False).cluster.workloads is None
    assert "whether another controller serves the same could not be asked: no" in warnings[0]


def test_the_pools_of_the_metallb_that_is_there_are_listed(answers):
    there = "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools"
    theirs = {"metadata": {"name": "theirs"}, "spec": {"addresses": ["192.0.2.0/24"]}}
    answers[f"{there}?limit=500"] = (200, {"metadata": {}, "items": [theirs]})
    assert asked(preview=False, said=WORLDS["metallb"]).cluster.listed == {there: (theirs,)}
    with pytest.raises(pulumi.RunError, match=r"overlaps 192.0.2.0/24 of IPAddressPool theirs"):
        exposure(preview=True, said=WORLDS["metallb"])


def test_nobody_else_is_listed_where_there_is_no_controller_of_ours(answers, warnings):
    answers[DEPLOYMENTS] = refused(403, "no")
    asked(preview=False, said={**PAIR, "ingress": {"controller": "none"}, "apps": [RUN]})
    assert warnings == []


OWN = {"name": "own", "host": "own.example.org", "service": {"name": "web", "port": 80}, "tlsSecret": "tls"}
WEB = "/api/v1/namespaces/default/services/web"


def test_a_service_that_is_a_dns_name_is_refused_before_anything_is_made(answers):
    answers[WEB] = (200, {"spec": {"type": "ExternalName", "externalName": "example.org"}})
    (problem,) = asked(preview=True, said={**PAIR, "apps": [OWN]}).problems
    assert problem.path == "portico:apps[0].service.name"
    assert "of type ExternalName" in problem.rule


def test_a_service_and_a_secret_that_may_come_later_are_warnings(answers, warnings):
    assert asked(preview=False, said={**PAIR, "apps": [OWN]}).problems == ()
    assert [warning.partition(" = ")[0] for warning in warnings] == [
        "portico:apps[0].service",
        "portico:apps[0].tlsSecret",
    ]
