"""`up` ends well exactly when the way to every application works, whatever the application says."""

import json
import re
import subprocess
from pathlib import Path

from sandbox import namespaces
from tests.datapath.hearing import heard
from tests.datapath.services import PLAIN, PROXIED, keeping, speaking
from tests.engine.pair import CLIENT, ask

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


def test_services_that_are_not_http_stand_beside_https_past_a_controller_and_through_one(door, sandbox):
    stack = door("tcp", ALONE)
    ports = stack.own["portico:ingress"]["nodePorts"]
    first = ports["http"] + 3
    certificate = self_signed(stack.folder / "keeper.pem")
    with speaking(sandbox, stack.folder, f"{stack.stack}-git", (first, first + 1)):
        # Git over SSH beside HTTPS, with a controller of one's own.
        listeners = [{"name": "https", "port": 443}, bytes_("git", 22)]
        node_ports = {"https": ports["https"], "git": first}
        stack.change(ALONE, UNCONTROLLED, said(listeners, node_ports))
        health = stack.own["portico:ingress"]["healthPort"]
        with keeping(sandbox, certificate, ports["https"], health):
            stack.up().succeeded()
            address, (host,) = stack.outputs()["address"], stack.outputs()["loadBalancer"]["hostAddresses"]
            assert stack.outputs()["answer"] == "HTTP 200"
            assert ask(address, "git.example.org", scheme="https").endswith(CLIENT)
            assert from_the_internet(sandbox, address, 22) == (f"hello {host}", True)

        # The same Service through a controller of ours as well, and told who the client is.
        service = {"name": f"{stack.stack}-git"}
        listeners = [
            {"name": "http", "port": 80},
            *listeners,
            bytes_("asks", 2201, proxyProtocol=True),
            bytes_("led", 2202, service={**service, "port": PLAIN}),
            bytes_("told", 2203, service={**service, "port": PROXIED}, proxyProtocol=True),
        ]
        more = {"http": ports["http"], "asks": first + 1, "led": first + 2, "told": first + 3}
        stack.change(ALONE, said(listeners, {**node_ports, **more}))
        stack.up().succeeded()
        heard_on = {port: from_the_internet(sandbox, address, port) for port in (22, 2201, 2202, 2203)}
        by_pod, whole = heard_on.pop(2202)
        assert heard_on == {
            22: (f"hello {host}", True),
            2201: (f"hello {CLIENT}", True),
            2203: (f"hello {CLIENT}", True),
        }
        assert by_pod.startswith("hello 10.244.")
        assert whole


UNCONTROLLED = {
    "portico:ingress": {"controller": "none", "namespace": None, "image": None, "nodePorts": None},
    "portico:apps": None,
}


def bytes_(name, port, **more):
    """A listener that passes bytes on."""
    return {"name": name, "port": port, "protocol": "tcp", **more}


def said(listeners, node_ports):
    return {
        "portico:loadBalancer": {"listeners": listeners},
        "portico:ingress": {"nodePorts": node_ports},
        "portico:wait": {"minutes": 2},
    }


def from_the_internet(sandbox, address, port):
    with namespaces.entered(sandbox.paths.inet):
        return heard(address, port, source=CLIENT)


def self_signed(file):
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=keeper"
    where = ("-keyout", str(file), "-out", f"{file}.crt")
    subprocess.run(["openssl", *words.split(), *where], check=True, capture_output=True)
    with file.open("a") as whole:
        whole.write(Path(f"{file}.crt").read_text())
    return file


def kubectl(stack, *words):
    return stack.start(*words, bare=True, command="kubectl").end()
