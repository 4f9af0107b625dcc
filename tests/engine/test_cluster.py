"""What stands in the cluster already is nobody's but its owner's, and a cluster that does not answer costs
nothing: both are said before anything is made."""

import json
import re
import shutil
import socket
from contextlib import ExitStack, contextmanager

import pytest
import yaml

from sandbox.openstack import clouds
from tests.engine import listing
from tests.engine.door import Door


def reasons(run):
    """Why an `up` refused; it made nothing."""
    run.failed()
    assert "Traceback" not in run.output
    return [line.strip() for line in run.output.splitlines() if re.match(r"\s+(portico:|the stack's)", line)]


def everything(sandbox, stack):
    return listing.without_others(listing.cloud(sandbox) | listing.cluster(), stack.stack)


@pytest.mark.alone
def test_what_stands_there_is_refused_by_name_and_neither_taken_nor_changed_nor_deleted(door, sandbox):
    stack = door("taken")
    with foreign(stack) as things, foreign_in_the_cloud(sandbox, stack):
        before, there = everything(sandbox, stack), seen(things)
        said = reasons(stack.up())
        assert len(said) == 4 + 3, said
        text = "\n".join(said)
        for name in (
            f"Namespace {stack.prefix} is there already",
            f"IngressClass {stack.prefix} is there already and is not this stack's: its controller is "
            "k8s.io/ingress-nginx",
            f"ClusterRole {stack.prefix}-traefik is there already",
            f"Ingress default/{stack.stack} is there already",
            f"openstack = security group '{stack.prefix}-hosts' ",
            f"openstack = port '{stack.prefix}-vip' ",
            f"openstack = floating IP 'address (Portico, {stack.prefix})' ",
        ):
            assert name in text
        stack.destroy().succeeded()

        stack.change(METALLB)
        text = "\n".join(reasons(stack.up()))
        assert "portico:loadBalancer.metallb.install = True" in text
        assert "CustomResourceDefinition ipaddresspools.metallb.io is there already" in text
        stack.destroy().succeeded()

        there_already = {"install": False, "namespace": stack.prefix}
        narrow = {"metallb": there_already, "allowedClients": ["198.51.100.0/24"]}
        stack.change(METALLB, {"portico:loadBalancer": narrow})
        text = "\n".join(reasons(stack.up()))
        assert "overlaps 10.20.0.192/28 of IPAddressPool theirs" in text
        assert f"k3s' servicelb (DaemonSet default/svclb-{stack.stack}) gives an address to every" in text
        stack.destroy().succeeded()
        assert seen(things) == there
        assert everything(sandbox, stack) == before


METALLB = {
    "portico:nodes": None,
    "portico:loadBalancer": {
        "type": "metallb",
        "openstack": None,
        "hosts": None,
        "metallb": {"addresses": ["10.20.0.200-10.20.0.201"]},
    },
}


@contextmanager
def foreign_in_the_cloud(sandbox, stack):
    """What somebody else of the project has made there under such names."""
    with clouds.connection(sandbox.paths) as cloud, ExitStack() as made:
        network = cloud.network.find_network("k8s")
        outside = cloud.network.find_network("public")
        group = cloud.network.create_security_group(name=f"{stack.prefix}-hosts")
        made.callback(cloud.network.delete_security_group, group)
        port = cloud.network.create_port(name=f"{stack.prefix}-vip", network_id=network.id)
        made.callback(cloud.network.delete_port, port)
        ip = cloud.network.create_ip(
            floating_network_id=outside.id, description=f"address (Portico, {stack.prefix})"
        )
        made.callback(cloud.network.delete_ip, ip)
        yield


@contextmanager
def foreign(stack):
    """What somebody else has made under the very names that the stack would use."""
    prefix = stack.prefix
    role = f"{prefix}-traefik"
    made = [
        ("namespace", prefix, None),
        ("secret", "treasure", prefix),
        ("ingressclass", prefix, None),
        ("clusterrole", role, None),
        ("ingress", stack.stack, "default"),
        ("customresourcedefinition", "ipaddresspools.metallb.io", None),
        ("ipaddresspool", "theirs", prefix),
    ]
    file = stack.folder / "foreign.yaml"
    file.write_text(yaml.safe_dump_all([ingress_class(prefix, "k8s.io/ingress-nginx"), DEFINITION]))
    listing.kubectl("create", "namespace", prefix)
    try:
        listing.kubectl("create", "secret", "generic", "treasure", "--from-literal=a=b", "-n", prefix)
        listing.kubectl("create", "--filename", str(file))
        listing.kubectl("create", "clusterrole", role, "--verb=get", "--resource=pods")
        rule = "--rule=else.example.org/=else:80"
        listing.kubectl("create", "ingress", stack.stack, rule, "-n", "default")
        listing.kubectl("wait", "--for=condition=Established", "crd/ipaddresspools.metallb.io")
        pool = {
            "apiVersion": "metallb.io/v1beta1",
            "kind": "IPAddressPool",
            "metadata": {"name": "theirs", "namespace": prefix},
            "spec": {"addresses": ["10.20.0.192/28"]},
        }
        file.write_text(yaml.safe_dump_all([pool, servicelb(f"svclb-{stack.stack}")]))
        listing.kubectl("create", "--filename", str(file))
        yield made
    finally:
        listing.kubectl("delete", "daemonset", f"svclb-{stack.stack}", "--ignore-not-found")
        for kind, name, space in reversed(made):
            inside = ["-n", space] if space else []
            listing.kubectl("delete", kind, name, *inside, "--ignore-not-found")


def ingress_class(name, controller):
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": name},
        "spec": {"controller": controller},
    }


def servicelb(name):
    """What k3s runs for a Service of type LoadBalancer; on no node here."""
    labels = {"app": name, "svccontroller.k3s.cattle.io/svcname": "traefik"}
    pod = {
        "nodeSelector": {"svccontroller.k3s.cattle.io/lbpool": "nobody"},
        "containers": [{"name": "lb", "image": "docker.io/rancher/klipper-lb:v0.4.13"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "ipaddresspools.metallb.io"},
    "spec": {
        "group": "metallb.io",
        "names": {"kind": "IPAddressPool", "plural": "ipaddresspools"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1beta1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                },
            }
        ],
    },
}
"""A type of somebody else's MetalLB."""


@contextmanager
def lent(stack):
    """The operator's own: a namespace with a Secret that admits no pod with rights, a class of Traefik's."""
    prefix = stack.prefix
    things = [("namespace", prefix, None), ("secret", "treasure", prefix), ("ingressclass", prefix, None)]
    file = stack.folder / "lent.yaml"
    space = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": prefix, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    file.write_text(yaml.safe_dump_all([space, ingress_class(prefix, "traefik.io/ingress-controller")]))
    listing.kubectl("create", "--filename", str(file))
    try:
        listing.kubectl("create", "secret", "generic", "treasure", "--from-literal=a=b", "-n", prefix)
        yield things
    finally:
        listing.kubectl("delete", "--filename", str(file), "--ignore-not-found")


def seen(things):
    """Each of them as it is, down to its version."""
    words = ("uid", "resourceVersion", "labels")
    found = {}
    for kind, name, space in things:
        inside = ["-n", space] if space else []
        said = json.loads(listing.kubectl("get", kind, name, *inside, "--output", "json"))
        found[kind, name] = {word: said["metadata"].get(word) for word in words}
    return found


def test_a_node_port_that_another_service_holds_is_one_sentence(door, sandbox):
    stack = door("port")
    port = stack.own["portico:ingress"]["nodePorts"]["http"]
    listing.kubectl("create", "service", "nodeport", stack.stack, "--tcp=80:80", f"--node-port={port}")
    try:
        before = everything(sandbox, stack)
        # The application of that name is another matter.
        stack.change({"portico:apps": []})
        assert reasons(stack.up()) == [
            f"portico:ingress.nodePorts.http = {port}: the node port is taken by the Service "
            f"default/{stack.stack}; choose a free one"
        ]
        assert everything(sandbox, stack) == before
    finally:
        listing.kubectl("delete", "service", stack.stack)


def test_a_dead_cluster_is_one_sentence_and_makes_nothing_in_the_cloud(door, sandbox):
    stack = door("dead")
    before = everything(sandbox, stack)
    file = kubeconfig(sandbox, stack)
    url = die(file)
    stack.change({"portico:kubernetes": {"kubeconfig": str(file)}})
    run = stack.up()
    (reason,) = reasons(run)
    assert f"the cluster at {url}, context " in reason
    assert "Connection refused" in reason
    assert run.seconds < 30
    assert stack.preview().changes
    assert everything(sandbox, stack) == before


def kubeconfig(sandbox, stack):
    """A copy of the kubeconfig of the stack's own."""
    return shutil.copy(sandbox.paths.kubeconfig, stack.folder / "kubeconfig")


def die(file):
    """Nobody answers any more where this kubeconfig points to: the URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
    said = yaml.safe_load(file.read_text())
    for each in said["clusters"]:
        each["cluster"]["server"] = url
    file.write_text(yaml.safe_dump(said))
    return url


@pytest.mark.alone
def test_a_stack_without_its_state_and_a_stack_without_its_cluster_leave_what_serves_alone(
    door, sandbox, tmp_path
):
    """What it uses of the cluster as it is stays as it is, from before the first `up` until after the end."""
    stack = door("stands")
    with lent(stack) as things:
        there = seen(things)
        leaves_what_serves_alone(stack, sandbox, tmp_path)
        assert seen(things) == there


def leaves_what_serves_alone(stack, sandbox, tmp_path):
    file = kubeconfig(sandbox, stack)
    living = file.read_text()
    changes = {
        "portico:kubernetes": {"kubeconfig": str(file)},
        "portico:ingress": {"existing": ["namespace", "ingressClass"]},
        "portico:loadBalancer": {"hosts": {"count": 1}},
        "portico:wait": {"until": "nothing"},
    }
    stack.change(changes)
    stack.up().succeeded()
    stack.up("--expect-no-changes").succeeded()
    before = everything(sandbox, stack)

    other = Door("stands", tmp_path / "stack")
    other.stack, other._port = stack.stack, stack._port
    other.change(changes)
    other.init()
    said = "\n".join(reasons(other.up()))
    assert "made by a stack of this name whose state is not the one in use" in said
    other.destroy().succeeded()
    assert everything(sandbox, stack) == before

    die(file)
    stack.destroy().failed()
    file.write_text(living)
    cloud = {thing for thing in before if not thing.split()[0][0].isupper()}
    assert cloud <= listing.cloud(sandbox), "the load balancer goes although the cluster is dead"
    stack.destroy().succeeded()
