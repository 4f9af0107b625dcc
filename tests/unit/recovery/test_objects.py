"""Kubernetes objects that were under way: what Pulumi applied is the stack's, what another did is not."""

import json

import pytest

from portico.kubernetes.answers import Object
from portico.problems import Refused
from portico.recovery.__main__ import SIGNATURE, standing
from portico.recovery.deployment import Pending, adopted, search
from portico.recovery.objects import found, id_of
from tests.unit.kubernetes.servers import refused, served, written

URN = "urn:pulumi:prod::portico::kubernetes:core/v1:Service::portico-ingress-service"
PROVIDER = "urn:pulumi:prod::portico::pulumi:providers:kubernetes::portico-cluster"
LABELS = {"app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": "portico-prod"}
INPUTS = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "portico-prod-traefik", "namespace": "edge", "labels": LABELS},
    "spec": {"type": "NodePort"},
}
STATE = {
    "urn": URN,
    "type": "kubernetes:core/v1:Service",
    "custom": True,
    "inputs": INPUTS,
    "provider": f"{PROVIDER}::provider-id",
}
SERVICE = Pending(STATE)
THERE = Object("v1", "Service", "edge", "portico-prod-traefik")


def live(*, manager="pulumi-kubernetes-7e6a6282", labels=LABELS, **more):
    fields = [
        {"manager": "kube-controller-manager", "operation": "Update"},
        {"manager": manager, "operation": "Apply"},
    ]
    metadata = {**INPUTS["metadata"], "uid": "1", "labels": labels, "managedFields": fields}
    return {**INPUTS, "metadata": metadata, **more}


def looked_up(thing):
    def read(each, wanted):
        assert (each, wanted) == (SERVICE, THERE)
        return thing

    return found([SERVICE], read)


def deployment(kubeconfig):
    inputs = {"kubeconfig": str(kubeconfig)}
    provider = {"urn": PROVIDER, "id": "provider-id", "type": "pulumi:providers:kubernetes", "inputs": inputs}
    return {
        "resources": [provider],
        "pending_operations": [{"type": "creating", "resource": STATE}],
    }


def test_what_pulumi_applied_meanwhile_is_written_as_pulumi_would_have():
    outputs = looked_up(live(status={"loadBalancer": {}}))[URN]
    assert outputs["metadata"]["uid"] == "1"
    assert outputs["__fieldManager"] == "pulumi-kubernetes-7e6a6282"
    assert outputs["__inputs"] == INPUTS
    assert outputs["__initialApiVersion"] == "v1"
    assert id_of(outputs) == "edge/portico-prod-traefik"


@pytest.mark.parametrize(
    "thing",
    [
        None,
        live(manager="kubectl"),
        live(labels={**LABELS, "app.kubernetes.io/instance": "another"}),
        live(labels=None),
    ],
    ids=["nothing", "applied by another", "another stack's", "nobody's"],
)
def test_what_is_not_there_or_another_made_is_not_the_stacks(thing):
    assert looked_up(thing) == {}


def test_the_contents_of_a_secret_stay_out_of_the_state():
    inputs = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "edge"}}
    each = Pending({"urn": "key", "type": "kubernetes:core/v1:Secret", "inputs": inputs})
    there = live(labels=None, kind="Secret", data={"key": "c2VjcmV0"})
    assert "c2VjcmV0" not in json.dumps(found([each], lambda *_: there))


def test_an_object_of_the_cluster_as_a_whole_has_its_name_for_an_id():
    assert id_of({"metadata": {"name": "portico"}}) == "portico"


def test_the_cloud_is_not_asked_for_it():
    def nobody(each):
        raise AssertionError(f"the cloud is asked for {each}")

    assert search(deployment("none"), [SERVICE], nobody) == {}


def test_the_cluster_of_its_provider_is_asked_and_what_it_holds_becomes_a_resource(tmp_path):
    with served({"/api/v1/namespaces/edge/services/portico-prod-traefik": (200, live())}) as server:
        state = deployment(written(tmp_path, f"http://127.0.0.1:{server.server_port}"))
        inside = standing(state, [SERVICE])
    after = adopted(state, {URN: id_of(inside[URN])}, inside)
    assert after["pending_operations"] == []
    made = after["resources"][-1]
    assert (made["urn"], made["id"], made["outputs"]["metadata"]["uid"]) == (
        URN,
        "edge/portico-prod-traefik",
        "1",
    )


def test_a_kubeconfig_that_is_a_secret_in_the_state_is_read(tmp_path):
    with served({"/api/v1/namespaces/edge/services/portico-prod-traefik": (200, live())}) as server:
        state = deployment("")
        content = written(tmp_path, f"http://127.0.0.1:{server.server_port}").read_text()
        # As `pulumi stack export --show-secrets` writes it (CLI 3.274.1).
        secret = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps(content)}
        state["resources"][0]["inputs"]["kubeconfig"] = secret
        assert URN in standing(state, [SERVICE])


def test_a_cluster_that_may_not_be_asked_or_is_not_known_is_refused_and_nothing_is_guessed(tmp_path):
    with served({"/api/v1/namespaces/edge/services/portico-prod-traefik": refused(403, "no")}) as server:
        state = deployment(written(tmp_path, f"http://127.0.0.1:{server.server_port}"))
        with pytest.raises(Refused, match="could not be asked what was made"):
            standing(state, [SERVICE])
    with pytest.raises(Refused, match="there is no kubeconfig"):
        standing(deployment(tmp_path / "none"), [SERVICE])
