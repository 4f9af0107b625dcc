"""A worker is cut off, a pod leaves its node or dies, a worker is drained."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox.kubernetes.workers import Workers
from sandbox.lifecycle import Sandbox
from tests.engine.pair import Pair, until


@contextmanager
def stop_worker(sandbox: Sandbox, name: str) -> Iterator[None]:
    """A worker node loses its link to the tenant network; it gets it back in the end."""
    workers = Workers(sandbox.paths, sandbox.openstack)
    workers.cut(name)
    try:
        yield
    finally:
        workers.heal(name)


def controllers(pair: Pair) -> dict[str, Any]:
    """The ingress controller's pods that are ready, by their node."""
    said = _kubectl(pair, "get", "pods", "--selector=app.kubernetes.io/name=traefik", "--output=json")
    return {
        pod["spec"]["nodeName"]: pod
        for pod in json.loads(said)["items"]
        if "deletionTimestamp" not in pod["metadata"]
        and any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"]["conditions"])
    }


def delete_pod(pair: Pair, node: str) -> None:
    """The controller's pod on a node is deleted in good order; the DaemonSet makes another there."""
    _kubectl(pair, "delete", "pod", controllers(pair)[node]["metadata"]["name"], "--wait=false")


def kill_pod(pair: Pair, node: str) -> None:
    """The controller's process on a node is killed (SIGKILL); the kubelet starts it again."""
    before = controllers(pair)[node]
    (process,) = processes("traefik", before["metadata"]["uid"])
    os.kill(process, signal.SIGKILL)
    until("the kubelet has started it again", lambda: _restarts(pair, node) > _count(before), 60)


@contextmanager
def move_pod_off_node(pair: Pair, node: str) -> Iterator[None]:
    """The controller leaves a node, as in a drain: its pod is stopped in good order and no other comes.

    With the traffic policy Local the node then answers on no node port. It comes back in the end.
    """
    _kubectl(pair, "taint", "node", node, f"{pair.door.prefix}=gone:NoExecute")
    try:
        until(f"no controller on {node}", lambda: node not in controllers(pair), 60)
        yield
    finally:
        _kubectl(pair, "taint", "node", node, f"{pair.door.prefix}:NoExecute-")
        until(f"a controller on {node}", lambda: node in controllers(pair), 60)


def processes(name: str, pod_uid: str) -> list[int]:
    """The processes of a pod by their name: the kubelet names control groups after the pod."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            group = (entry / "cgroup").read_text().replace("_", "-")
            if pod_uid in group and (entry / "comm").read_text().strip() == name:
                found.append(int(entry.name))
    return found


def _restarts(pair: Pair, node: str) -> int:
    found = controllers(pair).get(node)
    return _count(found) if found else -1


def _count(pod: dict[str, Any]) -> int:
    return sum(each["restartCount"] for each in pod["status"]["containerStatuses"])


def _kubectl(pair: Pair, *words: str) -> str:
    return pair.kubectl("--namespace", pair.door.prefix, *words)
