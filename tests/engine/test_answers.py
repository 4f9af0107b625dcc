"""`up` ends well exactly when the way to every application works, whatever the application says."""

import json
import re

ALONE = {"portico:loadBalancer": {"hosts": {"count": 1}}}
TRAEFIK = "docker.io/library/traefik:v3.7.9"
"""As an application: an API that says 404 everywhere, in the very words of the controller in front of it."""


def test_an_api_without_a_root_is_an_answer_and_a_missing_certificate_is_none(door):
    stack = door("api", ALONE)
    app = {"name": stack.stack, "host": stack.host, "run": {"image": TRAEFIK, "port": 80}}
    stack.change(ALONE, {"portico:apps": [app]})
    stack.up().succeeded()
    assert stack.outputs()["answer"] == "HTTP 404"

    other = {
        "name": f"{stack.stack}-gone",
        "host": f"gone.{stack.host}",
        "service": {"name": "there-is-none", "port": 80},
    }
    stack.change(
        ALONE,
        {"portico:apps": [{**app, "tlsSecret": "there-is-none"}, other], "portico:wait": {"minutes": 1}},
    )
    said = stack.up().failed().output.partition("Diagnostics:")[2]
    assert "its own certificate: the Secret default/there-is-none is missing" in said
    assert f"knows no Ingress for gone.{stack.host}/, or refuses its Service" in said
    assert "in the cluster there is no Service default/there-is-none" in said
    assert "in the cluster there is no Secret default/there-is-none" in said
    assert len(re.findall(r"does not answer after 6\d s", said)) == 2
    assert "unhandled error" not in said
    assert "Traceback" not in said

    stack.change(ALONE, {"portico:apps": [{**app, "probe": {"expect": [404]}}]})
    stack.up().succeeded()

    away = {"name": f"{stack.stack}-away", "namespace": "default"}
    spec = {"type": "ExternalName", "externalName": "example.org"}
    file = stack.folder / "away.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": away, "spec": spec}))
    stack.change(ALONE, {"portico:apps": [{**other, "service": {"name": away["name"], "port": 80}}]})
    kubectl(stack, "apply", "--filename", str(file)).succeeded()
    try:
        refused = stack.up().failed().output
        assert "portico:apps[0].service.name" in refused
        assert "is of type ExternalName, which traefik does not serve" in refused
    finally:
        kubectl(stack, "delete", "--filename", str(file)).succeeded()


def test_a_service_of_ones_own_is_reached_past_the_controller(door):
    stack = door("tcp", ALONE)
    ports = stack.own["portico:ingress"]["nodePorts"]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{stack.stack}-own", "namespace": "default"},
        "spec": {
            "type": "NodePort",
            "selector": {"app.kubernetes.io/name": stack.stack},
            "ports": [{"port": 80, "nodePort": ports["http"] + 3, "protocol": "TCP"}],
        },
    }
    file = stack.folder / "service.json"
    file.write_text(json.dumps(service))
    listeners = [
        {"name": "http", "port": 80},
        {"name": "https", "port": 443},
        {"name": "own", "port": 22, "protocol": "tcp"},
    ]
    own = {"portico:loadBalancer": {"listeners": listeners}, "portico:wait": {"minutes": 2}}
    stack.change(ALONE, own, {"portico:ingress": {"nodePorts": {"own": ports["http"] + 3}}})
    kubectl(stack, "apply", "--filename", str(file)).succeeded()
    try:
        stack.up().succeeded()
        url = f"http://{stack.outputs()['address']}:22/"
        said = stack.start("--silent", "--fail", url, bare=True, command="curl").end().succeeded()
        assert "Hostname:" in said.output
        assert "X-Forwarded-For" not in said.output
    finally:
        kubectl(stack, "delete", "--filename", str(file)).succeeded()


def kubectl(stack, *words):
    return stack.start(*words, bare=True, command="kubectl").end()
