"""What an application asks the cluster for."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from portico.apps import LEAVE_SECONDS, TERMINATION_SECONDS, App, AppArgs
from portico.settings import model
from portico.testing.recorder import UNKNOWN, Recorder, build

WHOAMI = model.AppImage("docker.io/traefik/whoami:v1.11")
SERVICE = "kubernetes:core/v1:Service"


def app(
    *,
    run: model.AppImage | None = WHOAMI,
    service: model.AppService | None = None,
    published: bool = True,
    preview: bool = False,
    after: bool = False,
    by_annotation: bool = False,
    **said: Any,
) -> Recorder:
    """Everything that is registered for an application."""
    wanted = model.App("shop", said.pop("host", "shop.example.org"), run=run, service=service, **said)

    def program() -> object:
        before: list[pulumi.Resource] = [k8s.core.v1.Namespace("controller")] if after else []
        args = AppArgs(wanted, "portico", "portico-test", published, before, by_annotation)
        made = App("shop", args)
        return {"host": made.host, "service": made.service}

    return build(program, preview=preview)


def rule(recorder: Recorder) -> dict[str, Any]:
    """The Ingress' only rule."""
    (only,) = recorder.one("Ingress").inputs["spec"]["rules"]
    return only  # type: ignore[no-any-return]


def path(recorder: Recorder) -> dict[str, Any]:
    """Its only path."""
    (only,) = rule(recorder)["http"]["paths"]
    return only  # type: ignore[no-any-return]


def pod(recorder: Recorder) -> dict[str, Any]:
    """The pod's spec."""
    return recorder.one("Deployment").inputs["spec"]["template"]["spec"]  # type: ignore[no-any-return]


def container(recorder: Recorder) -> dict[str, Any]:
    """Its only container."""
    (only,) = pod(recorder)["containers"]
    return only  # type: ignore[no-any-return]


def test_children_are_named_after_and_owned_by_the_component() -> None:
    made = app()
    component = made.one("portico:index:App")
    for child in made.registered:
        if child.urn != component.urn:
            assert child.parent == component.urn
            assert child.name.startswith("shop-")


def test_an_image_is_run_and_exposed_on_the_port_it_listens_on() -> None:
    made = app(run=model.AppImage("docker.io/example/shop:1", port=8080, replicas=3))
    assert made.one("Deployment").inputs["spec"]["replicas"] == 3
    assert container(made)["image"] == "docker.io/example/shop:1"
    (port,) = made.one(SERVICE).inputs["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (8080, 8080)
    assert path(made)["backend"] == {"service": {"name": "shop", "port": {"number": 8080}}}


def test_the_service_finds_the_pods() -> None:
    made = app()
    labels = made.one("Deployment").inputs["spec"]["template"]["metadata"]["labels"]
    assert made.one(SERVICE).inputs["spec"]["selector"] == labels
    assert made.one("PodDisruptionBudget").inputs["spec"]["selector"] == {"matchLabels": labels}


def test_a_headless_service_has_no_address() -> None:
    assert app(run=model.AppImage("x", headless=True)).one(SERVICE).inputs["spec"]["clusterIP"] == "None"
    assert "clusterIP" not in app().one(SERVICE).inputs["spec"]


def test_an_existing_service_is_exposed_and_nothing_else_is_made() -> None:
    made = app(run=None, service=model.AppService("orders", 8443))
    assert {resource.type for resource in made.registered} == {
        "portico:index:App",
        "kubernetes:networking.k8s.io/v1:Ingress",
    }
    assert path(made)["backend"] == {"service": {"name": "orders", "port": {"number": 8443}}}
    assert made.result["service"] == "orders"


def test_an_app_with_nothing_behind_it_is_refused() -> None:
    with pytest.raises(ValueError, match="shop"):
        app(run=None)


def test_host_path_and_class_are_as_said() -> None:
    made = app(host="*.example.org", path="/api")
    assert rule(made)["host"] == "*.example.org"
    assert (path(made)["path"], path(made)["pathType"]) == ("/api", "Prefix")
    assert made.one("Ingress").inputs["spec"]["ingressClassName"] == "portico"


def test_a_certificate_is_named_only_when_there_is_one() -> None:
    assert app(tls_secret="shop-tls").one("Ingress").inputs["spec"]["tls"] == [
        {"hosts": ["shop.example.org"], "secretName": "shop-tls"}
    ]
    assert "tls" not in app().one("Ingress").inputs["spec"]


def test_an_ingress_that_nobody_publishes_is_not_waited_for() -> None:
    mark = "pulumi.com/skipAwait"
    assert app(published=False).one("Ingress").inputs["metadata"]["annotations"] == {mark: "true"}
    assert "annotations" not in app().one("Ingress").inputs["metadata"]


def test_only_the_ingress_waits_for_the_controller() -> None:
    made = app(after=True)
    controller = made.one("Namespace").urn
    assert controller in made.after(made.one("Ingress"))
    assert controller not in made.after(made.one("Deployment"))


def test_everything_is_in_the_apps_namespace() -> None:
    for child in app(namespace="shops").registered:
        if child.custom:
            assert child.inputs["metadata"]["namespace"] == "shops"


def test_the_pod_may_do_nothing_that_the_restricted_profile_forbids() -> None:
    made = app()
    whole, only = pod(made)["securityContext"], container(made)["securityContext"]
    assert whole["runAsNonRoot"] is True
    assert whole["runAsUser"] > 0
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert only["allowPrivilegeEscalation"] is False
    assert only["capabilities"] == {"drop": ["ALL"]}
    assert pod(made)["automountServiceAccountToken"] is False


def test_a_low_port_is_opened_for_the_pod_alone_and_no_lower_than_needed() -> None:
    assert pod(app())["securityContext"]["sysctls"] == [
        {"name": "net.ipv4.ip_unprivileged_port_start", "value": "80"}
    ]
    assert "sysctls" not in pod(app(run=model.AppImage("x", port=8080)))["securityContext"]


def test_a_pod_serves_until_everybody_knows_that_it_leaves() -> None:
    made = app()
    assert container(made)["lifecycle"] == {"preStop": {"sleep": {"seconds": LEAVE_SECONDS}}}
    assert pod(made)["terminationGracePeriodSeconds"] == TERMINATION_SECONDS > LEAVE_SECONDS
    assert made.one("Deployment").inputs["spec"]["strategy"]["rollingUpdate"] == {
        "maxSurge": 1,
        "maxUnavailable": 0,
    }


def test_one_replica_has_no_budget_that_would_block_a_drain() -> None:
    assert app(run=model.AppImage("x", replicas=1)).of("PodDisruptionBudget") == ()


def test_a_preview_shows_what_an_update_makes() -> None:
    assert [resource.urn for resource in app(preview=True).registered] == [
        resource.urn for resource in app().registered
    ]
    assert UNKNOWN not in path(app(preview=True)).values()


def test_registers_its_outputs() -> None:
    made = app()
    assert made.outputs(made.one("portico:index:App")) == {"host": "shop.example.org", "service": "shop"}
    assert made.result == {"host": "shop.example.org", "service": "shop"}


@pytest.mark.parametrize("published", [True, False])
def test_an_ingress_names_its_class_once(published: bool) -> None:
    annotation = "kubernetes.io/ingress.class"
    made = app(published=published).one("Ingress").inputs
    assert made["spec"]["ingressClassName"] == "portico"
    assert annotation not in (made["metadata"].get("annotations") or {})
    made = app(published=published, by_annotation=True).one("Ingress").inputs
    assert "ingressClassName" not in made["spec"]
    assert made["metadata"]["annotations"][annotation] == "portico"
    assert ("pulumi.com/skipAwait" in made["metadata"]["annotations"]) is not published
