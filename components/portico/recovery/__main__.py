"""What to do after an `up` that was killed: `python -m portico.recovery --stack NAME [--config-file FILE]`.

Asks the cloud and the cluster what exists, runs `pulumi`, and edits the stack's state; makes and deletes
nothing on a platform. People and `make up` run it. Why, and what each step does: docs/operations.md.

Pulumi notes what it is about to create and, when it is killed, never learns whether that was made. OpenStack
gives a second object the name of the first without a word, so a plain `up` would make everything twice that
was under way; and what stands in the cluster and not in the state, it refuses.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlparse

from ..kubernetes.answers import Object
from ..openstack.credentials import credentials
from ..problems import Problem, Refused
from . import objects
from .deployment import Pending, adopted, pending, search
from .finders import AGAIN, KUBERNETES, Cloud, State

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which a secret in a state is told from any mapping (pulumi, resource.SigKey)."""

SETTLE = 20.0
"""Seconds after the interruption until what is missing was not made: a call may still be at work."""


def left_behind(backend: str, stack: str) -> list[Path]:
    """The locks in a backend on this machine (`file://...`) whose process ended without taking them back."""
    if not backend.startswith("file://"):
        return []
    folder = Path(unquote(urlparse(backend).path)) / ".pulumi" / "locks"
    return [lock for lock in folder.rglob(f"{stack}/*.json") if _is_dead(lock)]


def torn(backend: str, stack: str) -> list[Path]:
    """The files beside a stack's checkpoint in a backend on this machine that a kill left half written.

    Pulumi replaces the checkpoint itself in one step, but not the `.attrs` beside it (gocloud.dev, fileblob),
    and then reads neither. What it says of the checkpoint is not needed.
    """
    if not backend.startswith("file://"):
        return []
    folder = Path(unquote(urlparse(backend).path)) / ".pulumi" / "stacks"
    return [attributes for attributes in folder.rglob(f"{stack}.json*.attrs") if not _is_json(attributes)]


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_text())
    except ValueError:
        return False
    return True


def _is_dead(lock: Path) -> bool:
    try:
        held = json.loads(lock.read_text())
        if held["hostname"] != socket.gethostname():
            return False
        os.kill(held["pid"], 0)
        # Killed, and not yet taken note of by its parent: `Z` (proc(5)).
        return Path(f"/proc/{held['pid']}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except ProcessLookupError:
        return True
    except (OSError, ValueError, KeyError):
        return False


@dataclass(frozen=True)
class Pulumi:
    """The CLI, for one stack."""

    stack: str
    config_file: str | None

    def export(self, *, readable: bool = False) -> dict[str, Any]:
        """The whole state, secrets encrypted as they are.

        Args:
            readable: whether secrets are readable instead; such a state stays in memory.
        """
        shown = ["--show-secrets"] if readable else []
        state: dict[str, Any] = json.loads(self._run("stack", "export", *shown, capture=True))
        return state

    def replace(self, state: State) -> None:
        """Puts a state in the place of the stack's."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # mode 0600
            json.dump(state, file)
            file.flush()
            self._run("stack", "import", "--file", file.name)

    def refresh(self) -> None:
        """Reads every resource anew."""
        config = ["--config-file", self.config_file] if self.config_file else []
        self._run("refresh", "--yes", "--skip-preview", *config)

    def _run(self, *words: str, capture: bool = False) -> str:
        """Raises subprocess.CalledProcessError; what pulumi said of it stands on standard error."""
        command = ["pulumi", *words, "--stack", self.stack, "--non-interactive"]
        stdout = subprocess.PIPE if capture else sys.stderr
        return subprocess.run(command, check=True, stdout=stdout, text=True).stdout or ""


def _providers(deployment: State) -> dict[str, State]:
    """What each provider in the state was told, by the reference that its resources hold."""
    return {
        f"{resource['urn']}::{resource.get('id')}": {
            key: _plain(value) for key, value in (resource.get("inputs") or {}).items()
        }
        for resource in deployment["resources"]
        if resource["type"].startswith("pulumi:providers:")
    }


def _plain(value: Any) -> Any:
    """A value of a readable state: a secret is a mapping, with its JSON as `plaintext`."""
    if isinstance(value, dict) and SIGNATURE in value:
        return json.loads(value["plaintext"]) if "plaintext" in value else None
    return value


def _texts(inputs: State) -> dict[str, str]:
    """What a provider was told, as texts."""
    plain = {key: value for key, value in inputs.items() if isinstance(value, str | bool)}
    return {key: str(value) if isinstance(value, str) else str(value).lower() for key, value in plain.items()}


def clouds(deployment: State) -> Callable[[Pending], Cloud]:
    """The cloud of an object: the one that its provider in the state names, else what OS_* says.

    The function raises Refused where there are no credentials.
    """
    from ..openstack import (
        cloud as openstack,  # a second that the usual case, nothing interrupted, does not cost
    )

    providers = _providers(deployment)
    connections: dict[str, Cloud] = {}

    def of(creation: Pending) -> Cloud:
        name = str(creation.state.get("provider"))
        if name not in connections:
            asker = credentials(_texts(providers.get(name, {})), os.environ)
            connection = openstack.connect(openstack.located(asker))
            if connection is None:
                remedy = "or set OS_CLOUD, or OS_AUTH_URL and its like"
                problem = Problem(
                    "openstack:cloud", repr(asker.named), "must name a cloud in clouds.yaml", remedy
                )
                raise Refused("the cloud cannot be asked what was made", [problem])
            connections[name] = cast(Cloud, connection)
        return connections[name]

    return of


def standing(deployment: State, wanted: Sequence[Pending]) -> dict[str, dict[str, Any]]:
    """What exists of the Kubernetes objects, each in the cluster that its provider in the state names.

    Raises:
        Refused: a cluster could not be asked.
    """
    from ..kubernetes import cluster as kubernetes

    providers = _providers(deployment)
    connect = cache(kubernetes.connect)

    def read(creation: Pending, thing: Object) -> State | None:
        provider = providers.get(str(creation.state.get("provider")), {})
        cluster = connect(provider.get("kubeconfig"), provider.get("context"))
        if cluster is None:
            rule, remedy = "there is no kubeconfig", "put it back, then run this again"
            raise kubernetes.NoAnswer(Problem(kubernetes.KUBECONFIG, "", rule, remedy))
        return kubernetes.read(cluster, thing)

    title = "the cluster could not be asked what was made"
    try:
        return objects.found(wanted, read)
    except kubernetes.NoAnswer as silence:
        raise Refused(title, [silence.problem]) from None
    except kubernetes.Forbidden as refusal:
        remedy = "give this user the right, then run this again"
        raise Refused(title, [Problem(kubernetes.KUBECONFIG, "", str(refusal), remedy)]) from None


def _asked(
    deployment: State, readable: State, wanted: Sequence[Pending], say: Callable[[str], None]
) -> dict[str, str]:
    """What exists, once all of it was found or every call that was under way has had its time."""
    from keystoneauth1.exceptions import ClientException
    from openstack import exceptions

    written = datetime.fromisoformat(deployment["manifest"]["time"]).timestamp()
    seconds = min(SETTLE, max(0.0, written + SETTLE - time.time()))
    doubled = [creation for creation in wanted if not creation.type.startswith((*AGAIN, KUBERNETES))]
    cloud = clouds(readable)
    try:
        found = search(deployment, wanted, cloud)
        if len(found) < len(doubled) and seconds:
            say(f"waiting {seconds:.0f} s for what may still be at work")
            time.sleep(seconds)
            found = search(deployment, wanted, cloud)
        return found
    except (exceptions.SDKException, ClientException) as error:
        remedy = "check clouds.yaml and the way to the cloud's endpoints, then run this again"
        problem = Problem("openstack:cloud", "", str(error).splitlines()[0], remedy)
        raise Refused("the cloud could not be asked what was made", [problem]) from None


def recover(pulumi: Pulumi, say: Callable[[str], None]) -> bool:
    """Settles what an interrupted `up` left open; whether there was anything.

    Raises:
        Refused: it is not clear what exists; nothing was changed.
        subprocess.CalledProcessError: pulumi failed.
    """
    backend = os.environ.get("PULUMI_BACKEND_URL", "")
    for lock in left_behind(backend, pulumi.stack):
        say(f"the process that held the lock {lock.name} has ended: taking it back")
        lock.unlink()
    for attributes in torn(backend, pulumi.stack):
        say(f"{attributes.name} is half written and not needed: removing it")
        attributes.unlink()
    state = pulumi.export()
    deployment = state.get("deployment") or {}
    if not deployment.get("pending_operations"):
        return False
    wanted = pending(deployment)
    # A provider's password, and a kubeconfig's content, are secrets in the state.
    readable = pulumi.export(readable=True)["deployment"]
    outside = _asked(deployment, readable, wanted, say)
    inside = standing(readable, wanted)
    found = outside | {urn: objects.id_of(outputs) for urn, outputs in inside.items()}
    for creation in wanted:
        if creation.urn in found:
            say(f"{creation} was made: {found[creation.urn]}")
        else:
            say(f"{creation} {'is created again' if creation.type.startswith(AGAIN) else 'was not made'}")
    pulumi.replace({**state, "deployment": adopted(deployment, found, inside)})
    pulumi.refresh()
    return True


def main(arguments: Sequence[str]) -> int:
    """Runs one recovery; its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m portico.recovery",
        description="Settle what a killed `up` left open, so that the next one makes nothing twice.",
    )
    parser.add_argument("--stack", required=True)
    parser.add_argument("--config-file", help="the stack's file, where it is not the project's own")
    chosen = parser.parse_args(arguments)

    def say(sentence: str) -> None:
        print(f"{chosen.stack}: {sentence}", file=sys.stderr, flush=True)

    try:
        settled = recover(Pulumi(chosen.stack, chosen.config_file), say)
    except Refused as error:
        say(str(error))
        return 1
    except subprocess.CalledProcessError as error:
        say(f"`{' '.join(error.cmd)}` failed")
        return 1
    say("settled; run `up` again" if settled else "nothing was interrupted")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
