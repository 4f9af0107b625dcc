"""One server: its files, its systemd-nspawn process and its network namespace.

Touches the server's folder, its mount and its namespace. Used by the virt driver, inside OpenStack's virtual
environment.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox import namespaces

HIERARCHIES = tuple(Path("/sys/fs/cgroup", name) for name in ("systemd", "unified", "."))
"""Where systemd's own cgroup hierarchy may be mounted: version 1, both side by side, version 2 alone."""

ENTER = 'for group in $1; do echo $$ > "$group/cgroup.procs"; done; shift; exec "$@"'
"""Puts a command into control groups before it starts."""

CONSOLE_BYTES = 128 * 1024
"""How much of the console's end is answered; Nova itself cuts to the number of lines asked for."""


@dataclass(frozen=True)
class Info:
    """What has to be known of a server when Nova does not hand it over."""

    name: str
    memory: int
    """MiB"""
    vcpus: int


@dataclass(frozen=True)
class Machine:
    """A server by its folder; the folder is named after the server's id."""

    folder: Path
    group: str
    """Control group that the servers' own groups are in."""

    @property
    def uuid(self) -> str:
        """Nova's id of the server."""
        return self.folder.name

    @property
    def netns(self) -> str:
        """Its network namespace."""
        return f"i-{self.uuid[:13]}"

    @property
    def root(self) -> Path:
        """Its root file system: an overlay on the image."""
        return self.folder / "root"

    @property
    def known(self) -> bool:
        """Whether there is such a server."""
        return (self.folder / "info.json").exists()

    @property
    def info(self) -> Info:
        """What was noted when it was made."""
        return Info(**json.loads((self.folder / "info.json").read_text()))

    def remember(self, name: str, memory: int, vcpus: int) -> None:
        """Notes what has to be known later."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "info.json").write_text(json.dumps(asdict(Info(name, memory, vcpus))))

    def console_output(self) -> bytes:
        """The end of what it said on its console."""
        try:
            return (self.folder / "console.log").read_bytes()[-CONSOLE_BYTES:]
        except FileNotFoundError:
            return b""

    def pid(self) -> int | None:
        """The living nspawn process. Its number is kept in a file, so a restart of nova-compute loses no
        server."""
        try:
            pid = int((self.folder / "pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, ValueError):
            return None
        return pid if self.uuid.encode() in command and state != "Z" else None

    def mount(self, image: str) -> None:
        """Puts its own layer over the image, if that was not done yet."""
        if os.path.ismount(self.root):
            return
        upper, work = self.folder / "upper", self.folder / "work"
        for folder in (upper, work, self.root):
            folder.mkdir(exist_ok=True)
        layers = f"lowerdir={image},upperdir={upper},workdir={work}"
        namespaces.run("mount", "-t", "overlay", "overlay", "-o", layers, self.root)

    def groups(self) -> list[Path]:
        """Its control groups. Without one of its own, nspawn would put all servers into the same, and each
        guest's systemd would take the others' services for its own."""
        return [
            hierarchy / self.group / self.uuid
            for hierarchy in HIERARCHIES
            if (hierarchy / "cgroup.procs").exists()
        ]

    def boot(self, nspawn: str, image: str) -> None:
        """Starts it; what the guest says goes to its console log."""
        self.mount(image)
        for group in self.groups():
            group.mkdir(parents=True, exist_ok=True)
        # The namespace is entered first, so that the guest's /sys shows its own links; named once more to
        # nspawn, it keeps CAP_NET_ADMIN
        # real, which keepalived needs. cloud-init takes product_name for the SMBIOS product by which it knows
        # OpenStack.
        command = [
            nspawn,
            *(
                "--quiet",
                "--boot",
                "--register=no",
                "--keep-unit",
                "--console=read-only",
                "--link-journal=no",
            ),
            *("--resolv-conf=off", "--timezone=off", f"--directory={self.root}"),
            *(f"--machine={self.info.name}", f"--uuid={self.uuid}"),
            f"--network-namespace-path={namespaces.NETNS / self.netns}",
            "--capability=CAP_NET_ADMIN,CAP_NET_RAW",
            "--setenv=product_name=OpenStack Nova",
        ]
        inside = namespaces.inside(self.netns, command)
        unified = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_NSPAWN_LOCK": "0"}
        with (self.folder / "console.log").open("ab") as console:
            process = subprocess.Popen(
                ["sh", "-c", ENTER, "sh", " ".join(map(str, self.groups())), *inside],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={"PATH": os.environ["PATH"], **unified},
                start_new_session=True,
            )
        (self.folder / "pid").write_text(str(process.pid))

    def stop(self, seconds: float = 0) -> None:
        """Ends the guest: in good order within `seconds`, by force after that."""
        pid = self.pid()
        if pid and seconds:
            os.kill(pid, signal.SIGTERM)  # nspawn then asks the guest to power off
            self._wait(seconds)
        if pid := self.pid():
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)  # the guest's process 1
            self._wait(5)
        if pid := self.pid():
            os.kill(pid, signal.SIGKILL)
        reap()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to all its processes, those that are born meanwhile included."""
        signalled: set[int] = set()
        while new := self._processes() - signalled:
            for pid in new:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            signalled |= new

    def _processes(self) -> set[int]:
        """The numbers that its processes have in the caller's process namespace."""
        found: set[int] = set()
        for group in self.groups():
            for file in group.rglob("cgroup.procs"):
                with suppress(OSError):  # the guest has just removed the group
                    found.update(map(int, file.read_text().split()))
        return found

    def delete(self, disk: bool) -> None:
        """Removes its namespace, mount and control groups, and its files if `disk` says so."""
        namespaces.delete(self.netns)
        if os.path.ismount(self.root):
            namespaces.run("umount", "--lazy", self.root)
        for group in self.groups():
            for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
                folder.rmdir()
            group.rmdir()
        if disk:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.pid():
            time.sleep(0.05)
            reap()


def reap() -> None:
    """Collects ended children, which would otherwise look alive."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
