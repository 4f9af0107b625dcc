"""The list of Kubernetes objects that is asked for is the list that is made."""

from collections.abc import Mapping
from typing import Any

import pytest

from portico.exposure import Exposure
from portico.kubernetes import objects
from portico.kubernetes.answers import Object
from portico.names import Names
from portico.settings import parse
from portico.testing.recorder import Resource, build

NODES = {"from": "addresses", "addresses": ["10.20.0.11"]}
ID = "0123456789abcdef0"
WHERE = {"network": "k8s", "externalNetwork": "public"}
PAIR = {
    "nodes": NODES,
    "loadBalancer": {
        "type": "openstack-haproxy",
        "openstack": WHERE,
        "hosts": {"image": "debian-12", "flavor": "m1.small"},
    },
}
RUN = {"name": "shop", "host": "shop.example.org", "run": {"image": "shop"}}
WORLDS: Mapping[str, Mapping[str, Any]] = {
    "openstack-haproxy": PAIR,
    "octavia": {"nodes": NODES, "loadBalancer": {"type": "octavia", "openstack": WHERE}},
    "aws-nlb": {
        "nodes": NODES,
        "loadBalancer": {
            "type": "aws-nlb",
            "aws": {"vpc": f"vpc-{ID}", "subnets": [f"subnet-{ID}"], "subnetCidrs": ["10.20.1.0/24"]},
        },
    },
    "metallb": {"loadBalancer": {"type": "metallb", "metallb": {"addresses": ["192.0.2.10-192.0.2.20"]}}},
    "metallb that is there": {
        "loadBalancer": {
            "type": "metallb",
            "metallb": {"addresses": ["192.0.2.10-192.0.2.20"], "install": False, "namespace": "lb"},
        }
    },
    "metallb elsewhere": {
        "loadBalancer": {
            "type": "metallb",
            "metallb": {"addresses": ["192.0.2.10-192.0.2.20"], "namespace": "announcers"},
        }
    },
    "a Deployment of one": {**PAIR, "ingress": {"replicas": 1}},
    "a Deployment of two": {**PAIR, "ingress": {"replicas": 2, "namespace": "edge", "ingressClass": "edge"}},
    "metallb in a namespace that is there": {
        "loadBalancer": {
            "type": "metallb",
            "metallb": {"addresses": ["192.0.2.10-192.0.2.20"], "existing": ["namespace"]},
        }
    },
    "named by an annotation": {**PAIR, "ingress": {"namedBy": "annotation"}, "apps": [RUN]},
    "metallb of a class": {
        "loadBalancer": {
            "type": "metallb",
            "metallb": {"addresses": ["192.0.2.10-192.0.2.20"], "loadBalancerClass": "example.org/lb"},
        }
    },
    "a namespace that is there": {**PAIR, "ingress": {"existing": ["namespace"]}},
    "a namespace and a class that are there": {
        **PAIR,
        "ingress": {"existing": ["namespace", "ingressClass"]},
    },
    "a default certificate": {**PAIR, "ingress": {"defaultCertificate": "wildcard"}},
    "no controller": {**PAIR, "ingress": {"controller": "none"}, "apps": [RUN]},
    "an image": {**PAIR, "apps": [RUN]},
    "an image that runs once, elsewhere": {
        **PAIR,
        "apps": [{**RUN, "namespace": "shops", "run": {"image": "shop", "replicas": 1, "headless": True}}],
    },
    "a Service": {**PAIR, "apps": [{**RUN, "run": None, "service": {"name": "shop", "port": 80}}]},
    "a Service over TCP": {
        **PAIR,
        "ingress": {"nodePorts": {"ssh": 30022}},
        "loadBalancer": {
            **PAIR["loadBalancer"],
            "listeners": [
                {"name": "ssh", "port": 22, "protocol": "tcp", "service": {"name": "git", "port": 22}}
            ],
        },
    },
    "two": {**PAIR, "apps": [RUN, {**RUN, "name": "stock", "path": "/stock"}]},
}
NAMES = Names("portico-test")


def registered(said: Mapping[str, Any]) -> list[Object]:
    recorded = build(lambda: Exposure("portico", said).url, preview=True)
    return [identity(each) for each in recorded.registered if each.type.startswith("kubernetes:")]


def identity(made: Resource) -> Object:
    inputs = made.inputs
    metadata = inputs["metadata"]
    return Object(inputs["apiVersion"], inputs["kind"], metadata.get("namespace"), metadata["name"])


def settings(said: Mapping[str, Any]) -> Any:
    return parse(said, "a test")


@pytest.mark.parametrize("said", WORLDS.values(), ids=WORLDS)
def test_what_is_asked_for_is_what_is_made(said: Mapping[str, Any]) -> None:
    said = {key: [clean(app) for app in value] if key == "apps" else value for key, value in said.items()}
    asked = [each.object for each in objects.wanted(settings(said), NAMES)]
    assert sorted(map(str, asked)) == sorted(map(str, registered(said)))
    assert set(asked) == set(registered(said))


def clean(app: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in app.items() if value is not None}


def test_an_application_needs_its_namespace_unless_it_is_made_here() -> None:
    apps = [{**RUN, "namespace": name, "path": f"/{name}"} for name in ("shops", "portico-ingress")]
    needs = objects.needed(settings({**PAIR, "apps": apps}), NAMES)
    assert [(each.path, each.object.name) for each in needs] == [("portico:apps[0].namespace", "shops")]


def test_a_metallb_that_is_not_installed_here_has_to_be_there() -> None:
    needs = objects.needed(settings(WORLDS["metallb that is there"]), NAMES)
    assert [each.object.name for each in needs] == ["lb", "ipaddresspools.metallb.io"]


def test_what_is_used_as_it_is_has_to_be_there_and_is_not_made() -> None:
    said = settings(WORLDS["a namespace and a class that are there"])
    needs = objects.needed(said, NAMES)
    assert [(str(each.object), each.path) for each in needs] == [
        ("Namespace portico-ingress", "portico:ingress.namespace"),
        ("IngressClass portico", "portico:ingress.ingressClass"),
    ]
    assert not {each.object for each in needs} & {each.object for each in objects.wanted(said, NAMES)}


def test_a_default_certificate_has_to_be_there() -> None:
    (need,) = objects.needed(settings(WORLDS["a default certificate"]), NAMES)
    assert str(need.object) == "Secret portico-ingress/wildcard"
    assert need.path == "portico:ingress.defaultCertificate"


def test_every_node_port_is_that_of_the_controllers_service() -> None:
    ports = objects.node_ports(settings(PAIR), NAMES)
    assert [(each.port, each.path) for each in ports] == [
        (30080, "portico:ingress.nodePorts.http"),
        (30443, "portico:ingress.nodePorts.https"),
        (30082, "portico:ingress.healthPort"),
    ]
    assert {each.service for each in ports} == {
        Object("v1", "Service", "portico-ingress", "portico-test-traefik")
    }


@pytest.mark.parametrize("world", ["metallb", "no controller"])
def test_no_node_port_is_asked_for_where_no_service_of_ours_has_one(world: str) -> None:
    assert objects.node_ports(settings({**WORLDS[world], "apps": []}), NAMES) == ()
