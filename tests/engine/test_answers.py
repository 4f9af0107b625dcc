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


def test_a_service_of_ones_own_is_reached_past_the_controller_and_web_clients_are_led_to_tls(door):
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
    said = (ALONE, own, {"portico:ingress": {"nodePorts": {"own": ports["http"] + 3}}})
    stack.change(*said)
    kubectl(stack, "apply", "--filename", str(file)).succeeded()
    try:
        stack.up().succeeded()
        url = f"http://{stack.outputs()['address']}:22/"
        got = stack.start("--silent", "--fail", url, bare=True, command="curl").end().succeeded()
        assert "Hostname:" in got.output
        assert "X-Forwarded-For" not in got.output
        _clients_are_led_to_tls(stack, *said)
    finally:
        kubectl(stack, "delete", "--filename", str(file)).succeeded()


def _clients_are_led_to_tls(stack, *said):
    """A redirect, a certificate for every name, and other figures for the hosts, on a door that stands."""
    key, certificate = str(stack.folder / "tls.key"), str(stack.folder / "tls.crt")
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=wildcard.example.org"]
    made = stack.start(*words, "-keyout", key, "-out", certificate, bare=True, command="openssl")
    made.end().succeeded()
    files = ["--cert", certificate, "--key", key, "--namespace", stack.prefix]
    kubectl(stack, "create", "secret", "tls", "wildcard", *files).succeeded()
    front = {"redirectToHttps": True, "defaultCertificate": "wildcard", "tolerations": [{"key": "ingress"}]}
    hosts = {"maxConnections": 3000, "drainChanges": 7}
    balancer = {"hosts": hosts, "balance": "leastconn", "healthCheck": {"interval": 2}}
    stack.change(*said, {"portico:ingress": front, "portico:loadBalancer": balancer})
    assert "+    balance leastconn" in stack.run("preview").succeeded().output
    stack.up().succeeded()
    outputs = stack.outputs()
    assert outputs["url"] == f"https://{stack.host}/"
    asked = ["--silent", "--include", "--header", f"Host: {stack.host}", f"http://{outputs['address']}/a"]
    led = stack.start(*asked, bare=True, command="curl").end().succeeded().output
    assert f"Location: https://{stack.host}/a" in led
    asked = ["--silent", "--insecure", "--verbose", f"https://{outputs['address']}/"]
    shown = stack.start(*asked, bare=True, command="curl").end().succeeded().output
    assert "wildcard.example.org" in shown


def kubectl(stack, *words):
    return stack.start(*words, bare=True, command="kubectl").end()
