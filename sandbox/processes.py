"""The sandbox's processes, kept running by supervisord.

supervisord is process 1 of a process namespace with mounts of its own, and everything it starts lives there.
When it ends, however it ends, the kernel ends all of them and drops their mounts: nothing can be left behind.
Writes below `Paths.run` and `Paths.log` only.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import xmlrpc.client
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from sandbox import namespaces
from sandbox.paths import Paths

ALIVE = ("RUNNING", "STARTING", "BACKOFF")
"""States of supervisord in which a program needs no start: it runs, or supervisord is trying (supervisord
manual, "Process States")."""

LOG_BYTES = "20MB"


class SupervisorError(Exception):
    """supervisord could not be started, or did not do what it was asked."""


@dataclass(frozen=True)
class Program:
    """A program that has to run as long as the sandbox is up."""

    name: str
    """Unique in the sandbox; also the name of its log."""

    command: tuple[str, ...]
    """The program, by its path, and its arguments. It must stay in the foreground. No secrets: everyone can
    read it."""

    netns: str | None = None
    """The network namespace it runs in; None leaves it in the machine's own."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to a plain environment (PATH, HOME, LANG)."""

    directory: Path | None = None
    """Where it starts; None is the folder of run-time files."""

    nice: int = 0
    """How much it gives way to others, 0..19 (nice(1))."""

    stop_signal: str = "TERM"
    """The signal that ends it in good order."""

    stop_seconds: int = 10
    """How long it may take to end before it is killed."""

    def script(self) -> str:
        """The shell script that becomes the program. It can be read, and run by hand, to see what is started
        and how."""
        exports = [f"export {name}={shlex.quote(value)}" for name, value in sorted(self.environment.items())]
        change = [f"cd {shlex.quote(str(self.directory))}"] if self.directory else []
        words = namespaces.inside(self.netns, self.command) if self.netns else list(self.command)
        nice = ["nice", "-n", str(self.nice)] if self.nice else []
        return "\n".join(
            ["#!/bin/sh", "set -e", *exports, *change, f"exec {shlex.join([*nice, *words])}", ""]
        )


@dataclass(frozen=True)
class State:
    """How a program is doing."""

    phase: str
    """RUNNING, STARTING, BACKOFF, STOPPING, STOPPED, EXITED or FATAL."""

    description: str
    """supervisord's own words: process number and time it has been up, or why it is not."""

    started: int
    """When it was last started, in seconds since 1970; 0 if it never was."""

    @property
    def running(self) -> bool:
        """Whether the program has been up for a second and still is."""
        return self.phase == "RUNNING"


class Supervisor:
    """The supervisord of one sandbox: started when it is first needed, found again by every later command."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._folder = paths.run / "programs"
        self._socket = paths.run / "supervisor.sock"
        self._lock = threading.Lock()

    def alive(self) -> bool:
        """Whether supervisord answers."""
        return self._owner() is not None

    def ensure(self, programs: Iterable[Program]) -> None:
        """Starts what does not run yet and restarts what changed; leaves everything else as it is. Does not
        wait for readiness."""
        wanted = list(programs)
        with self._lock:
            self._ensure_daemon()
            for program in wanted:
                self._write(program)
            rpc = self._rpc()
            _, changed, _ = rpc.reloadConfig()[0]
            for name in changed:
                rpc.stopProcessGroup(name)
                rpc.removeProcessGroup(name)
            loaded = {info["name"]: info["statename"] for info in rpc.getAllProcessInfo()}
            for program in wanted:
                if program.name not in loaded:
                    rpc.addProcessGroup(program.name)
                if loaded.get(program.name) == "STOPPING":
                    self._wait([program.name])
                if loaded.get(program.name) not in ALIVE:
                    rpc.startProcess(program.name, False)

    def stop(self, names: Iterable[str]) -> None:
        """Ends programs in good order, all at once, and waits for it. What does not run is fine."""
        with self._lock:
            if self.alive():
                self._stop(list(names))

    def remove(self, names: Iterable[str]) -> None:
        """Ends programs and forgets them."""
        chosen = list(names)
        with self._lock:
            if not self.alive():
                return
            self._stop(chosen)
            rpc = self._rpc()
            known = {info["name"] for info in rpc.getAllProcessInfo()}
            for name in chosen:
                (self._folder / f"{name}.ini").unlink(missing_ok=True)
                if name in known:
                    rpc.removeProcessGroup(name)

    def signal(self, names: Iterable[str], signal_name: str) -> None:
        """Sends a signal, such as STOP, to those of the programs that run; not to their children."""
        with self._lock:
            running = {name for name, state in self.status().items() if state.running}
            for name in names:
                if name in running:
                    self._rpc().signalProcess(name, signal_name)

    def status(self) -> dict[str, State]:
        """Every program that supervisord knows, by name; empty when it does not run."""
        if not self.alive():
            return {}
        infos = self._rpc().getAllProcessInfo()
        return {info["name"]: State(info["statename"], info["description"], info["start"]) for info in infos}

    def log(self, name: str) -> Path:
        """The file that holds what a program printed."""
        return self._paths.log / f"{name}.log"

    def shutdown(self) -> None:
        """Ends everything at once. What the programs keep goes with the sandbox, so none needs a good end."""
        with self._lock:
            owner = self._owner()
            if owner is not None:
                _kill(owner)

    def entrance(self) -> list[str]:
        """The words that put a command among the sandbox's processes and mounts, where servers' namespaces
        can be seen."""
        owner = self._owner()
        if owner is None:
            raise SupervisorError("the sandbox is not running: python -m sandbox up")
        return ["nsenter", f"--target={owner}", "--mount", "--pid", "--"]

    def _rpc(self) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def _owner(self) -> int | None:
        """The process that listens on the socket, by the kernel's word (SO_PEERCRED, unix(7)); None if there
        is none."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                connection.connect(str(self._socket))
            except (FileNotFoundError, ConnectionRefusedError):
                return None
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid: int = struct.unpack("3i", credentials)[0]
        return pid

    def _ensure_daemon(self) -> None:
        if self.alive():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._paths.log.mkdir(parents=True, exist_ok=True)
        for old in self._folder.iterdir():
            old.unlink()
        self._socket.unlink(missing_ok=True)
        configuration = self._paths.run / "supervisord.conf"
        configuration.write_text(daemon_configuration(self._paths, self._socket, self._folder))
        argv = [
            "unshare",
            "--mount",
            "--propagation",
            "slave",
            "--pid",
            "--fork",
            "--mount-proc",
            sys.executable,
        ]
        argv += ["-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(configuration)]
        output = self.log("supervisord-start")
        with output.open("w") as log:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self._paths.run,
                env={"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"},
            )
        end = time.monotonic() + 20
        while not self.alive():
            if process.poll() is not None or time.monotonic() > end:
                raise SupervisorError(
                    f"supervisord did not start: {output.read_text().strip() or 'no word from it'}"
                )
            time.sleep(0.05)

    def _write(self, program: Program) -> None:
        script = program.script()
        path = self._folder / f"{program.name}.sh"
        if not path.exists() or path.read_text() != script:
            path.touch(mode=0o700)
            path.write_text(script)
        (self._folder / f"{program.name}.ini").write_text(
            program_configuration(program, path, self.log(program.name))
        )

    def _stop(self, names: list[str]) -> None:
        rpc = self._rpc()
        alive = [info["name"] for info in rpc.getAllProcessInfo() if info["statename"] in ALIVE]
        chosen = [name for name in names if name in alive]
        for name in chosen:
            rpc.stopProcess(name, False)
        self._wait(chosen)

    def _wait(self, names: list[str]) -> None:
        """Until none of the programs runs. supervisord kills what is slow; the limit is for a supervisord
        that hangs."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            busy = {name for name, state in self.status().items() if state.phase in (*ALIVE, "STOPPING")}
            if not busy & set(names):
                return
            time.sleep(0.05)
        raise SupervisorError(f"did not stop: {', '.join(names)}")


PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def daemon_configuration(paths: Paths, control: Path, folder: Path) -> str:
    """supervisord.conf: no pid file to go stale, a socket only root can open, one file for each program."""
    return f"""[supervisord]
logfile = {paths.log}/supervisord.log
logfile_maxbytes = {LOG_BYTES}
logfile_backups = 1
pidfile = {paths.run}/supervisord.pid
nodaemon = true
silent = true
user = root
minfds = 4096

[unix_http_server]
file = {control}
chmod = 0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[include]
files = {folder}/*.ini
"""


def program_configuration(program: Program, script: Path, log: Path) -> str:
    """The section of one program. The script's checksum is its argument, so that supervisord sees when the
    script changed."""
    checksum = hashlib.sha256(program.script().encode()).hexdigest()[:16]
    return f"""[program:{program.name}]
command = {script} {checksum}
autostart = false
autorestart = true
startretries = 5
stopsignal = {program.stop_signal}
stopwaitsecs = {program.stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = {log}
stdout_logfile_maxbytes = {LOG_BYTES}
stdout_logfile_backups = 1
"""


def _kill(pid: int) -> None:
    """Ends process 1 of the sandbox, and the kernel with it all others (pid_namespaces(7)); waits until they
    are gone."""
    descriptor = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        end = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        os.close(descriptor)
