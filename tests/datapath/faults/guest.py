"""Acts on one server's processes; run as a program in its network namespace, among the sandbox's processes.

    guest.py kill NAME             SIGKILL for every process of that name; until they are gone
    guest.py die                   the link falls silent and process 1 is killed, as when the power goes
    guest.py freeze SECONDS        nothing moves and nothing is answered for so long
    guest.py run WORD...           a command in the guest: its files, its processes, its systemd
    guest.py watch ADDRESS         when the address was here, as JSON, until standard input ends

Prints the process ids that it touched. Standard library alone.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

SILENT = ("tc", "qdisc", "replace", "dev", "eth0", "root", "blackhole")
"""Swallows what a link would send and says nothing of it; the link stays up, so that no program notices."""
SOUND = ("tc", "qdisc", "delete", "dev", "eth0", "root")


def processes() -> dict[int, str]:
    """The guest's processes by id: those of this network that sit in a process namespace below this one."""
    here, found = Path("/proc/self/ns/net").readlink(), {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "ns/net").readlink() == here and len(_ids(entry)) > 1:
                found[int(entry.name)] = (entry / "comm").read_text().strip()
        except OSError:
            continue
    return found


def first() -> int:
    """The guest's process 1."""
    (found,) = [pid for pid in processes() if _ids(Path(f"/proc/{pid}"))[-1:] == ["1"]]
    return found


def _ids(entry: Path) -> list[str]:
    """A process's number in each process namespace, from this one inwards (proc_pid_status(5), NSpid).

    None of a process that has just ended.
    """
    try:
        lines = (entry / "status").read_text().splitlines()
    except OSError:
        return []
    return next(line for line in lines if line.startswith("NSpid:")).split()[1:]


def kill(name: str) -> list[int]:
    """SIGKILL by name; the ids of those that are gone now."""
    chosen = [pid for pid, known in processes().items() if known == name]
    _signal(chosen, signal.SIGKILL)
    return _gone(chosen)


def die() -> list[int]:
    """The host is gone without a word: not even its kernel refuses a connection any more."""
    pid = first()
    subprocess.run(SILENT, check=True)
    os.kill(pid, signal.SIGKILL)
    return _gone([pid])


def freeze(seconds: float) -> list[int]:
    """Everything stands still, as in a live migration, and goes on; how many processes that were."""
    chosen = list(processes())
    subprocess.run(SILENT, check=True)
    try:
        _signal(chosen, signal.SIGSTOP)
        time.sleep(seconds)
    finally:
        subprocess.run(SOUND, check=True)
        _signal(chosen, signal.SIGCONT)
    return chosen


def _gone(pids: list[int]) -> list[int]:
    """Waits for their end. Here, and not in a program of its own: on a small machine a program that starts
    takes the time of those that are measured."""
    end = time.monotonic() + 10
    while living := [pid for pid in pids if Path(f"/proc/{pid}/comm").exists()]:
        if time.monotonic() > end:
            raise TimeoutError(f"processes {living} live on after SIGKILL")
        time.sleep(0.005)
    return pids


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # some live for a moment only
            os.kill(pid, number)


def watch(address: str) -> list[tuple[float, float]]:
    """When an address was one of this network's, from when to when in seconds since 1970."""
    spans: list[tuple[float, float]] = []
    since: float | None = None
    print("watching", flush=True)
    while True:
        here, now = _is_here(address), time.time()
        if here and since is None:
            since = now
        elif since is not None and not here:
            spans.append((since, now))
            since = None
        if select.select([sys.stdin], [], [], 0.005)[0]:
            return spans if since is None else [*spans, (since, now)]


def _is_here(address: str) -> bool:
    """Only an address of one's own can be bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            any_socket.bind((address, 0))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return False
    return True


def main(action: str, *words: str) -> int:
    if action == "run":
        there = ("nsenter", f"--target={first()}", "--mount", "--uts", "--ipc", "--pid", "--", *words)
        return subprocess.run(there, check=False).returncode
    if action == "watch":
        print(json.dumps(watch(words[0])))
        return 0
    touched = freeze(float(words[0])) if action == "freeze" else die() if action == "die" else kill(*words)
    print(*touched)
    return 0 if touched else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
