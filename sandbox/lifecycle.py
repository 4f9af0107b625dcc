"""The sandbox from nothing to running and back: what `up` and `down` do.

Ties sandbox.openstack and sandbox.kubernetes together; the order and what runs side by side are decided here.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox import machine, namespaces, relays
from sandbox.kubernetes import Kubernetes
from sandbox.kubernetes.workers import Workers
from sandbox.openstack.cloud import OpenStack
from sandbox.openstack.site import write_secret
from sandbox.paths import Paths
from sandbox.processes import Supervisor
from sandbox.progress import Progress


class RefusedError(Exception):
    """The sandbox can't be brought up here; the text says every reason and what works instead."""


@dataclass(frozen=True)
class Parts:
    """What a sandbox consists of besides OpenStack without Octavia."""

    kubernetes: bool = True
    octavia: bool = False

    def __or__(self, other: Parts) -> Parts:
        return Parts(self.kubernetes or other.kubernetes, self.octavia or other.octavia)


class Sandbox:
    """One sandbox on this machine."""

    def __init__(self, paths: Paths, progress: Progress) -> None:
        self.paths = paths
        self.supervisor = Supervisor(paths)
        self.progress = progress
        self.openstack = OpenStack(paths, self.supervisor, self.progress)
        self.kubernetes = Kubernetes(paths, self.supervisor, self.progress)

    def up(self, wanted: Parts) -> None:
        """Brings up what is wanted and not there yet.

        What an interrupted or killed sandbox left is cleared away first: processes and mounts went with it,
        its state is not worth keeping.

        Raises RefusedError, PackagesError, StartupError, KubernetesError.
        """
        with self._alone():
            present = self.parts()
            if present is not None and wanted | present == present and self._all_running():
                self.openstack.hypervisors.mend()
                self.progress.say("the sandbox is up")
                return
            self._refuse(running=present is not None)
            if present is None:
                self._clear()
                self._bring_up(wanted)
            else:
                self._extend(present, wanted)

    def down(self) -> None:
        """Ends everything and removes every process, mount, namespace and control group. Downloads and the
        snapshot stay."""
        with self._alone(), self.progress.step("everything stopped and removed"):
            self._clear()

    def forget_snapshots(self) -> None:
        """The next `up` on nothing makes the cloud anew."""
        with self._alone():
            shutil.rmtree(self.paths.snapshots, ignore_errors=True)

    def parts(self) -> Parts | None:
        """What is up; None if nothing is, or if it never was complete."""
        if not (self.supervisor.alive() and self._complete.exists()):
            return None
        return Parts(**json.loads(self._complete.read_text()))

    @property
    def _complete(self) -> Path:
        """Written when a sandbox is complete, so that what was interrupted is not taken for one."""
        return self.paths.run / "complete.json"

    def _all_running(self) -> bool:
        return all(state.running for state in self.supervisor.status().values())

    def _bring_up(self, wanted: Parts) -> None:
        """Everything from nothing. What one half waits for the network to fetch, the other half has the
        processors for."""
        shutil.rmtree(self.paths.log, ignore_errors=True)
        namespaces.ensure(self.paths.cloud)
        namespaces.label(self.paths.cloud, str(self.paths.root))
        todo = [in_turn(self.openstack.prepare, self.openstack.up), self.openstack.image]
        if wanted.kubernetes:
            todo.append(in_turn(self.kubernetes.prepare, self.kubernetes.up))
        side_by_side(todo)
        self._finish(wanted)

    def _extend(self, present: Parts, wanted: Parts) -> None:
        """Adds what is wanted to a sandbox that is up, and starts again what has ended."""
        todo: list[Callable[[], object]] = [self.openstack.ensure_running]
        parts = wanted | present
        if parts.kubernetes and not (present.kubernetes and self._all_running()):
            todo.append(in_turn(self.kubernetes.prepare, self.kubernetes.up))
        side_by_side(todo)
        self._finish(parts)

    def _finish(self, parts: Parts) -> None:
        found = self.openstack.relays() + (self.kubernetes.relays() if parts.kubernetes else [])
        self.supervisor.ensure([relays.program(self.paths, found)])
        if parts.octavia:
            self.openstack.octavia()
        facts = self.openstack.facts()
        if parts.kubernetes:
            facts["workers"] = [asdict(worker) for worker in Workers(self.paths, self.openstack).join()]
        write_secret(self.paths.facts, json.dumps(facts, indent=1))
        self._complete.write_text(json.dumps(asdict(parts)))

    def _refuse(self, *, running: bool) -> None:
        seen = machine.look(self.paths)
        reasons = machine.refusals(seen, fresh=not self.paths.programs.exists(), running=running)
        if reasons:
            raise RefusedError("\n".join([*reasons, machine.INSTEAD]))

    def _refuse_anothers(self) -> None:
        """Namespaces are found by their names, so two sandboxes of one name would tear each other down."""
        root = namespaces.labelled(self.paths.cloud)
        if root is None or root == str(self.paths.root):
            return
        if Supervisor(Paths(Path(root), self.paths.prefix)).alive():
            raise RefusedError(
                f"the sandbox in {root} is up and is called {self.paths.prefix!r} as well: set "
                "PORTICO_SANDBOX to another name, or take that one down first"
            )

    def _clear(self) -> None:
        self.supervisor.shutdown()
        self.kubernetes.down()
        self.openstack.clear()
        for netns in namespaces.ours(self.paths.prefix):
            namespaces.delete(netns)
        for folder in (self.paths.state, self.paths.run, self.paths.etc):
            shutil.rmtree(folder, ignore_errors=True)
        self.paths.facts.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One command at a time changes a sandbox; the lock goes with the process that holds it."""
        self.paths.root.mkdir(parents=True, exist_ok=True)
        with self.paths.lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.progress.say("another command is changing the sandbox; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            self._refuse_anothers()
            yield


def in_turn(*steps: Callable[[], object]) -> Callable[[], None]:
    """One piece of work made of steps that need each other."""

    def work() -> None:
        for step in steps:
            step()

    return work


def side_by_side(todo: Sequence[Callable[[], object]]) -> None:
    """Runs all at once. Returns when all are done; raises the first error then."""
    with ThreadPoolExecutor(max_workers=len(todo)) as pool:
        running = [pool.submit(task) for task in todo]
    for future in running:
        future.result()
