"""What the cloud is made of: a virtual environment with OpenStack, two trees of Debian programs, and the
servers' image.

Fetches and unpacks below `Paths.programs` and `Paths.image`; starts nothing. Each part is made once, and
again when its definition changes.
"""

from __future__ import annotations

import hashlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox import packages
from sandbox.packages import PackagesError, Tree
from sandbox.paths import Paths
from sandbox.progress import Progress

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
IMAGE_HOOK = HERE / "image.sh"

SERVICES = Tree(
    name="debian-12",
    suite="bookworm",
    packages="mariadb-server-core mariadb-client-core rabbitmq-server dash coreutils sed grep mawk"
    " haproxy iptables systemd-container",
    programs="mariadb haproxy systemd-nspawn"
    " iptables=xtables-nft-multi iptables-save=xtables-nft-multi iptables-restore=xtables-nft-multi"
    " ip6tables=xtables-nft-multi ip6tables-save=xtables-nft-multi ip6tables-restore=xtables-nft-multi",
)
"""Database, message queue, the metadata service's proxy and what servers are started with."""

NETWORK = Tree(
    name="debian-13",
    suite="trixie",
    packages="openvswitch-switch ovn-central ovn-host libc6",
    programs="ovs-vsctl ovs-ofctl ovs-appctl ovsdb-client ovsdb-tool ovsdb-server ovs-vswitchd"
    " ovn-nbctl ovn-sbctl ovn-northd ovn-controller ovn-trace ovn-appctl",
)
"""Open vSwitch 3.5 and OVN 25.03. Debian 12's Open vSwitch 3.1 aborts in its userspace connection tracker
under load."""

IMAGE_PACKAGES = (
    "systemd systemd-sysv dbus udev cloud-init isc-dhcp-client openssh-server netbase iproute2 iputils-ping"
    " procps ethtool tcpdump curl ca-certificates python3-minimal python3-yaml haproxy keepalived"
)
"""A Debian cloud image's packages, with HAProxy and keepalived there already: the sandbox's networks lead to
no Debian mirror."""


def ensure_image(paths: Paths, progress: Progress) -> Path:
    """The root file system that servers boot; made by mmdebstrap if it is not there. Returns its folder."""
    key = hashlib.sha256(IMAGE_PACKAGES.encode() + IMAGE_HOOK.read_bytes()).hexdigest()[:16]
    stamp = paths.root / "image.made"
    if not (stamp.exists() and stamp.read_text() == key and paths.image.exists()):
        include = f"--include={IMAGE_PACKAGES.replace(' ', ',')}"
        hook = f'--customize-hook=sh {shlex.quote(str(IMAGE_HOOK))} "$1"'
        with progress.step("image of the servers"):
            packages.bootstrap(paths.image, "bookworm", "--variant=minbase", include, hook)
        stamp.write_text(key)
    return paths.image


def ensure_trees(paths: Paths, progress: Progress) -> None:
    """The Debian programs that the cloud runs on."""
    for tree in (SERVICES, NETWORK):
        if not packages.unpacked(paths, tree):
            with progress.step(f"programs of Debian's {tree.suite}"):
                packages.ensure(paths, tree)


def ensure_openstack(paths: Paths, progress: Progress) -> None:
    """OpenStack from PyPI in a virtual environment of its own, every version pinned.

    Raises PackagesError with the end of pip's output.
    """
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    stamp = paths.venv / ".installed"
    if stamp.exists() and stamp.read_text() == key:
        return
    with progress.step("OpenStack from PyPI"):
        shutil.rmtree(paths.venv, ignore_errors=True)
        paths.programs.mkdir(parents=True, exist_ok=True)
        _run(sys.executable, "-m", "venv", str(paths.venv))
        # The list is complete, so pip has nothing to work out: that saves half of its time.
        pip = [str(paths.venv / "bin/python"), "-m", "pip", "--disable-pip-version-check"]
        _run(*pip, "install", "--quiet", "--no-deps", "--requirement", str(REQUIREMENTS))
        _run(*pip, "check")
    stamp.write_text(key)


def _run(*command: str) -> None:
    done = subprocess.run([*packages.WITH_US, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise PackagesError(f"{' '.join(command)} failed; is the package index reachable? It said:\n{end}")
