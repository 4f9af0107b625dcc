"""A Service of somebody's own in the sandbox's cluster that is not HTTP, and names for the cluster's pods.

What serves are processes of this machine at a node's address, behind Services without a selector.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sandbox import namespaces
from sandbox.kubernetes import layout
from sandbox.lifecycle import Sandbox
from tests.datapath import naming, speaker
from tests.engine import listing

PLAIN, PROXIED, DNS = 7322, 7323, 7353
"""Where they listen on the node."""


def node(sandbox: Sandbox) -> Mapping[str, str]:
    """The node that they run on; its address is the one that pods of other nodes reach."""
    workers: list[dict[str, str]] = json.loads(sandbox.paths.facts.read_text())["workers"]
    return {**workers[0], "address": str(layout.MANAGEMENT[11])}


@contextmanager
def running(sandbox: Sandbox, program: ModuleType, *words: object) -> Iterator[None]:
    """A program at the node's address, while the block runs."""
    where = node(sandbox)
    command = [sys.executable, str(program.__file__), where["address"], *map(str, words)]
    started = subprocess.Popen(namespaces.inside(where["netns"], command), stdin=subprocess.PIPE)
    try:
        yield
    finally:
        started.communicate(timeout=30)


@contextmanager
def speaking(sandbox: Sandbox, folder: Path, name: str, node_ports: Sequence[int]) -> Iterator[None]:
    """The Service `name` in the namespace default, with the ports PLAIN and PROXIED and their node ports; the
    pods of the cluster find it by its name."""
    ports = [
        {"name": said, "port": port, "nodePort": node_port, "protocol": "TCP"}
        for said, port, node_port in zip(("plain", "proxied"), (PLAIN, PROXIED), node_ports, strict=True)
    ]
    local = {"type": "NodePort", "externalTrafficPolicy": "Local"}
    with ExitStack() as stack:
        stack.enter_context(running(sandbox, speaker, PLAIN, PROXIED))
        stack.enter_context(_made(folder, _objects(sandbox, name, "default", ports, **local)))
        address = json.loads(listing.kubectl("get", "service", name, "--output", "json"))["spec"]["clusterIP"]
        stack.enter_context(running(sandbox, naming, DNS, name, address))
        names = [{"name": "dns", "port": 53, "targetPort": DNS, "protocol": "UDP"}]
        server = {"clusterIP": str(layout.SERVICES[10])}
        stack.enter_context(_made(folder, _objects(sandbox, "kube-dns", "kube-system", names, **server)))
        yield


def _objects(
    sandbox: Sandbox, name: str, namespace: str, ports: Sequence[Mapping[str, Any]], **spec: str
) -> list[dict[str, Any]]:
    where, metadata = node(sandbox), {"name": name, "namespace": namespace}
    ends = [
        {"name": port["name"], "port": port.get("targetPort", port["port"]), "protocol": port["protocol"]}
        for port in ports
    ]
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": list(ports), **spec}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "ports": ends,
            "endpoints": [
                {
                    "addresses": [where["address"]],
                    "conditions": {"ready": True},
                    "nodeName": where["name"],
                }
            ],
        },
    ]


@contextmanager
def _made(folder: Path, items: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    file = folder / f"{items[0]['metadata']['name']}.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    try:
        listing.kubectl("apply", "--filename", str(file))
        yield
    finally:
        listing.kubectl("delete", "--ignore-not-found", "--filename", str(file))
