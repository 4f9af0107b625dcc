"""The sandbox's Kubernetes as a whole: what has to be fetched, what runs, and when it is ready.

Ties the other modules of this package together; everything that they need decided is decided here. Used by
the sandbox's command line.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sandbox import namespaces, packages
from sandbox.kubernetes import certificates, cgroups, control_plane, layout, network, node
from sandbox.kubernetes.api import Api, ApiError, is_ready, renewed
from sandbox.kubernetes.errors import KubernetesError
from sandbox.kubernetes.images import Image
from sandbox.kubernetes.layout import Layout, Node
from sandbox.kubernetes.store import Store
from sandbox.paths import Paths
from sandbox.processes import Supervisor
from sandbox.progress import Progress
from sandbox.relays import Relay

CHECKOUT = Path(__file__).parents[2]

BUSYBOX = "busybox"
"""Comes with node.TREE; every other program below is a tool of `python -m tools`."""

IMAGES: dict[Image, str] = {
    Image(node.PAUSE_IMAGE, "/bin/busybox", ("sleep", "1000000000")): BUSYBOX,
    Image("docker.io/library/traefik:v3.7.9", "/usr/local/bin/traefik", ports=(80,)): "traefik",
    Image("docker.io/traefik/whoami:v1.11.0", "/whoami", ports=(80,)): "whoami",
}
"""The images that every sandbox has, and the program that each is made of. Portico's default of Traefik is a
newer patch; the sandbox's stack file names the one that is here (docs/sandbox.md)."""

METALLB_IMAGES: dict[Image, str] = {
    Image("quay.io/metallb/controller:v0.16.1", "/controller"): "metallb-controller",
    Image("quay.io/metallb/speaker:v0.16.1", "/speaker"): "metallb-speaker",
}

READY_SECONDS = 120
"""How long the API server, and then the nodes, may take on a machine that is busy with other things."""


class Kubernetes:
    """A control plane and three worker nodes, under the sandbox's supervisor.

    Needs nothing of OpenStack: the nodes' cables end loose in the cloud's namespace until Workers plugs them
    into Neutron ports.
    """

    def __init__(self, paths: Paths, supervisor: Supervisor, progress: Progress) -> None:
        self._paths = paths
        self._supervisor = supervisor
        self._progress = progress
        self._layout = Layout(paths.prefix)
        self._store = Store(paths)
        self._state = paths.state / "kubernetes"
        self._certificates = self._state / "certificates"

    def prepare(self, *, metallb: bool = False) -> None:
        """Fetches or builds the programs and imports the images; does nothing where that was done before.

        Independent of everything else in the sandbox. Raises PackagesError, KubernetesError.
        """
        with self._progress.step("Kubernetes: programs and images are there"):
            packages.ensure(self._paths, node.TREE)
            self._kubectl()
            wanted = IMAGES | METALLB_IMAGES if metallb else IMAGES
            programs = {image: self._program(name) for image, name in wanted.items()}
            if not self._store.holds(programs):
                self._store.fill(programs)

    def up(self) -> None:
        """Starts what does not run and returns when all nodes are Ready. Raises KubernetesError."""
        cluster, hyperkube = self._layout, _tool("hyperkube")
        self._write_certificates()
        network.control_plane(cluster)
        folders = control_plane.Folders(hyperkube, self._state, self._certificates)
        api = Api(cluster.netns, self._certificates)
        with self._progress.step("Kubernetes: the API server answers"):
            self._supervisor.ensure(control_plane.storage(folders, cluster.netns))
            self._until(lambda: api.get("/readyz") == b"ok", "kube-apiserver")
        self._supervisor.ensure(control_plane.controllers(folders, cluster.netns))
        parts = node.Parts(
            node.TREE.folder(self._paths), hyperkube, self._store.root, self._store.image_set()
        )
        namespaces.ensure(self._paths.cloud)
        programs = []
        for worker in cluster.nodes:
            network.node(cluster, worker, self._paths.cloud)
            for hierarchy in cgroups.hierarchies():
                cgroups.ensure(hierarchy, cluster.cgroup(worker))
            checksum = node.write(self._folder(worker) / "etc", self._node_files(worker))
            programs.append(node.program(worker, self._folder(worker), parts, checksum))
        with self._progress.step(f"Kubernetes: {len(programs)} nodes are Ready"):
            self._supervisor.ensure(programs)
            for worker in cluster.nodes:
                self._until(partial(self._is_up, api, worker), worker.name)
            self._until(
                lambda: bool(api.get("/api/v1/namespaces/default/serviceaccounts/default")),
                "kube-controller-manager",
            )

    def down(self) -> None:
        """Ends the cluster and removes what it made, its state included; programs and images stay.

        Raises KubernetesError if something still lives in one of its cgroups.
        """
        names = [worker.name for worker in self._layout.nodes]
        names += ["kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"]
        self._supervisor.remove(names)
        for hierarchy in cgroups.hierarchies():
            try:
                cgroups.remove(hierarchy, f"/{self._paths.prefix}")
            except OSError as error:
                raise KubernetesError(
                    f"cgroup {error.filename} cannot be removed ({error.strerror}): end the processes that "
                    "its file cgroup.procs names and try again"
                ) from error
        for worker in self._layout.nodes:
            namespaces.delete(worker.netns)
        namespaces.delete(self._layout.netns)
        shutil.rmtree(self._state, ignore_errors=True)
        self._paths.kubeconfig.unlink(missing_ok=True)

    def relays(self) -> list[Relay]:
        """Where the API shall answer besides the control plane's own namespace."""
        return [Relay(layout.API_PORT, self._paths.kube, (self._paths.inet, self._paths.cloud))]

    def status(self) -> dict[str, str]:
        """Every node and what it says of itself: `Ready`, `NotReady`, or `unknown` while the API server does
        not answer."""
        nodes = dict.fromkeys((worker.name for worker in self._layout.nodes), "unknown")
        with contextlib.suppress(ApiError, OSError):
            found = Api(self._layout.netns, self._certificates).items("/api/v1/nodes")
            nodes |= {item["metadata"]["name"]: "Ready" if is_ready(item) else "NotReady" for item in found}
        return nodes

    def _is_up(self, api: Api, worker: Node) -> bool:
        """Ready, and heard of since it was started: a node's word outlives it in etcd."""
        lease = json.loads(
            api.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{worker.name}")
        )
        started = (self._folder(worker) / "disk").stat().st_mtime
        return renewed(lease) > started and is_ready(json.loads(api.get(f"/api/v1/nodes/{worker.name}")))

    def _until(self, holds: Callable[[], bool], program: str) -> None:
        end = time.monotonic() + READY_SECONDS
        reason = "it is not ready"
        while True:
            try:
                if holds():
                    return
            except (ApiError, FileNotFoundError) as error:
                reason = str(error)
            if self._supervisor.status()[program].phase == "FATAL":
                raise KubernetesError(f"{program} ends again and again; see {self._supervisor.log(program)}")
            if time.monotonic() > end:
                log = self._supervisor.log(program)
                raise KubernetesError(f"{program} is not ready after {READY_SECONDS} s ({reason}); see {log}")
            time.sleep(0.2)

    def _write_certificates(self) -> None:
        subjects = [
            certificates.ADMIN,
            certificates.KUBELET_CLIENT,
            certificates.CONTROLLER_MANAGER,
            certificates.SCHEDULER,
            certificates.PROXY,
            certificates.api_server([layout.API_ADDRESS, layout.SERVICES[1]]),
            *(certificates.kubelet(worker.name) for worker in self._layout.nodes),
        ]
        certificates.ensure(self._certificates, subjects)
        for subject in (certificates.CONTROLLER_MANAGER, certificates.SCHEDULER):
            config = certificates.kubeconfig(self._certificates, subject, control_plane.SERVER)
            node.write(self._certificates, {f"{subject.file}.kubeconfig": config})
        admin = certificates.kubeconfig(self._certificates, certificates.ADMIN, control_plane.SERVER)
        node.write(self._paths.kubeconfig.parent, {self._paths.kubeconfig.name: admin})

    def _node_files(self, worker: Node) -> dict[str, str]:
        def kubeconfig(subject: certificates.Subject) -> str:
            return certificates.kubeconfig(self._certificates, subject, control_plane.SERVER_FOR_NODES)

        return node.files(
            worker,
            self._layout.cgroup(worker),
            (self._certificates / "ca.crt").read_text(),
            kubeconfig(certificates.kubelet(worker.name)),
            kubeconfig(certificates.PROXY),
        )

    def _folder(self, worker: Node) -> Path:
        return self._state / "nodes" / worker.name

    def _program(self, name: str) -> Path:
        if name == BUSYBOX:
            return packages.find(node.TREE.folder(self._paths), name)
        return _tool(name)

    def _kubectl(self) -> None:
        """kubectl, for the operator's PATH."""
        link = self._paths.bin / "kubectl"
        hyperkube = _tool("hyperkube")
        if not (link.is_symlink() and link.readlink() == hyperkube):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(hyperkube)


def _tool(name: str) -> Path:
    """Where a tool lies; it is fetched or built if it is not there. Raises KubernetesError."""
    done = subprocess.run(
        [sys.executable, "-m", "tools", "get", name],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KubernetesError(f"the tool {name} could not be had; what was tried stands above")
    return Path(done.stdout.strip().splitlines()[-1])
