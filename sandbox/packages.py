"""Programs from Debian packages, unpacked below the data folder and run from there.

Nothing but mmdebstrap is installed in the system. A tree is one Debian release's files without any of its
set-up scripts, so no service is enabled and no user is made. Its programs run with the tree's own C library,
whatever the machine's is. Needs root, apt and a mirror.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox import namespaces
from sandbox.paths import Paths

MIRROR = "http://deb.debian.org/debian"

UNREAD = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "var/cache/apt",
    "var/lib/apt/lists",
)
"""Folders of a Debian system that no program here reads: half of its size."""

WITH_US = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"),
)
"""Puts a command, and all that it starts, in the hands of the thread that starts it: a killed `up` leaves
nothing that goes on writing (prctl(2), pid_namespaces(7))."""

APT_SECONDS = 300
"""How long another apt is waited for: a machine that has just been made often updates itself."""

_apt_alone = threading.Lock()

STAMP = ".unpacked"
"""Holds the key of the tree that was unpacked; written last."""

INSIDE = """set -e; tree=$1 data=$2; shift 2
for folder in proc sys dev; do mkdir -p $tree/$folder; mount --rbind /$folder $tree/$folder; done
mkdir -p $tree/tmp $tree$data; mount --bind $data $tree$data
exec chroot $tree "$@"
"""


class PackagesError(Exception):
    """Debian packages could not be fetched or unpacked."""


@dataclass(frozen=True)
class Tree:
    """The files of some Debian packages and of all that they depend on."""

    name: str
    """Name of its folder below `Paths.programs`."""

    suite: str
    """Debian release: bookworm, trixie."""

    packages: str
    """Names of packages, separated by spaces."""

    programs: str = ""
    """Programs that get a wrapper in `Paths.bin`; `name=file` where a program looks at the name it is called
    by."""

    def folder(self, paths: Paths) -> Path:
        """Where it is unpacked."""
        return paths.programs / self.name

    def key(self) -> str:
        """Changes when something else would be unpacked."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    def inside(self, paths: Paths, *command: str) -> tuple[str, ...]:
        """Runs a command with the tree as its root, for programs that insist on their usual places; the data
        folder is where it always is.

        The mounts this takes are the command's own and go with it.
        """
        private = ("unshare", "--mount", "--propagation", "slave", "sh", "-c", INSIDE, "sh")
        return (*private, str(self.folder(paths)), str(paths.root), *command)


def ensure(paths: Paths, tree: Tree) -> None:
    """Unpacks the tree and writes its wrappers, unless that was done before. Interrupted, it begins anew.

    Raises PackagesError with the end of mmdebstrap's output.
    """
    if unpacked(paths, tree):
        return
    folder = tree.folder(paths)
    bootstrap(folder, tree.suite, "--variant=extract", f"--include={tree.packages.replace(' ', ',')}")
    (folder / "etc/hosts").write_text("127.0.0.1 localhost\n")
    for program in tree.programs.split():
        name, _, file = program.partition("=")
        _write_wrapper(paths.bin / name, folder, find(folder, file or name))
    (folder / STAMP).write_text(tree.key())


def unpacked(paths: Paths, tree: Tree) -> bool:
    """Whether the tree is there as it is described now."""
    stamp = tree.folder(paths) / STAMP
    return stamp.exists() and stamp.read_text() == tree.key()


def bootstrap(folder: Path, suite: str, *options: str) -> None:
    """Fills the folder with a Debian root file system by mmdebstrap; the folder appears when it is
    complete."""
    install("mmdebstrap")
    partial = folder.with_name(folder.name + ".partial")
    for old in (partial, folder):
        shutil.rmtree(old, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    # Signatures are checked; translations of package descriptions are not fetched.
    lean = '--aptopt=Acquire::Languages "none"'
    command = [*WITH_US, "mmdebstrap", "--mode=root", lean, *options, suite, str(partial), mirror()]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    if done.returncode:
        end = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise PackagesError(
            f"mmdebstrap could not make {folder} from {suite}; can the mirror {mirror()} be reached?\n{end}"
        )
    for unread in UNREAD:
        shutil.rmtree(partial / unread, ignore_errors=True)
    partial.rename(folder)


def mirror() -> str:
    """The Debian mirror that this machine uses, or Debian's own where it uses none."""
    if shutil.which("apt-get"):
        fields = ["--format", "$(REPO_URI)", "Identifier: Packages", "Origin: Debian", "Label: Debian"]
        known = namespaces.run("apt-get", "indextargets", *fields).split()
        if known:
            return known[0]
    return MIRROR


def install(package: str, program: str | None = None) -> None:
    """Installs a Debian package that holds programs only, if its program (by default of its own name) is
    missing. Several threads may miss the same one.

    Raises PackagesError with the command to type where there is no apt.
    """
    with _apt_alone:
        if shutil.which(program or package):
            return
        if not shutil.which("apt-get"):
            raise PackagesError(
                f"the program {program or package} is missing and this machine has no apt: install {package} "
                "and try again"
            )
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", package)


def _apt(*words: str) -> None:
    """apt-get, after whoever holds one of its locks. (DPkg::Lock::Timeout would not cover `update`.)"""
    end = time.monotonic() + APT_SECONDS
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    command = ["apt-get", "--quiet", *words]
    while True:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
        if not done.returncode:
            return
        if "Could not get lock" not in done.stderr or time.monotonic() > end:
            raise PackagesError(f"apt-get {' '.join(words)} failed: {done.stderr.strip()}")
        time.sleep(2)


def find(tree: Path, program: str) -> Path:
    """A program's file in a tree: among the commands, else anywhere below usr/lib. Links to what set-up
    scripts make are passed over."""
    places = [tree / folder / program for folder in ("usr/bin", "usr/sbin", "bin", "sbin")]
    places += sorted((tree / "usr/lib").glob(f"**/{program}"))
    for place in places:
        if place.is_file() and os.access(place, os.X_OK):
            return place
    raise PackagesError(f"{tree} holds no program {program}")


def _write_wrapper(wrapper: Path, tree: Path, file: Path) -> None:
    """A command that starts a program with the tree's own dynamic linker and libraries (ld.so(8))."""
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    libraries = next((tree / "usr/lib").glob("*-linux-gnu"))
    linker = next(
        path
        for folder in ("usr/lib64", "lib64", "usr/lib", "lib")
        for path in (tree / folder).glob("ld-linux-*")
    )
    places = [libraries, libraries / "systemd", tree / "lib" / libraries.name]
    wrapper.write_text(
        "#!/bin/sh\n"
        f"export XTABLES_LIBDIR={libraries}/xtables\n"
        f'exec {linker} --library-path {":".join(map(str, places))} --argv0 {wrapper.name} {file} "$@"\n'
    )
    wrapper.chmod(0o755)
