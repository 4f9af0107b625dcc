"""Two doors of one program, in one cloud and one cluster: each is its own, and one goes without the other
noticing. Beside them a Traefik of somebody else's that filters no class, as k3s has it."""

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from portico.names import for_component
from tests.datapath.load import Load, under
from tests.engine import listing
from tests.engine.door import Door, base, merged
from tests.engine.pair import INSIDE, ask, until
from tools import places

PROJECT = Path(__file__).parent / "two_doors"


@pytest.fixture
def program(sandbox, tmp_path):
    """The program's stack, destroyed in the end."""
    stack = Door("two", tmp_path / "stack", project=PROJECT, extra={"PYTHONPATH": str(places.CHECKOUT)})
    doors(stack, "shop", "api")
    stack.init()
    yield stack
    stack.close()


def doors(stack, *names, **ingress):
    """Says what the sandbox's stack file says, for each of these names, told apart as a user has to."""
    said = {name: settings(stack, name, **ingress) for name in names}
    stack.say({"openstack:cloud": stack.cloud, "two-doors:doors": said})


def settings(stack, name, **more):
    first = stack.own["portico:ingress"]["healthPort"] + {"shop": 1, "api": 4}[name]
    ingress = {
        "namespace": f"{stack.prefix}-{name}",
        "ingressClass": f"{stack.prefix}-{name}",
        "nodePorts": {"http": first, "https": first + 1},
        "healthPort": first + 2,
        "namedBy": {"shop": "ingressClassName", "api": "annotation"}[name],
    }
    (app,) = stack.own["portico:apps"]
    own = {
        "portico:ingress": ingress,
        "portico:loadBalancer": {"hosts": {"count": 1}, **more},
        "portico:apps": [{**app, "name": f"{stack.stack}-{name}", "host": host(stack, name)}],
    }
    whole = merged(base(), own)
    return {key.removeprefix("portico:"): value for key, value in whole.items() if key.startswith("portico:")}


def host(stack, name):
    return f"{name}.{stack.host}"


def prefix(stack, name):
    return for_component("two-doors", stack.stack, name).prefix


def standing(sandbox, stack, name):
    """Everything in cloud and cluster that bears the door's name."""
    marks = (prefix(stack, name), f"{stack.prefix}-{name}", f"{stack.stack}-{name}")
    there = listing.cloud(sandbox) | listing.cluster()
    return frozenset(thing for thing in there if any(mark in thing for mark in marks))


@pytest.mark.alone
def test_two_doors_of_one_program_share_nothing_and_one_goes_without_the_other_noticing(
    program, sandbox, tmp_path
):
    before = everything(sandbox, program)
    up = program.up().succeeded()
    shop, api = (program.outputs()[name] for name in ("shop", "api"))
    assert (shop["answer"], api["answer"]) == ("HTTP 200", "HTTP 200")
    assert shop["address"] != api["address"]
    kept = standing(sandbox, program, "shop")
    assert not kept & standing(sandbox, program, "api")
    assert everything(sandbox, program) - before == kept | standing(sandbox, program, "api")

    other = Door("two", tmp_path / "other")
    other.stack = program.stack
    other.change()
    other.init()
    assert {step.op for step in other.preview().changes} == {"create"}, (
        "a stack of its name in another project"
    )

    with stranger(program):
        # What serves every class serves a class, and no annotation.
        until("the stranger serves the class", lambda: asked(program, "shop") == "200", 60)
        assert asked(program, "api") == "404"
        doors(program, "shop", "api", allowedClients=["198.51.100.0/24"])
        seen = f"Deployment default/{program.stack} is a Traefik that serves this class as well"
        assert seen in program.run("preview").failed().output

        doors(program, "shop")
        with load(shop, program, "shop") as shops, load(api, program, "api") as apis:
            gone = program.up().succeeded()
        assert (
            f"Deployment default/{program.stack} is a Traefik that serves this class as well" in gone.output
        )
    report, control = shops.stop(), apis.stop()
    print(f"up {up.seconds:.1f} s; without the second {gone.seconds:.1f} s, the first: {report}")
    assert report.sent > 500
    assert not report.failed
    assert control.failed, "the load does not notice a door that goes"
    assert standing(sandbox, program, "shop") == kept
    assert standing(sandbox, program, "api") == frozenset()
    assert " 200 OK" in ask(shop["address"], host(program, "shop")).splitlines()[0]
    program.destroy().succeeded()
    assert everything(sandbox, program) == before


def load(door, stack, name):
    return under(Load(door["address"], host(stack, name), rate=50), INSIDE)


def everything(sandbox, stack):
    return listing.without_others(listing.cloud(sandbox) | listing.cluster(), stack.stack)


@contextmanager
def stranger(stack):
    """Somebody else's Traefik, without a class; it may read what the first door's may."""
    name = stack.stack
    role = f"{prefix(stack, 'shop')}-traefik"
    account = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
    container = {
        "name": "traefik",
        "image": base()["portico:ingress"]["image"],
        "args": ["--entryPoints.web.address=:8000", "--providers.kubernetesIngress=true"],
    }
    labels = {"app": f"{name}-stranger"}
    made = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "default"}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [account],
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"serviceAccountName": name, "containers": [container]},
                },
            },
        },
    ]
    file = stack.folder / "stranger.yaml"
    file.write_text(yaml.safe_dump_all(made))
    listing.kubectl("create", "--filename", str(file))
    try:
        yield
    finally:
        listing.kubectl("delete", "--filename", str(file), "--ignore-not-found")


def asked(stack, name):
    """The status that the stranger gives for an application; empty while it does not run."""
    words = ("get", "pods", f"--selector=app={stack.stack}-stranger", "--output=json")
    for pod in json.loads(listing.kubectl(*words))["items"]:
        if address := pod["status"].get("podIP"):
            return curl(pod["spec"]["nodeName"], address, host(stack, name))
    return ""


def curl(node, address, name):
    command = [*INSIDE[:-1], f"--in={node}", "--", "curl", "--silent", "--max-time", "2"]
    words = ["--output", "/dev/null", "--write-out", "%{http_code}", "--header", f"Host: {name}"]
    whole = [*command, *words, f"http://{address}:8000/"]
    done = subprocess.run(whole, cwd=places.CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout
