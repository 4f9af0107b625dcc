"""What Traefik asks the cluster for."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from portico.ingress.face import ControllerArgs
from portico.ingress.table import CONTROLLERS, chosen
from portico.ingress.traefik.component import Traefik, published
from portico.kinds.face import ServiceShape
from portico.names import Names
from portico.plan.choice import Choice
from portico.plan.make import ControllerPlan
from portico.settings.model import Ingress, Resources, Timeouts, Toleration
from portico.testing.recorder import UNKNOWN, Recorder, build
from portico.traffic import Health, Listener

NAMES = Names("portico-test")
LISTENERS = (Listener("http", 80, 30080), Listener("https", 443, 30443, tls=True))
INSIDE = ServiceShape(
    "LoadBalancer",
    {"metallb.io/address-pool": "pool"},
    load_balancer_class="lb",
    source_ranges=("198.51.100.0/24",),
)
SERVICE = "kubernetes:core/v1:Service"

(TRAEFIK,) = CONTROLLERS


def traefik(
    *,
    trusted: Sequence[str] = (),
    published: str | None = "203.0.113.7",
    unknown: bool = False,
    service: ServiceShape | None = None,
    listeners: tuple[Listener, ...] = LISTENERS,
    preview: bool = False,
    address: str = "192.0.2.10",
    **settings: Any,
) -> Recorder:
    """Everything that is registered for a controller."""
    plan = ControllerPlan(
        TRAEFIK,
        Ingress(**settings),
        Choice("Deployment" if settings.get("replicas") else "DaemonSet", because="a test says so"),
        Timeouts(),
    )

    def program() -> object:
        made = Traefik(
            "ingress",
            ControllerArgs(
                NAMES,
                plan,
                listeners,
                Health(30082),
                "Local",
                trusted=_later() if unknown else trusted,
                published=_later() if unknown else published,
                service=service or ServiceShape(),
            ),
        )
        return {"address": made.address, "serving": len(made.serving)}

    status = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
    return build(program, preview=preview, answers={SERVICE: status})


def _later() -> pulumi.Output[Any]:
    """A value that only an update can tell."""
    return pulumi.Output.from_input(UNKNOWN)


def pod(recorder: Recorder) -> dict[str, Any]:
    """The pod's spec."""
    (workload,) = [*recorder.of("DaemonSet"), *recorder.of("Deployment")]
    spec: dict[str, Any] = workload.inputs["spec"]["template"]["spec"]
    return spec


def container(recorder: Recorder) -> dict[str, Any]:
    """Its only container."""
    (only,) = pod(recorder)["containers"]
    return only  # type: ignore[no-any-return]


def test_children_are_named_after_and_owned_by_the_component() -> None:
    made = traefik(replicas=2)
    component = made.one("portico:index:Traefik")
    for child in made.registered:
        if child.urn != component.urn:
            assert child.parent == component.urn
            assert child.name.startswith("ingress-")


def test_its_cluster_wide_objects_carry_the_stacks_prefix() -> None:
    made = traefik()
    for kind in ("ClusterRole", "ClusterRoleBinding"):
        assert made.one(kind).inputs["metadata"]["name"].startswith(NAMES.prefix)


def test_node_ports_are_as_planned_and_local() -> None:
    spec = traefik().one(SERVICE).inputs["spec"]
    assert spec["type"] == "NodePort"
    assert spec["externalTrafficPolicy"] == "Local"
    assert {port["name"]: port["nodePort"] for port in spec["ports"]} == {
        "http": 30080,
        "https": 30443,
        "portico-health": 30082,
    }
    assert {port["name"]: port["port"] for port in spec["ports"]}["https"] == 443


def test_inside_the_cluster_there_is_neither_a_node_port_nor_a_public_health_endpoint() -> None:
    spec = traefik(published=None, service=INSIDE).one(SERVICE).inputs["spec"]
    assert spec["type"] == "LoadBalancer"
    assert spec["allocateLoadBalancerNodePorts"] is False
    assert [(port["name"], port.get("nodePort")) for port in spec["ports"]] == [
        ("http", None),
        ("https", None),
    ]
    assert spec["loadBalancerSourceRanges"] == ["198.51.100.0/24"]
    assert spec["loadBalancerClass"] == "lb"


def test_inside_the_cluster_the_services_annotations_are_the_load_balancers() -> None:
    annotations = traefik(published=None, service=INSIDE).one(SERVICE).inputs["metadata"]["annotations"]
    assert annotations == {"metallb.io/address-pool": "pool"}


def test_the_service_listens_where_the_pod_does() -> None:
    made = traefik()
    targets = {port["targetPort"] for port in made.one(SERVICE).inputs["spec"]["ports"]}
    assert targets == {port["containerPort"] for port in container(made)["ports"]}


def annotated(recorder: Recorder) -> dict[str, str]:
    annotations: dict[str, str] = (
        recorder.one("DaemonSet").inputs["spec"]["template"]["metadata"].get("annotations", {})
    )
    return annotations


def test_figures_have_a_port_of_the_pods_own_and_no_node_port() -> None:
    made = traefik(metrics=True)
    on_services = {port["targetPort"] for port in made.one(SERVICE).inputs["spec"]["ports"]}
    assert {port["containerPort"] for port in container(made)["ports"]} - on_services == {9100}
    assert "--entryPoints.portico-prometheus.address=:9100" in container(made)["args"]
    assert "--metrics.prometheus.entryPoint=portico-prometheus" in container(made)["args"]
    assert annotated(made) == {"prometheus.io/scrape": "true", "prometheus.io/port": "9100"}


def test_a_line_for_each_request_is_written_where_it_was_asked_for() -> None:
    assert "--accessLog=true" in container(traefik(access_log=True))["args"]


def test_by_default_nothing_is_told_and_nothing_is_written_down() -> None:
    words = ("metrics", "accessLog", "prometheus")
    assert not [argument for argument in container(traefik())["args"] if any(w in argument for w in words)]
    assert annotated(traefik()) == {}


def test_outside_the_cluster_the_address_is_the_published_one() -> None:
    assert traefik().result["address"] == "203.0.113.7"


@pytest.mark.parametrize("address", ["192.0.2.10", "2001:db8::1"])
def test_inside_the_cluster_the_address_is_the_services(address: str) -> None:
    assert traefik(published=None, service=INSIDE, address=address).result["address"] == address


@pytest.mark.parametrize(
    ("points", "address"),
    [
        ([{"ip": "2001:db8::1"}, {"ip": "192.0.2.10"}], "192.0.2.10"),
        ([{"ip": "192.0.2.10"}, {"ip": "2001:db8::1"}], "192.0.2.10"),
        ([{"ip": "2001:db8::1"}, {"hostname": "lb.example.org"}], "lb.example.org"),
        ([], ""),
    ],
    ids=["IPv6 first", "IPv4 first", "a name", "none"],
)
def test_of_a_services_addresses_the_ipv4_one_is_published(
    points: list[dict[str, str]], address: str
) -> None:
    status = k8s.core.v1.outputs.ServiceStatus(
        load_balancer=k8s.core.v1.outputs.LoadBalancerStatus(
            ingress=[k8s.core.v1.outputs.LoadBalancerIngress(**point) for point in points]
        )
    )
    assert published(status) == address


def test_inside_the_cluster_ingresses_get_the_services_address() -> None:
    arguments = container(traefik(published=None, service=INSIDE))["args"]
    assert any(
        argument.endswith("publishedService=portico-ingress/portico-test-traefik") for argument in arguments
    )


def test_by_default_nobodys_proxy_header_is_believed() -> None:
    assert not [argument for argument in container(traefik())["args"] if "proxyProtocol" in argument]


def test_the_load_balancers_proxy_header_is_believed() -> None:
    arguments = container(traefik(trusted=["10.0.0.5/32"]))["args"]
    assert "--entryPoints.http.proxyProtocol.trustedIPs=10.0.0.5/32" in arguments


def test_a_preview_that_knows_no_address_shows_all_but_the_command_line() -> None:
    made = traefik(unknown=True, preview=True)
    assert container(made)["args"] is UNKNOWN
    assert made.result["address"] is UNKNOWN
    assert {resource.urn for resource in made.registered} == {
        resource.urn for resource in traefik().registered
    }


def test_a_preview_with_an_address_shows_the_command_line() -> None:
    assert "--ping=true" in container(traefik(preview=True))["args"]


def test_the_pod_may_do_nothing_that_the_restricted_profile_forbids() -> None:
    made = traefik()
    whole, only = pod(made)["securityContext"], container(made)["securityContext"]
    assert whole["runAsNonRoot"] is True
    assert whole["runAsUser"] > 0
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert only["allowPrivilegeEscalation"] is False
    assert only["readOnlyRootFilesystem"] is True
    assert only["capabilities"] == {"drop": ["ALL"]}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod(made).keys()
    assert all(port["containerPort"] >= 1024 for port in container(made)["ports"])


def test_the_namespace_lets_no_other_pod_do_more() -> None:
    labels = traefik().one("Namespace").inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_it_may_write_nothing_but_the_status_of_ingresses() -> None:
    writes = [
        (resource, set(rule["verbs"]) - {"get", "list", "watch"})
        for rule in traefik().one("ClusterRole").inputs["rules"]
        for resource in rule["resources"]
    ]
    assert [(resource, verbs) for resource, verbs in writes if verbs] == [("ingresses/status", {"update"})]


def test_no_permission_is_a_wildcard() -> None:
    for rule in traefik().one("ClusterRole").inputs["rules"]:
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]


def test_only_the_pods_of_the_controller_get_the_accounts_token() -> None:
    made = traefik()
    assert made.one("ServiceAccount").inputs["automountServiceAccountToken"] is False
    assert pod(made)["automountServiceAccountToken"] is True


def test_on_every_node_a_new_pod_is_ready_before_the_old_one_goes() -> None:
    strategy = traefik().one("DaemonSet").inputs["spec"]["updateStrategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_some_pods_are_spread_and_evicted_one_at_a_time() -> None:
    made = traefik(replicas=3)
    assert made.of("DaemonSet") == ()
    deployment = made.one("Deployment").inputs["spec"]
    assert deployment["replicas"] == 3
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    (constraint,) = pod(made)["topologySpreadConstraints"]
    assert constraint["topologyKey"] == "kubernetes.io/hostname"
    assert made.one("PodDisruptionBudget").inputs["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("replicas", [None, 1])
def test_a_budget_that_could_only_block_or_say_nothing_is_not_made(replicas: int | None) -> None:
    assert traefik(replicas=replicas).of("PodDisruptionBudget") == ()


def test_pods_of_a_stack_that_asks_for_nothing_are_what_they_always_were() -> None:
    spec = pod(traefik())
    assert not {"tolerations", "priorityClassName"} & spec.keys()
    assert container(traefik())["resources"] == {"requests": {"cpu": "100m", "memory": "128Mi"}}
    assert [volume["name"] for volume in spec["volumes"]] == ["scratch"]


def test_pods_tolerate_come_first_and_get_what_they_are_told() -> None:
    made = traefik(
        tolerations=(
            Toleration("node-role", "ingress", "NoSchedule"),
            Toleration(effect="NoExecute", toleration_seconds=9),
        ),
        priority_class="important",
        resources=Resources("500m", "256Mi", memory_limit="1Gi"),
    )
    spec = pod(made)
    assert spec["priorityClassName"] == "important"
    assert spec["tolerations"] == [
        {"key": "node-role", "operator": "Equal", "value": "ingress", "effect": "NoSchedule"},
        {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 9},
    ]
    assert container(made)["resources"] == {
        "requests": {"cpu": "500m", "memory": "256Mi"},
        "limits": {"memory": "1Gi"},
    }


def test_a_default_certificate_is_mounted_beside_the_file_that_names_it() -> None:
    made = traefik(default_certificate="wildcard")
    (volume,) = [each for each in pod(made)["volumes"] if each["name"] == "routes"]
    config, secret = volume["projected"]["sources"]
    assert config == {"configMap": {"name": "portico-test-traefik"}}
    assert secret["secret"]["name"] == "wildcard"
    assert made.one("ConfigMap").inputs["data"].keys() == {"certificate.yaml"}
    mounts = {mount["name"]: mount for mount in container(made)["volumeMounts"]}
    assert (mounts["routes"]["mountPath"], mounts["routes"]["readOnly"]) == ("/etc/portico", True)
    assert "--providers.file.filename=/etc/portico/certificate.yaml" in container(made)["args"]


def test_it_runs_on_the_chosen_nodes() -> None:
    assert pod(traefik(node_selector={"role": "edge"}))["nodeSelector"] == {"role": "edge"}
    assert pod(traefik()).get("nodeSelector") is None


def test_the_default_class_is_only_taken_when_asked_for() -> None:
    mark = "ingressclass.kubernetes.io/is-default-class"
    assert traefik(default_class=True).one("IngressClass").inputs["metadata"]["annotations"] == {mark: "true"}
    assert mark not in traefik().one("IngressClass").inputs["metadata"].get("annotations", {})


def test_a_namespace_that_is_there_is_named_and_not_made() -> None:
    made = traefik(namespace="edge", existing=("namespace",), replicas=2)
    assert made.of("Namespace") == ()
    for kind in ("ServiceAccount", SERVICE, "Deployment", "PodDisruptionBudget"):
        assert made.one(kind).inputs["metadata"]["namespace"] == "edge"
    (subject,) = made.one("ClusterRoleBinding").inputs["subjects"]
    assert subject["namespace"] == "edge"


def test_a_class_that_is_there_is_served_and_not_made() -> None:
    made = traefik(ingress_class="public", existing=("ingressClass",))
    assert made.of("IngressClass") == ()
    assert "--providers.kubernetesIngress.ingressClass=public" in container(made)["args"]
    assert made.result["serving"] == 2


def test_where_applications_name_an_annotation_there_is_no_class_that_another_traefik_could_see() -> None:
    made = traefik(named_by="annotation")
    assert made.of("IngressClass") == ()
    assert "--providers.kubernetesIngress.ingressClass=portico" in container(made)["args"]


def test_a_service_of_another_class_is_replaced_and_the_old_one_goes_first() -> None:
    made = traefik(service=INSIDE)
    service = made.one(SERVICE)
    assert service.inputs["spec"]["loadBalancerClass"] == "lb"
    assert list(service.request.replaceOnChanges) == ["spec.loadBalancerClass"]
    assert service.request.deleteBeforeReplace


def test_the_class_that_is_made_is_traefiks() -> None:
    assert traefik().one("IngressClass").inputs["spec"] == {"controller": "traefik.io/ingress-controller"}


def test_pods_start_when_they_may_read() -> None:
    made = traefik()
    assert made.one("ClusterRoleBinding").urn in made.after(made.one("DaemonSet"))


def test_the_service_never_waits_for_its_pods_nor_they_for_it() -> None:
    made = traefik()
    assert made.one("DaemonSet").urn not in made.after(made.one(SERVICE))
    assert made.one(SERVICE).urn not in made.after(made.one("DaemonSet"))


def test_registers_its_outputs() -> None:
    made = traefik()
    outputs = made.outputs(made.one("portico:index:Traefik"))
    assert outputs == {"address": "203.0.113.7", "service": "portico-test-traefik"}


def test_a_node_port_below_1024_is_opened_for_the_pod_alone() -> None:
    low = traefik(listeners=(Listener("http", 80, 80), Listener("https", 443, 443, tls=True)))
    assert pod(low)["securityContext"]["sysctls"] == [
        {"name": "net.ipv4.ip_unprivileged_port_start", "value": "80"}
    ]
    assert "sysctls" not in pod(traefik())["securityContext"]


def test_the_table_of_controllers_leads_here() -> None:
    assert TRAEFIK.load() is Traefik
    assert chosen("none") is None
