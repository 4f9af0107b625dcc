"""What a kubeconfig and an API server may answer, over a real connection; one sentence for each fault."""

import base64
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from portico.kubernetes import cluster as kubernetes
from portico.kubernetes.answers import Container, IngressClass, Object
from portico.kubernetes.cluster import Forbidden, NoAnswer
from portico.kubernetes.kubeconfig import find
from tests.unit.kubernetes.servers import Server, refused, served, written

SPACE = Object("v1", "Namespace", None, "edge")
CLASS = Object("networking.k8s.io/v1", "IngressClass", None, "public")
SERVICE = Object("v1", "Service", "edge", "door")


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[object]:
    """Starts a server and connects to it."""
    with ExitStack() as servers:

        def start(answers: Mapping[str, tuple[int, object]]) -> tuple[Server, kubernetes.Cluster]:
            server = servers.enter_context(served(answers))
            file = written(tmp_path, f"http://127.0.0.1:{server.server_port}")
            cluster = kubernetes.connect(str(file), None)
            assert cluster is not None
            return server, cluster

        yield start


def found(uid: str, **more: object) -> tuple[int, object]:
    return 200, {"metadata": {"uid": uid, **more}}


def test_what_is_there_is_told_with_its_uid_its_stack_and_its_controller(answering) -> None:
    leaving = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    _, cluster = answering(
        {
            "/api/v1/namespaces/edge": found(
                "1", labels={"app.kubernetes.io/instance": "portico-prod"}, **leaving
            ),
            "/apis/networking.k8s.io/v1/ingressclasses/public": (
                200,
                {"metadata": {"uid": "2"}, "spec": {"controller": "k8s.io/ingress-nginx"}},
            ),
        }
    )
    answers = kubernetes.ask(cluster, [SPACE, CLASS, SERVICE])
    assert answers.standing == {
        SPACE: kubernetes.Standing("1", instance="portico-prod", leaving=True),
        CLASS: kubernetes.Standing("2", controller="k8s.io/ingress-nginx"),
    }
    assert answers.known([SPACE, CLASS, SERVICE]) == {SPACE, CLASS, SERVICE}


def test_nothing_but_names_and_labels_is_read_of_a_secret(answering) -> None:
    server, cluster = answering({})
    kubernetes.ask(cluster, [Object("v1", "Secret", "edge", "key")])
    assert ("/api/v1/namespaces/edge/secrets/key", kubernetes.METADATA) in server.asked


def test_what_may_not_be_read_is_told_with_the_servers_own_words(answering) -> None:
    message = 'services "door" is forbidden: User "u" cannot get resource "services" in the namespace "edge"'
    _, cluster = answering({"/api/v1/namespaces/edge/services/door": refused(403, message)})
    answers = kubernetes.ask(cluster, [SPACE, SERVICE])
    assert answers.forbidden == {SERVICE: message}
    assert answers.known([SPACE, SERVICE]) == {SPACE}


def test_every_node_port_is_told_with_its_service_over_several_pages(answering) -> None:
    def service(name: str, **spec: object) -> object:
        return {"metadata": {"namespace": "edge", "name": name}, "spec": spec}

    first = {
        "metadata": {"continue": "a+b"},
        "items": [service("door", ports=[{"port": 80, "nodePort": 30080}, {"port": 81}])],
    }
    second = {"metadata": {}, "items": [service("lb", healthCheckNodePort=31000), service("none")]}
    _, cluster = answering(
        {
            "/api/v1/services?limit=500": (200, first),
            "/api/v1/services?limit=500&continue=a%2Bb": (200, second),
        }
    )
    assert kubernetes.node_ports(cluster) == {
        30080: SERVICE,
        31000: Object("v1", "Service", "edge", "lb"),
    }


def test_services_that_may_not_be_listed_are_unknown(answering) -> None:
    _, cluster = answering({"/api/v1/services?limit=500": refused(403, "no")})
    with pytest.raises(Forbidden):
        kubernetes.node_ports(cluster)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (refused(401, "Unauthorized"), r"does not know these credentials \(401\)"),
        (refused(503, "etcd is not ready\nreally"), "could not be asked: etcd is not ready;"),
        ((200, "<html>"), "HTTP 200, and no Kubernetes API"),
        ((502, "<html>"), "HTTP 502, and no Kubernetes API"),
        ((200, {"hello": "world"}), "what answers there is no Kubernetes API"),
        ((404, "no such page"), "what answers there is no Kubernetes API"),
    ],
    ids=["credentials", "failing", "a page", "a proxy", "something else", "nothing there"],
)
def test_a_cluster_that_cannot_be_asked_is_one_sentence(answering, answer, cause) -> None:
    _, cluster = answering({"/version": answer})
    with pytest.raises(NoAnswer, match=cause) as silence:
        kubernetes.ask(cluster, [SPACE])
    assert "\n" not in str(silence.value)
    assert f"the cluster at {cluster.server}, context here" in str(silence.value)


def test_a_dead_server_is_one_sentence_with_its_url_and_context(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    cluster = kubernetes.connect(str(written(tmp_path, url)), "here")
    assert cluster is not None
    with pytest.raises(NoAnswer) as silence:
        kubernetes.ask(cluster, [SPACE])
    assert str(silence.value) == (
        f"portico:kubernetes.kubeconfig = '{tmp_path}/kubeconfig': the cluster at {url}, context here could "
        "not be asked: Connection refused; check the kubeconfig and the way to the API server"
    )


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(kubernetes, "READ", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        cluster = kubernetes.connect(str(written(tmp_path, url)), None)
        assert cluster is not None
        with pytest.raises(NoAnswer, match="no answer within"):
            kubernetes.ask(cluster, [SPACE])


def test_a_context_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    file = written(tmp_path, "http://127.0.0.1:1")
    with pytest.raises(NoAnswer, match=r"kubernetes.context = 'prod': .* no such context .*; it has here"):
        kubernetes.connect(str(file), "prod")


@pytest.mark.parametrize(
    "text",
    ["", "{", "hello", "[]", "contexts: []", "current-context: x\ncontexts: []", "contexts: 7\nusers: 8"],
    ids=["empty", "no YAML", "a word", "a list", "no context", "a context too few", "numbers"],
)
def test_a_kubeconfig_that_is_none_is_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    with pytest.raises(NoAnswer, match="is no usable kubeconfig: ") as silence:
        kubernetes.connect(str(file), None)
    assert "\n" not in str(silence.value)


def test_there_may_be_no_kubeconfig_at_all(tmp_path: Path, monkeypatch) -> None:
    assert kubernetes.connect(None, None) is None
    assert kubernetes.connect(str(tmp_path / "none"), None) is None
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert kubernetes.connect(None, None) is None


def test_the_settings_name_the_kubeconfig_else_the_environment_else_the_home(
    tmp_path: Path, monkeypatch
) -> None:
    home = tmp_path / ".kube"
    home.mkdir()
    written(home, "http://home.invalid").rename(home / "config")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kubernetes.connect(None, None).server == "http://home.invalid"
    assert kubernetes.connect("~/.kube/config", None).server == "http://home.invalid"
    monkeypatch.setenv("KUBECONFIG", str(written(tmp_path, "http://environment.invalid")))
    assert kubernetes.connect(None, None).server == "http://environment.invalid"
    assert kubernetes.connect("~/.kube/config", None).server == "http://home.invalid"


def test_of_several_files_the_first_that_says_something_holds(tmp_path: Path, monkeypatch) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir(), two.mkdir()
    first, second = written(one, "http://one.invalid"), written(two, "http://two.invalid")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/none:{first}:{second}")
    assert kubernetes.connect(None, None).server == "http://one.invalid"
    assert kubernetes.connect(f"{second}:{first}", None).server == "http://two.invalid"
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/none:{tmp_path}/nothing")
    assert kubernetes.connect(None, None) is None


def test_one_of_several_files_that_is_none_is_named(tmp_path: Path, monkeypatch) -> None:
    file, broken = written(tmp_path, "http://one.invalid"), tmp_path / "broken"
    broken.write_text("clusters: [{}]")
    monkeypatch.setenv("KUBECONFIG", f"{file}:{broken}")
    with pytest.raises(NoAnswer, match=f"{broken} is no usable kubeconfig"):
        kubernetes.connect(None, None)


def test_what_a_file_names_beside_it_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("certificate")
    (tmp_path / "token").write_text("t\n")
    file = tmp_path / "kubeconfig"
    file.write_text(
        "clusters: [{name: c, cluster: {server: http://c.invalid, certificate-authority: ca.pem}}]\n"
        "users: [{name: u, user: {tokenFile: token}}]\n"
    )
    content = find(f"{file}:{tmp_path}/none").content
    assert content["clusters"][0]["cluster"] == {
        "server": "http://c.invalid",
        "certificate-authority-data": base64.b64encode(b"certificate").decode(),
    }
    assert content["users"][0]["user"] == {"token": "t"}


def test_the_content_itself_is_a_kubeconfig(tmp_path: Path) -> None:
    content = written(tmp_path, "http://content.invalid").read_text()
    assert kubernetes.connect(content, None).server == "http://content.invalid"
    assert kubernetes.connect(json.dumps(yaml.safe_load(content)), None).server == "http://content.invalid"


@pytest.mark.parametrize(
    "content", ["apiVersion: v1\nsecret: [", "{]", "- secret\n- two\n", "apiVersion: v1\n"]
)
def test_content_that_is_no_kubeconfig_is_one_sentence_and_not_shown(content: str) -> None:
    with pytest.raises(NoAnswer) as silence:
        kubernetes.connect(content, None)
    assert str(silence.value).startswith("portico:kubernetes.kubeconfig: ")
    assert "secret" not in str(silence.value)


def test_a_kubeconfig_is_read_and_never_written(tmp_path: Path, answering) -> None:
    _, cluster = answering({})
    before = (tmp_path / "kubeconfig").read_bytes()
    kubernetes.ask(cluster, [SPACE])
    assert (tmp_path / "kubeconfig").read_bytes() == before


@pytest.mark.parametrize(
    ("thing", "path"),
    [
        (SPACE, "/api/v1/namespaces/edge"),
        (CLASS, "/apis/networking.k8s.io/v1/ingressclasses/public"),
        (Object("networking.k8s.io/v1", "Ingress", "shops", "a"), "ingresses/a"),
        (Object("policy/v1", "PodDisruptionBudget", "shops", "a"), "poddisruptionbudgets/a"),
        (
            Object("rbac.authorization.k8s.io/v1", "ClusterRole", None, "metallb-system:speaker"),
            "/clusterroles/metallb-system%3Aspeaker",
        ),
    ],
)
def test_an_object_lies_where_kubernetes_says(thing: Object, path: str) -> None:
    assert kubernetes.location(thing).endswith(path)


def listed(path: str, *items: object) -> dict[str, tuple[int, object]]:
    return {f"{path}?limit=500": (200, {"metadata": {}, "items": list(items)})}


def running(name: str, replicas: int | None = None, **container: object) -> Mapping[str, object]:
    spec = {"template": {"spec": {"containers": [{"name": "c", "image": "i:1", **container}]}}}
    metadata = {"name": name, "namespace": "kube-system", "labels": {"app": name}}
    return {"metadata": metadata, "spec": {**spec, **({} if replicas is None else {"replicas": replicas})}}


def test_what_runs_is_listed_with_its_command_line_and_what_rests_is_not(answering) -> None:
    secret = {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    traefik = running(
        "traefik", 1, command=["/traefik"], args=["--api"], env=[{"name": "A", "value": "b"}, secret]
    )
    _, cluster = answering(
        {
            **listed("/apis/apps/v1/deployments", traefik, running("rests", 0)),
            **listed("/apis/apps/v1/daemonsets", running("agent")),
        }
    )
    first, second = kubernetes.workloads(cluster)
    assert first.object == Object("apps/v1", "Deployment", "kube-system", "traefik")
    assert first.containers == (Container("i:1", ("/traefik", "--api"), {"A": "b", "B": ""}),)
    assert (second.object.kind, second.labels, second.containers[0].words) == (
        "DaemonSet",
        {"app": "agent"},
        (),
    )


def test_every_class_is_listed_and_which_is_the_default(answering) -> None:
    mark = {"ingressclass.kubernetes.io/is-default-class": "true"}
    items = [{"metadata": {"name": "nginx", "annotations": mark}}, {"metadata": {"name": "portico"}}]
    _, cluster = answering(listed("/apis/networking.k8s.io/v1/ingressclasses", *items))
    assert kubernetes.classes(cluster) == (IngressClass("nginx", True), IngressClass("portico", False))


def test_the_level_that_a_namespace_enforces_is_read_from_its_labels(answering) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    _, cluster = answering({"/api/v1/namespaces/edge": (200, {"metadata": {"uid": "1", "labels": labels}})})
    assert kubernetes.ask(cluster, [SPACE]).standing[SPACE].enforced == "baseline"
