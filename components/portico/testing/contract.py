"""What every kind of load balancer promises. A test class derives from Contract and says who the `subject`
is; pytest finds the promises in it, each a test.

Read by tests. How to use it: docs/add-a-kind.md.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network

from ..kinds.table import ClientIp, Place
from .recorder import UNKNOWN, Resource, Secret
from .subject import Subject

SCHEMA = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
"""A schema speaks of passwords and holds none."""

RULES = ("networking/secGroupRule:SecGroupRule", "vpc/securityGroupIngressRule:SecurityGroupIngressRule")
"""The types of security group rules, without their provider."""


class Contract:
    """The promises. What a platform does in another way is said in the attributes, by type token."""

    links: frozenset[str] = frozenset(
        {
            "openstack:networking/floatingIpAssociate:FloatingIpAssociate",
            "openstack:loadbalancer/members:Members",
            "aws:lb/targetGroupAttachment:TargetGroupAttachment",
            "aws:autoscaling/attachment:Attachment",
        }
    )
    """What only joins two things, and has no name of its own on its platform."""
    in_place: Mapping[str, frozenset[str]] = {
        "openstack:compute/instance:Instance": frozenset({"metadata"}),
        "openstack:loadbalancer/members:Members": frozenset({"members"}),
    }
    """What a platform changes in a thing that goes on working."""
    joining: frozenset[str] = frozenset({"aws:lb/targetGroupAttachment:TargetGroupAttachment"})
    """What a node more may add."""

    def test_children_are_named_after_and_owned_by_the_component(self, subject: Subject) -> None:
        built = subject.build()
        assert built.children
        for child in built.children:
            assert child.name.startswith("balancer-"), child.urn
            assert child.parent == built.component.urn, child.urn

    def test_every_physical_name_carries_the_stacks_prefix(self, subject: Subject) -> None:
        for child in subject.build().children:
            assert all(name.startswith(subject.names.prefix) for name in physical_names(child)), child.inputs
            unnamed = child.type in self.links or is_manifest(child)
            marked = list(marks(child, subject.names.prefix))
            assert unnamed or marked, f"nothing of {child.urn} says whose it is"

    def test_publishes_its_address_or_leaves_it_to_the_service(self, subject: Subject) -> None:
        face = subject.build().face
        if subject.kind.place is Place.OUTSIDE:
            assert isinstance(face["address"], str)
            assert face["service"].type == "NodePort"
        else:
            assert face["address"] is None
            assert face["service"].type == "LoadBalancer"

    def test_names_whose_proxy_header_may_be_believed(self, subject: Subject) -> None:
        sources = subject.build().face["source_addresses"]
        if subject.kind.client_ip is ClientIp.KEPT:
            assert sources == []
        else:
            assert sources
            assert all(ip_network(source).prefixlen > 8 for source in sources), sources

    def test_believes_no_node(self, subject: Subject) -> None:
        """Else a pod that is seen under its node's address could name any client's."""
        built = subject.build(nodes=3)
        believed = [ip_network(source) for source in built.face["source_addresses"]]
        assert built.plan.backends.value or subject.kind.place is Place.INSIDE
        for node in built.plan.backends.value or ():
            assert not any(node.address in network for network in believed), node

    def test_registers_its_outputs(self, subject: Subject) -> None:
        built = subject.build()
        outputs = built.recorder.outputs(built.component)
        assert outputs.get("address") == built.face["address"]
        assert outputs["sourceAddresses"] == built.face["source_addresses"]

    def test_one_more_node_replaces_nothing_and_leaves_user_data_alone(self, subject: Subject) -> None:
        before = {child.urn: child for child in subject.build(nodes=2).children}
        after = {child.urn: child for child in subject.build(nodes=3).children}
        assert before.keys() <= after.keys()
        assert {after[urn].type for urn in after.keys() - before.keys()} <= self.joining
        for urn, child in before.items():
            changed = {key for key in child.inputs if child.inputs[key] != after[urn].inputs.get(key)}
            assert changed <= self.in_place.get(child.type, frozenset()), urn

    def test_previews_offline_what_an_update_makes(self, subject: Subject) -> None:
        offline = subject.preview_offline()
        assert {child.urn for child in offline.children} == {child.urn for child in subject.build().children}
        assert offline.recorder.calls == []

    def test_never_waits_in_a_preview(self, subject: Subject) -> None:
        for built in (subject.preview_offline(), subject.build(preview=True)):
            assert built.face["ready"] is UNKNOWN or isinstance(built.face["ready"], str)

    def test_the_nodes_admit_no_more_than_the_load_balancer_needs(self, subject: Subject) -> None:
        built = subject.build()
        ports = {listener.node_port for listener in built.plan.listeners} | {built.plan.health.node_port}
        for rule in node_rules(built.children, subject.node_groups):
            low, high = (
                rule.inputs.get("portRangeMin", rule.inputs.get("fromPort")),
                rule.inputs.get("portRangeMax", rule.inputs.get("toPort")),
            )
            assert low == high
            assert low in ports
            source = rule.inputs.get("remoteIpPrefix", rule.inputs.get("cidrIpv4"))
            assert source or rule.inputs.get("remoteGroupId") or rule.inputs.get("referencedSecurityGroupId")
            assert source != "0.0.0.0/0", f"{rule.urn} admits everyone"

    def test_a_listener_of_somebodys_own_service_is_let_to_the_nodes(self, subject: Subject) -> None:
        if subject.kind.place is Place.INSIDE:
            return
        built = subject.build(direct=True)
        direct = {listener.node_port for listener in built.plan.listeners if listener.direct}
        ports = {
            rule.inputs.get("portRangeMin", rule.inputs.get("fromPort"))
            for rule in node_rules(built.children, subject.node_groups)
        }
        assert direct
        assert direct <= ports or not ports

    def test_every_reason_is_a_sentence(self, subject: Subject) -> None:
        reasons = subject.plan().reasons()
        assert {"kind", "client_ip", "traffic_policy", "check", "backends"} <= reasons.keys()
        for name, reason in reasons.items():
            assert len(reason.split()) > 2, f"{name}: {reason!r}"

    def test_no_input_holds_a_secret(self, subject: Subject) -> None:
        for child in subject.build().children:
            for value in leaves(child.inputs):
                assert not isinstance(value, Secret), child.urn
                if child.type != SCHEMA:
                    assert not re.search(r"PRIVATE KEY|password", str(value), re.IGNORECASE), child.urn


def physical_names(resource: Resource) -> Iterator[str]:
    """What the platform calls it."""
    inputs = resource.inputs
    named = [inputs.get("name"), inputs.get("tags", {}).get("Name")]
    if not is_manifest(resource):
        named.append(inputs.get("metadata", {}).get("name"))
    yield from filter(None, named)


def is_manifest(resource: Resource) -> bool:
    """Whether it is a part of software that is installed under the names its authors gave: MetalLB."""
    return resource.type.startswith("kubernetes:") and "metallb.io/" not in resource.type


def marks(resource: Resource, prefix: str) -> Iterator[str]:
    """Wherever a platform shows the stack's prefix."""
    for text in (*physical_names(resource), resource.inputs.get("description", "")):
        if prefix in text:
            yield text


def node_rules(resources: tuple[Resource, ...], groups: frozenset[str]) -> Iterator[Resource]:
    """The rules of the nodes' security group."""
    for resource in resources:
        if resource.type.endswith(RULES) and resource.inputs["securityGroupId"] in groups:
            yield resource


def leaves(value: object) -> Iterator[object]:
    """The plain values in it."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value
