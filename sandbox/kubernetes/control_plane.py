"""The control plane: etcd, API server, controller manager and scheduler as supervised programs.

Pure. Read by cluster. They live in a network namespace of their own; nodes reach the API at its address on
the management network, the operator at 127.0.0.1 by way of a relay.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox.kubernetes import layout
from sandbox.processes import Program

SERVER = f"https://127.0.0.1:{layout.API_PORT}"
"""The API server, for whoever is in the control plane's namespace or has a relay to it."""
SERVER_FOR_NODES = f"https://{layout.API_ADDRESS}:{layout.API_PORT}"

NODE_GRACE_SECONDS = 16
"""How long a node may be silent before it is NotReady and its endpoints leave. Kubernetes' own 50 s make a
test wait for nothing."""

STOP = "KILL"
"""Asked in good order, the API server waits for watchers that nobody will miss; etcd is made to be killed."""


@dataclass(frozen=True)
class Folders:
    """Where the control plane finds its programs and keeps what it knows."""

    hyperkube: Path
    """The program that is all of them, by its first argument."""
    state: Path
    certificates: Path


def storage(folders: Folders, netns: str) -> tuple[Program, Program]:
    """etcd and the API server. The API server tries until etcd answers."""
    client, peer = (f"http://127.0.0.1:{port}" for port in (layout.ETCD_PORT, layout.ETCD_PEER_PORT))
    certificates = folders.certificates
    etcd = Program(
        name="etcd",
        command=(
            str(folders.hyperkube),
            "etcd",
            f"--data-dir={folders.state / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            # survives the end of the process, not the machine's; a sandbox never outlives its machine
            "--unsafe-no-fsync",
            "--log-level=warn",
        ),
        netns=netns,
        stop_signal=STOP,
    )
    api_server = Program(
        name="kube-apiserver",
        command=(
            str(folders.hyperkube),
            "kube-apiserver",
            f"--etcd-servers={client}",
            f"--secure-port={layout.API_PORT}",
            "--bind-address=0.0.0.0",
            f"--advertise-address={layout.API_ADDRESS}",
            f"--service-cluster-ip-range={layout.SERVICES}",
            f"--tls-cert-file={certificates / 'api.crt'}",
            f"--tls-private-key-file={certificates / 'api.key'}",
            f"--client-ca-file={certificates / 'ca.crt'}",
            f"--service-account-key-file={certificates / 'service-account.pub'}",
            f"--service-account-signing-key-file={certificates / 'service-account.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--kubelet-client-certificate={certificates / 'kubelet-client.crt'}",
            f"--kubelet-client-key={certificates / 'kubelet-client.key'}",
            "--kubelet-preferred-address-types=InternalIP",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            "--profiling=false",
            "--shutdown-delay-duration=0s",
        ),
        netns=netns,
        stop_signal=STOP,
    )
    return etcd, api_server


def controllers(folders: Folders, netns: str) -> tuple[Program, Program]:
    """The controller manager and the scheduler; to be started when the API server is ready, for they give up
    soon."""
    certificates = folders.certificates
    manager = Program(
        name="kube-controller-manager",
        command=(
            str(folders.hyperkube),
            "kube-controller-manager",
            f"--kubeconfig={certificates / 'controller-manager.kubeconfig'}",
            f"--service-account-private-key-file={certificates / 'service-account.key'}",
            f"--root-ca-file={certificates / 'ca.crt'}",
            f"--cluster-signing-cert-file={certificates / 'ca.crt'}",
            f"--cluster-signing-key-file={certificates / 'ca.key'}",
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            "--secure-port=0",
            f"--node-monitor-grace-period={NODE_GRACE_SECONDS}s",
            "--node-monitor-period=2s",
            # with the default it waits 5 s for its own limit at the start
            "--kube-api-qps=300",
            "--kube-api-burst=600",
            f"--flex-volume-plugin-dir={folders.state / 'volume-plugins'}",
            "--profiling=false",
        ),
        netns=netns,
        stop_signal=STOP,
    )
    scheduler = Program(
        name="kube-scheduler",
        command=(
            str(folders.hyperkube),
            "kube-scheduler",
            f"--kubeconfig={certificates / 'scheduler.kubeconfig'}",
            "--leader-elect=false",
            "--secure-port=0",
            "--profiling=false",
        ),
        netns=netns,
        stop_signal=STOP,
    )
    return manager, scheduler
