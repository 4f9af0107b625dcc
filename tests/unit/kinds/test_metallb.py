"""What `metallb` asks the cluster for, beyond the contract of every kind."""

import hashlib
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from portico.capabilities import Capabilities
from portico.kinds.metallb import component as metallb
from portico.kinds.metallb.manifest import MANIFEST, UPSTREAM_NAMESPACE, documents, in_namespace
from portico.kinds.metallb.settings import MetalLb
from portico.names import Names
from portico.plan import make as plan
from portico.settings.model import LoadBalancer, Settings
from portico.testing.recorder import Recorder, build

RUNNING = ("Service", "Deployment", "DaemonSet")
POOL = ("192.0.2.10-192.0.2.20", "198.51.100.0/28")


def built(*, preview: bool = False, clients: tuple[str, ...] = ("0.0.0.0/0",), **said: Any) -> Recorder:
    """Everything that is registered for it, and its service."""
    settings = Settings(
        load_balancer=LoadBalancer(
            "metallb",
            metallb=MetalLb(POOL, **said),
            allowed_clients=tuple(IPv4Network(cidr) for cidr in clients),
        )
    )
    planned = plan.make(settings, Capabilities(), Names("portico-test"))

    def program() -> object:
        made = metallb.MetalLb("lb", planned)
        return {"service": made.service, "sources": made.source_addresses, "details": dict(made.details)}

    return build(program, preview=preview)


def pools(recorder: Recorder) -> set[str]:
    """The pool and its announcement."""
    return {recorder.one(kind).urn for kind in ("IPAddressPool", "L2Advertisement")}


def texts(value: object) -> set[str]:
    """Every string in it."""
    if isinstance(value, dict):
        return set().union(*(texts(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(texts(item) for item in value))
    return {value} if isinstance(value, str) else set()


def test_the_manifest_is_byte_for_byte_its_authors() -> None:
    _, published = MANIFEST.read_bytes().split(b"\n---\n", 1)
    said = MANIFEST.read_text().split("\n---\n", 1)[0]
    assert hashlib.sha256(published).hexdigest() in said


def test_every_document_of_the_manifest_is_registered_as_it_stands() -> None:
    made = built()
    registered = {
        (child.inputs["kind"], child.inputs["metadata"]["name"]): child
        for child in made.registered
        if child.custom
    }
    assert len(documents()) == 26
    for document in documents():
        child = registered[document["kind"], document["metadata"]["name"]]
        assert child.inputs == in_namespace(document, UPSTREAM_NAMESPACE), child.urn


def test_a_null_is_all_that_the_manifest_loses() -> None:
    different = {
        document["kind"] for document in documents() if in_namespace(document, UPSTREAM_NAMESPACE) != document
    }
    assert different == {"ValidatingWebhookConfiguration"}
    (webhook,) = [document for document in documents() if document["kind"] in different]
    assert webhook["metadata"]["creationTimestamp"] is None


def test_another_namespace_reaches_every_corner() -> None:
    for child in built(namespace="announcers").registered:
        strays = {text for text in texts(child.inputs) if text.startswith(UPSTREAM_NAMESPACE)}
        assert not strays, child.urn


def test_another_namespace_changes_no_name_in_the_program() -> None:
    here, there = built(), built(namespace="announcers")
    assert [child.urn for child in here.registered] == [child.urn for child in there.registered]


def test_what_runs_comes_after_its_rights_and_types() -> None:
    made = built()
    layered = {made.one(kind).urn for kind in (*RUNNING, "ValidatingWebhookConfiguration")} | pools(made)
    ground = {child.urn for child in made.registered if child.custom} - layered
    for kind in RUNNING:
        assert made.after(made.one(kind)) == ground, f"the {kind} would wait for what waits for it"


def test_the_pool_comes_before_the_webhook_that_cannot_answer_yet() -> None:
    made = built()
    assert pools(made) <= made.after(made.one("ValidatingWebhookConfiguration"))
    for kind in ("IPAddressPool", "L2Advertisement"):
        types = [
            child for child in made.of("CustomResourceDefinition") if child.name.endswith("s.metallb.io")
        ]
        assert {child.urn for child in types} <= made.after(made.one(kind))


def test_where_metallb_is_already_only_the_pool_and_its_announcement_are_made() -> None:
    assert [child.type for child in built(install=False).registered if child.custom] == [
        "kubernetes:metallb.io/v1beta1:IPAddressPool",
        "kubernetes:metallb.io/v1beta1:L2Advertisement",
    ]


def test_a_namespace_that_is_there_is_all_that_is_not_made_of_an_installation() -> None:
    made, whole = built(existing=("namespace",)), built()
    left_out = {child.urn for child in whole.registered} - {child.urn for child in made.registered}
    assert left_out == {whole.one("Namespace").urn}


def test_the_pool_holds_the_addresses_and_is_announced() -> None:
    made = built()
    pool, announcement = made.one("IPAddressPool"), made.one("L2Advertisement")
    assert pool.inputs["spec"] == {"addresses": list(POOL)}
    assert announcement.inputs["spec"] == {"ipAddressPools": [pool.inputs["metadata"]["name"]]}
    assert pool.inputs["metadata"] == {"name": "portico-test-pool", "namespace": "metallb-system"}


def test_it_is_announced_on_the_named_interfaces_only() -> None:
    assert built(interfaces=("eth1",)).one("L2Advertisement").inputs["spec"]["interfaces"] == ["eth1"]


def test_the_controllers_service_takes_an_address_out_of_this_pool() -> None:
    service = built().result["service"]
    assert service.type == "LoadBalancer"
    assert dict(service.annotations) == {"metallb.io/address-pool": "portico-test-pool"}


def test_the_wanted_address_is_asked_for() -> None:
    annotations = built(address=IPv4Address("192.0.2.15")).result["service"].annotations
    assert annotations["metallb.io/loadBalancerIPs"] == "192.0.2.15"


@pytest.mark.parametrize(
    ("clients", "ranges"),
    [
        (("0.0.0.0/0",), ()),
        (("198.51.100.0/24", "203.0.113.9/32"), ("198.51.100.0/24", "203.0.113.9/32")),
        (("198.51.100.0/24", "0.0.0.0/0"), ()),
    ],
)
def test_only_the_allowed_clients_are_let_in(clients: tuple[str, ...], ranges: tuple[str, ...]) -> None:
    assert built(clients=clients).result["service"].source_ranges == ranges


def test_nobodys_proxy_header_is_to_be_believed() -> None:
    assert built().result["sources"] == []


def test_a_preview_shows_what_an_update_makes() -> None:
    assert [child.urn for child in built(preview=True).registered] == [
        child.urn for child in built().registered
    ]


def test_a_class_is_said_to_the_service_and_to_both_programs_of_metallb_and_to_nothing_else() -> None:
    made, usual = built(load_balancer_class="example.org/lb"), built()
    assert made.result["service"].load_balancer_class == "example.org/lb"
    assert usual.result["service"].load_balancer_class is None
    changed = {}
    for here, there in zip(made.registered, usual.registered, strict=True):
        if here.inputs != there.inputs:
            (container,) = here.inputs["spec"]["template"]["spec"]["containers"]
            changed[here.inputs["kind"]] = container["args"][-1]
    assert changed == dict.fromkeys(("Deployment", "DaemonSet"), "--lb-class=example.org/lb")


def test_the_manifest_as_it_is_read_stays_as_it_is() -> None:
    built(load_balancer_class="example.org/lb")
    assert "--lb-class" not in str(documents())
