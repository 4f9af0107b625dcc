"""What stands in the cluster already is nobody's but its owner's, and a cluster that does not answer costs
nothing: both are said before anything is made."""

import json
import re
import shutil
import socket
from contextlib import contextmanager

import yaml

from tests.engine import listing
from tests.engine.door import Door


def reasons(run):
    """Why an `up` refused; it made nothing."""
    run.failed()
    assert "Traceback" not in run.output
    return [line.strip() for line in run.output.splitlines() if re.match(r"\s+(portico:|the stack's)", line)]


def everything(sandbox, stack):
    return listing.without_others(listing.cloud(sandbox) | listing.cluster(), stack.stack)


def test_what_stands_there_is_refused_by_name_and_neither_taken_nor_changed_nor_deleted(door, sandbox):
    stack = door("taken")
    with foreign(stack) as things:
        before, there = everything(sandbox, stack), seen(things)
        said = reasons(stack.up())
        assert len(said) == 4, said
        text = "\n".join(said)
        for name in (
            f"Namespace {stack.prefix} is there already",
            f"IngressClass {stack.prefix} is there already and is not this stack's: its controller is "
            "k8s.io/ingress-nginx",
            f"ClusterRole {stack.prefix}-traefik is there already",
            f"Ingress default/{stack.stack} is there already",
        ):
            assert name in text
        stack.destroy().succeeded()
        assert seen(things) == there
        assert everything(sandbox, stack) == before


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
    ]
    ingress_class = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": prefix},
        "spec": {"controller": "k8s.io/ingress-nginx"},
    }
    file = stack.folder / "class.yaml"
    file.write_text(yaml.safe_dump(ingress_class))
    listing.kubectl("create", "namespace", prefix)
    try:
        listing.kubectl("create", "secret", "generic", "treasure", "--from-literal=a=b", "-n", prefix)
        listing.kubectl("create", "--filename", str(file))
        listing.kubectl("create", "clusterrole", role, "--verb=get", "--resource=pods")
        rule = "--rule=else.example.org/=else:80"
        listing.kubectl("create", "ingress", stack.stack, rule, "-n", "default")
        yield made
    finally:
        for kind, name, space in reversed(made):
            inside = ["-n", space] if space else []
            listing.kubectl("delete", kind, name, *inside, "--ignore-not-found")


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


def test_a_stack_without_its_state_and_a_stack_without_its_cluster_leave_what_serves_alone(
    door, sandbox, tmp_path
):
    stack = door("stands")
    file = kubeconfig(sandbox, stack)
    living = file.read_text()
    changes = {
        "portico:kubernetes": {"kubeconfig": str(file)},
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
