"""An interrupted `up`: what was made is adopted, what was not is forgotten, what is not clear is refused."""

import json
import os
import socket
import subprocess
import time
from hashlib import sha1
from pathlib import Path
from types import SimpleNamespace as Thing

import pytest

from portico.problems import Refused
from portico.recovery.__main__ import left_behind, torn
from portico.recovery.deployment import Pending, adopted, pending, search

ME = "my-project"
PROVIDER = "urn:pulumi:prod::portico::pulumi:providers:openstack::cloud"
PORT = "openstack:networking/port:Port"
SERVER = "openstack:compute/instance:Instance"


def urn(type_, name):
    return f"urn:pulumi:prod::portico::{type_}::{name}"


def resource(type_, name, inputs=None, **more):
    state = {"urn": urn(type_, name), "type": type_, "custom": True, "inputs": inputs or {}}
    return {**state, "provider": f"{PROVIDER}::provider-id", **more}


PORT_SAID = {"name": "portico-prod-vip", "networkId": "net"}
PORT_WANTED = resource(PORT, "vip", PORT_SAID)


def deployment(*creating, made=(), other=()):
    operations = [{"type": "creating", "resource": each} for each in creating]
    operations += [{"type": kind, "resource": each} for kind, each in other]
    cloud = {"urn": PROVIDER, "id": "provider-id", "type": "pulumi:providers:openstack", "inputs": {}}
    return {"resources": [cloud, *made], "pending_operations": operations}


class FakeCloud:
    """Lists what it was given, by the name of the list."""

    current_project_id = ME

    def __init__(self, **lists):
        def lister(name):
            def listed(**query):
                return [
                    thing
                    for thing in lists.get(name, ())
                    if all(getattr(thing, key, value) == value for key, value in query.items())
                ]

            return listed

        self.network = Thing(
            **{name: lister(name) for name in ("ports", "security_groups", "security_group_rules", "ips")}
        )
        self.compute = Thing(
            servers=lambda details, name: [
                each for each in lists.get("servers", ()) if f"^{each.name}$".replace("-", "\\-") == name
            ],
            server_groups=lister("server_groups"),
        )
        balancing = ("load_balancers", "listeners", "pools", "health_monitors")
        self.load_balancer = Thing(**{name: lister(name) for name in balancing})


def found(state, cloud):
    return search(state, pending(state), lambda each: cloud)


def test_an_object_with_its_name_is_the_one_that_was_being_made():
    cloud = FakeCloud(
        ports=[
            Thing(id="p1", name="portico-prod-vip", network_id="net"),
            Thing(id="p2", name="portico-prod-vip", network_id="another"),
            Thing(id="p3", name="portico-prod-vip-2", network_id="net"),
        ]
    )
    assert found(deployment(PORT_WANTED), cloud) == {urn(PORT, "vip"): "p1"}


@pytest.mark.parametrize(
    ("type_", "said", "lists"),
    [
        (
            "openstack:networking/secGroup:SecGroup",
            {"name": "hosts"},
            {"security_groups": [Thing(id="it", name="hosts", project_id=ME)]},
        ),
        (
            "openstack:networking/secGroupRule:SecGroupRule",
            {"securityGroupId": "sg", "description": "vrrp (Portico, portico-prod)"},
            {
                "security_group_rules": [
                    Thing(id="other", security_group_id="sg", description=""),
                    Thing(id="it", security_group_id="sg", description="vrrp (Portico, portico-prod)"),
                ]
            },
        ),
        (
            "openstack:networking/floatingIp:FloatingIp",
            {"pool": "public", "description": "address (Portico, portico-prod)"},
            {"ips": [Thing(id="it", project_id=ME, description="address (Portico, portico-prod)")]},
        ),
        (
            "openstack:compute/serverGroup:ServerGroup",
            {"name": "hosts"},
            {"server_groups": [Thing(id="no", name="host"), Thing(id="it", name="hosts")]},
        ),
        (SERVER, {"name": "host-1"}, {"servers": [Thing(id="it", name="host-1")]}),
        (
            "openstack:loadbalancer/loadBalancer:LoadBalancer",
            {"name": "lb"},
            {"load_balancers": [Thing(id="it", name="lb")]},
        ),
        (
            "openstack:loadbalancer/listener:Listener",
            {"name": "l"},
            {"listeners": [Thing(id="it", name="l")]},
        ),
        ("openstack:loadbalancer/pool:Pool", {"name": "p"}, {"pools": [Thing(id="it", name="p")]}),
        (
            "openstack:loadbalancer/monitor:Monitor",
            {"name": "m"},
            {"health_monitors": [Thing(id="it", name="m")]},
        ),
    ],
)
def test_everything_that_openstack_would_double_is_looked_for(type_, said, lists):
    wanted = resource(type_, "it", said)
    assert found(deployment(wanted), FakeCloud(**lists)) == {urn(type_, "it"): "it"}
    assert found(deployment(wanted), FakeCloud()) == {}


def test_what_the_state_holds_already_is_not_taken_for_the_new_one():
    made = resource(PORT, "vip", PORT_SAID, id="p1")
    cloud = FakeCloud(ports=[Thing(id="p1", name="portico-prod-vip", network_id="net")])
    assert found(deployment(PORT_WANTED, made=[made]), cloud) == {}


def test_two_of_one_name_are_refused_and_named():
    cloud = FakeCloud(
        ports=[Thing(id=each, name="portico-prod-vip", network_id="net") for each in ("p1", "p2")]
    )
    with pytest.raises(Refused, match=r"p1, p2: there are 2 of this name"):
        found(deployment(PORT_WANTED), cloud)


def test_a_type_that_cannot_be_looked_up_is_refused_with_what_to_do():
    wanted = resource("aws:lb/loadBalancer:LoadBalancer", "nlb")
    with pytest.raises(Refused, match=r"LoadBalancer nlb, delete it"):
        found(deployment(wanted), FakeCloud())


@pytest.mark.parametrize(
    "type_",
    [
        "openstack:networking/floatingIpAssociate:FloatingIpAssociate",
        "openstack:loadbalancer/members:Members",
    ],
)
def test_what_a_second_creation_only_changes_is_not_looked_for(type_):
    assert search(deployment(resource(type_, "it")), [Pending(resource(type_, "it"))], nobody) == {}


def nobody(each):
    raise AssertionError(f"the cloud is asked for {each}")


def test_what_was_made_becomes_a_resource_and_what_was_not_is_gone():
    lost = resource(PORT, "host-1-port", {"name": "portico-prod-host-1-port", "networkId": "net"})
    after = adopted(deployment(PORT_WANTED, lost), {urn(PORT, "vip"): "p1"})
    assert after["pending_operations"] == []
    assert [(each["urn"], each["id"]) for each in after["resources"]] == [
        (PROVIDER, "provider-id"),
        (urn(PORT, "vip"), "p1"),
    ]
    assert after["resources"][1]["inputs"] == PORT_SAID
    assert after["resources"][1]["outputs"] == {**PORT_SAID, "id": "p1"}


def test_an_adopted_server_keeps_the_checksum_of_its_user_data():
    """The provider compares checksums: with anything else the next `up` would replace the host."""
    wanted = resource(SERVER, "host-1", {"name": "host-1", "userData": "#cloud-config\n"})
    (_, server) = adopted(deployment(wanted), {wanted["urn"]: "s1"})["resources"]
    assert server["outputs"]["userData"] == sha1(b"#cloud-config\n").hexdigest()
    assert server["inputs"]["userData"] == "#cloud-config\n"


def test_a_server_that_was_being_replaced_stands_where_the_old_one_was():
    old = resource(SERVER, "host-1", {"name": "host-1"}, id="s0", pendingReplacement=True)
    wanted = resource(SERVER, "host-1", {"name": "host-1"})
    after = adopted(deployment(wanted, made=[old]), {wanted["urn"]: "s1"})
    assert [each["id"] for each in after["resources"]] == ["provider-id", "s1"]


def test_an_old_one_that_was_to_go_afterwards_still_goes():
    old = resource(PORT, "vip", PORT_SAID, id="p0")
    after = adopted(deployment(PORT_WANTED, made=[old]), {urn(PORT, "vip"): "p1"})
    assert [(each["id"], each.get("delete", False)) for each in after["resources"]] == [
        ("provider-id", False),
        ("p0", True),
        ("p1", False),
    ]


def test_everything_stands_after_what_it_needs():
    old = resource(PORT, "vip", PORT_SAID, id="p0", pendingReplacement=True)
    needs = resource("openstack:networking/x:X", "association", id="a", dependencies=[urn(PORT, "vip")])
    after = adopted(deployment(PORT_WANTED, made=[old, needs]), {urn(PORT, "vip"): "p1"})
    assert [each["id"] for each in after["resources"]] == ["provider-id", "p1", "a"]


def test_other_operations_are_left_to_the_refresh():
    state = deployment(other=[("updating", PORT_WANTED), ("deleting", PORT_WANTED)])
    assert pending(state) == ()
    assert adopted(state, {})["pending_operations"] == []


@pytest.mark.parametrize(
    ("host", "pid", "dead"),
    [("", 2**22 + 1, True), ("", os.getpid(), False), ("far", 1, False)],
    ids=["ended", "running", "on another machine"],
)
def test_only_a_lock_of_an_ended_process_of_this_machine_is_left_behind(tmp_path, host, pid, dead):
    folder = tmp_path / ".pulumi/locks/organization/portico/prod"
    folder.mkdir(parents=True)
    lock = folder / "1.json"
    lock.write_text(json.dumps({"pid": pid, "hostname": host or socket.gethostname()}))
    assert left_behind(tmp_path.as_uri(), "prod") == ([lock] if dead else [])
    assert left_behind("s3://bucket", "prod") == []


def test_a_lock_of_a_killed_process_that_nobody_has_taken_note_of_is_left_behind(tmp_path):
    folder = tmp_path / ".pulumi/locks/organization/portico/prod"
    folder.mkdir(parents=True)
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as process:
        process.stdout.read()  # it has ended, and was not waited for
        while "Z" not in Path(f"/proc/{process.pid}/stat").read_text():
            time.sleep(0.01)
        lock = folder / "1.json"
        lock.write_text(json.dumps({"pid": process.pid, "hostname": socket.gethostname()}))
        assert left_behind(tmp_path.as_uri(), "prod") == [lock]


@pytest.mark.parametrize(
    ("text", "is_torn"), [("", True), ('{"user.content', True), ('{"md5": null}', False)]
)
def test_half_written_attributes_beside_a_checkpoint_are_torn_and_the_checkpoint_never_is(
    tmp_path, text, is_torn
):
    folder = tmp_path / ".pulumi/stacks/portico"
    folder.mkdir(parents=True)
    (folder / "prod.json").write_text("")
    (folder / "production.json.attrs").write_text("")
    attributes = folder / "prod.json.attrs"
    attributes.write_text(text)
    assert torn(tmp_path.as_uri(), "prod") == ([attributes] if is_torn else [])
    assert torn("s3://bucket", "prod") == []
