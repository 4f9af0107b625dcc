"""A worker node: containerd, kubelet and kube-proxy in namespaces of their own, as one supervised program.

Renders the node's files below the folder it is given and nothing else. Read by cluster. What the program does
once it runs: node.sh.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.kubernetes import layout
from sandbox.kubernetes.layout import Node
from sandbox.packages import Tree
from sandbox.processes import Program

SCRIPT = Path(__file__).with_name("node.sh")

TREE = Tree(
    name="kubernetes-node",
    suite="bookworm",
    packages="containerd runc containernetworking-plugins nftables "
    "bash coreutils hostname mount busybox-static",
)
"""The root file system of a node: containerd and runc, the CNI plugins, nft for kube-proxy, mount for
kubelet; busybox is in the pause image."""

PAUSE_IMAGE = "sandbox.portico/pause:1"
"""What holds a pod's namespaces; never looked for in a registry."""

UNUSED_CONTAINERD_PLUGINS = [
    "io.containerd.internal.v1.opt",
    "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.zfs",
]

CONTAINERD_TOML = f"""version = 2
disabled_plugins = {json.dumps(UNUSED_CONTAINERD_PLUGINS)}

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
restrict_oom_score_adj = true
disable_apparmor = true
tolerate_missing_hugetlb_controller = true
stream_server_address = "127.0.0.1"
# as containerd 2 does: a program that is not root may listen on port 80
enable_unprivileged_ports = true

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "/etc/kubernetes/cni"
"""
"""For containerd 1.6 and later, with what a namespace on one machine needs."""


@dataclass(frozen=True)
class Parts:
    """What all nodes of a cluster are made of."""

    tree: Path
    """TREE, unpacked."""
    hyperkube: Path
    """The program that is kubelet and kube-proxy, by the name it is called by."""
    images: Path
    """A containerd folder that holds the images and nothing else."""
    image_set: str
    """A name for the images in it that changes with them."""


def cni_configuration(node: Node) -> dict[str, object]:
    """A cable of its own for each pod, so that every packet is routed and passes the rules of kube-proxy.

    With a bridge, a pod that speaks to a service and is answered by its neighbour needs the kernel to filter
    bridges, which not every machine does. No masquerading: pods speak to pods, and to clients by way of node
    ports.
    """
    return {
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": False,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": str(node.pods)}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }


def kubelet_configuration(cgroup: str) -> dict[str, object]:
    """KubeletConfiguration v1beta1.

    Nothing is evicted and nothing swept away: the disk and the memory that the kubelet sees are the
    machine's, not its own. A node that falls silent is missed after control_plane.NODE_GRACE_SECONDS, so it
    speaks often. cgroup v1 is allowed until 1.35.
    """
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup,
        "cgroupsPerQOS": True,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": "/etc/kubernetes/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "readOnlyPort": 0,
        "resolvConf": "",
        "clusterDNS": [str(layout.SERVICES[10])],
        "makeIPTablesUtilChains": False,
        "evictionHard": {
            "memory.available": "0%",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
        },
        "imageGCHighThresholdPercent": 100,
        "localStorageCapacityIsolation": False,
        "serializeImagePulls": False,
        "nodeStatusUpdateFrequency": "4s",
        "nodeLeaseDurationSeconds": 12,
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        "maxPods": 60,
    }


def proxy_configuration(node: Node) -> dict[str, object]:
    """KubeProxyConfiguration v1alpha1: nftables, node ports on eth0 alone, the machine's conntrack limits
    left alone."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": "/etc/kubernetes/kube-proxy.kubeconfig"},
        "clusterCIDR": str(layout.PODS),
        "hostnameOverride": node.name,
        "nodePortAddresses": [f"{node.address}/32"],
        "healthzBindAddress": "0.0.0.0:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "oomScoreAdj": 0,
        "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }


def files(node: Node, cgroup: str, ca: str, kubeconfig: str, proxy_kubeconfig: str) -> dict[str, str]:
    """What the node has in /etc/kubernetes, by relative path."""
    return {
        "ca.crt": ca,
        "containerd.toml": CONTAINERD_TOML,
        "cni/10-pods.conflist": _json(cni_configuration(node)),
        "kubelet.json": _json(kubelet_configuration(cgroup)),
        "kubelet.kubeconfig": kubeconfig,
        "kube-proxy.json": _json(proxy_configuration(node)),
        "kube-proxy.kubeconfig": proxy_kubeconfig,
    }


def write(folder: Path, contents: Mapping[str, str]) -> str:
    """Writes files that only their owner can read, and returns a checksum of them all.

    A file that says the same already is left alone: kube-proxy ends when its configuration is written.
    """
    checksum = hashlib.sha256()
    for name, content in sorted(contents.items()):
        checksum.update(f"{name}\0{content}\0".encode())
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (path.is_file() and path.read_text() == content):
            path.touch(mode=0o600)
            path.write_text(content)
    return checksum.hexdigest()[:16]


def program(node: Node, folder: Path, parts: Parts, configuration: str) -> Program:
    """The node as a program: its files lie in folder/etc, its disk in folder/disk.

    It is another program, and so started anew, when its configuration (a checksum), its packages or the
    images changed. It is killed, not asked: with process 1 of the node the kernel ends everything in it and
    drops its mounts.
    """
    return Program(
        name=node.name,
        command=("unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "/bin/bash", str(SCRIPT)),
        netns=node.netns,
        environment={
            "NODE_NAME": node.name,
            "NODE_ADDRESS": str(node.address),
            "NODE_FOLDER": str(folder),
            "NODE_TREE": str(parts.tree),
            "NODE_TREE_KEY": TREE.key(),
            "NODE_HYPERKUBE": str(parts.hyperkube),
            "NODE_IMAGES": str(parts.images),
            "NODE_IMAGE_SET": parts.image_set,
            "NODE_CONFIGURATION": configuration,
        },
        stop_signal="KILL",
    )


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
