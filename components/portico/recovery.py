"""What to do after an `up` that was killed: `python -m portico.recovery --stack NAME [--config-file FILE]`.

Asks the cloud what exists, runs `pulumi`, and edits the stack's state; makes and deletes nothing on a
platform. People and `make up` run it. Why, and what each step does: docs/operations.md.

Pulumi notes what it is about to create and, when it is killed, never learns whether that was made. OpenStack
gives a second object the name of the first without a word, so a plain `up` would make everything twice that
was under way.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import unquote, urlparse

from .problems import Problem, Refused

State = Mapping[str, Any]
"""A resource, or a whole deployment, as `pulumi stack export` writes it (version 3)."""

SETTLE = 20.0
"""Seconds after the interruption until what is missing was not made: a call may still be at work."""


class Network(Protocol):
    """The calls to Neutron."""

    def ports(self, **query: Any) -> Iterable[Any]: ...
    def security_groups(self, **query: Any) -> Iterable[Any]: ...
    def security_group_rules(self, **query: Any) -> Iterable[Any]: ...
    def ips(self, **query: Any) -> Iterable[Any]: ...


class Compute(Protocol):
    """The calls to Nova."""

    def servers(self, details: bool = True, **query: Any) -> Iterable[Any]: ...
    def server_groups(self) -> Iterable[Any]: ...


class Cloud(Protocol):
    """One region, seen from one project: every call that a recovery makes."""

    current_project_id: str
    network: Network
    compute: Compute
    load_balancer: Any
    """Octavia's lists of load balancers, listeners, pools and health monitors."""


Find = Callable[[Cloud, State], Iterable[Any]]
"""From the inputs of an object to those that the cloud has with its name or description."""


def _ports(cloud: Cloud, said: State) -> Iterable[Any]:
    return cloud.network.ports(name=said["name"], network_id=said["networkId"])


def _groups(cloud: Cloud, said: State) -> Iterable[Any]:
    return cloud.network.security_groups(name=said["name"], project_id=cloud.current_project_id)


def _rules(cloud: Cloud, said: State) -> Iterable[Any]:
    there = cloud.network.security_group_rules(security_group_id=said["securityGroupId"])
    return [rule for rule in there if rule.description == said["description"]]


def _floating_ips(cloud: Cloud, said: State) -> Iterable[Any]:
    there = cloud.network.ips(project_id=cloud.current_project_id)
    return [ip for ip in there if ip.description == said["description"]]


def _server_groups(cloud: Cloud, said: State) -> Iterable[Any]:
    return [group for group in cloud.compute.server_groups() if group.name == said["name"]]


def _servers(cloud: Cloud, said: State) -> Iterable[Any]:
    return cloud.compute.servers(details=False, name=f"^{re.escape(said['name'])}$")


def _balancing(listing: str) -> Find:
    """By name, from one of Octavia's lists."""
    return lambda cloud, said: getattr(cloud.load_balancer, listing)(name=said["name"])


FINDERS: Mapping[str, Find] = {
    "openstack:compute/instance:Instance": _servers,
    "openstack:compute/serverGroup:ServerGroup": _server_groups,
    "openstack:loadbalancer/listener:Listener": _balancing("listeners"),
    "openstack:loadbalancer/loadBalancer:LoadBalancer": _balancing("load_balancers"),
    "openstack:loadbalancer/monitor:Monitor": _balancing("health_monitors"),
    "openstack:loadbalancer/pool:Pool": _balancing("pools"),
    "openstack:networking/floatingIp:FloatingIp": _floating_ips,
    "openstack:networking/port:Port": _ports,
    "openstack:networking/secGroup:SecGroup": _groups,
    "openstack:networking/secGroupRule:SecGroupRule": _rules,
}
"""What may be doubled, and how it is found."""

AGAIN = (
    "kubernetes:",
    "openstack:loadbalancer/members:Members",
    "openstack:networking/floatingIpAssociate:FloatingIpAssociate",
    "pulumi:",
)
"""What may be created again as if it were not there, because the second time only changes the first: a
Kubernetes object is applied by its name; members and the port of a floating IP are set as a whole."""


@dataclass(frozen=True)
class Pending:
    """An object whose creation was under way."""

    state: State
    """The resource as the program asked for it; it has neither id nor outputs."""

    @property
    def urn(self) -> str:
        return str(self.state["urn"])

    @property
    def type(self) -> str:
        return str(self.state["type"])

    def __str__(self) -> str:
        return f"{self.type.rpartition(':')[2]} {self.urn.rpartition('::')[2]}"


def pending(deployment: State) -> tuple[Pending, ...]:
    """What was being created. Other operations are settled by a refresh alone."""
    operations = deployment.get("pending_operations") or ()
    return tuple(
        Pending(operation["resource"]) for operation in operations if operation["type"] == "creating"
    )


def search(deployment: State, wanted: Sequence[Pending], cloud: Callable[[Pending], Cloud]) -> dict[str, str]:
    """The ids of those that exist, by URN.

    Raises:
        Refused: there are several of one name, or a type that nobody here can look for; all of them at once.
    """
    ours = {resource.get("id") for resource in deployment["resources"]}
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for each in wanted:
        if each.type.startswith(AGAIN):
            continue
        if each.type not in FINDERS:
            remedy = (
                f"look for {each}, delete it if it is there, then `pulumi refresh --clear-pending-creates`"
            )
            problems.append(Problem(each.urn, "", "whether it was made cannot be looked up here", remedy))
            continue
        there = [thing.id for thing in FINDERS[each.type](cloud(each), each.state["inputs"])]
        new = [one for one in there if one not in ours]
        if len(new) > 1:
            rule = f"there are {len(new)} of this name, and only one can be this stack's"
            remedy = "delete those that serve nothing, then run this again"
            problems.append(Problem(each.urn, ", ".join(new), rule, remedy))
        elif new:
            found[each.urn] = new[0]
    if problems:
        raise Refused("what was interrupted is not clear", problems)
    return found


def adopted(deployment: State, found: Mapping[str, str]) -> dict[str, Any]:
    """The deployment in which those that were found are resources like any other, and nothing is under way.

    Args:
        found: ids by URN.
    """
    resources: list[State] = list(deployment["resources"])
    for each in pending(deployment):
        if each.urn in found:
            resources = [*_replaced(resources, each.urn), _resource(each, found[each.urn])]
    return {**deployment, "resources": _in_order(resources), "pending_operations": []}


def _resource(each: Pending, id: str) -> State:
    """What Pulumi would have written; a refresh fills in the rest and keeps what it cannot read back."""
    inputs = dict(each.state["inputs"])
    outputs = {**_told(inputs), "id": id}
    if "userData" in inputs:
        # The provider keeps the checksum instead (terraform-provider-openstack, compute_instance_v2), and
        # Nova never tells the text: without it the host would be replaced.
        outputs["userData"] = sha1(inputs["userData"].encode()).hexdigest()  # noqa: S324
    return {**each.state, "id": id, "outputs": outputs}


def _told(value: Any) -> Any:
    """Without what the provider notes in inputs alone: which of them are its own defaults."""
    if isinstance(value, dict):
        return {key: _told(item) for key, item in value.items() if key != "__defaults"}
    return [_told(item) for item in value] if isinstance(value, list) else value


def _replaced(resources: Iterable[State], urn: str) -> Iterable[State]:
    """The others; an old one of the same URN is either gone already, or still to be deleted."""
    for resource in resources:
        if resource["urn"] != urn or resource.get("delete"):
            yield resource
        elif not resource.get("pendingReplacement"):
            yield {**resource, "delete": True}


def _in_order(resources: Sequence[State]) -> list[State]:
    """Every resource after those that it needs, as Pulumi wants its state; otherwise as they were."""
    current = {resource["urn"]: resource for resource in resources if not resource.get("delete")}
    done: dict[int, State] = {}

    def visit(resource: State) -> None:
        if id(resource) in done:
            return
        for urn in _needs(resource):
            if urn in current and current[urn] is not resource:
                visit(current[urn])
        done[id(resource)] = resource

    for resource in resources:
        visit(resource)
    return list(done.values())


def _needs(resource: State) -> Iterable[str]:
    yield from filter(None, [resource.get("parent"), resource.get("deletedWith")])
    if provider := resource.get("provider"):
        yield str(provider).rpartition("::")[0]
    yield from resource.get("dependencies") or ()
    for urns in (resource.get("propertyDependencies") or {}).values():
        yield from urns or ()


def left_behind(backend: str, stack: str) -> list[Path]:
    """The locks in a backend on this machine (`file://...`) whose process ended without taking them back."""
    if not backend.startswith("file://"):
        return []
    folder = Path(unquote(urlparse(backend).path)) / ".pulumi" / "locks"
    return [lock for lock in folder.rglob(f"{stack}/*.json") if _is_dead(lock)]


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

    def export(self) -> dict[str, Any]:
        """The whole state, secrets encrypted as they are."""
        whole: dict[str, Any] = json.loads(self._run("stack", "export", capture=True))
        return whole

    def replace(self, whole: State) -> None:
        """Puts a state in the place of the stack's."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # mode 0600
            json.dump(whole, file)
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


def clouds(deployment: State) -> Callable[[Pending], Cloud]:
    """The cloud of an object: the one that its provider in the state names, else what OS_* says.

    The function raises Refused where there are no credentials.
    """
    from .platforms import openstack  # a second that the usual case, nothing interrupted, does not cost

    providers = {
        f"{resource['urn']}::{resource.get('id')}": resource.get("inputs") or {}
        for resource in deployment["resources"]
    }
    connections: dict[str | None, Cloud] = {}

    def of(each: Pending) -> Cloud:
        said = providers.get(str(each.state.get("provider")), {}).get("cloud")
        name = said if isinstance(said, str) else None
        if name not in connections:
            connection = openstack.connect(name)
            if connection is None:
                remedy = "or set OS_CLOUD, or OS_AUTH_URL and its like"
                problem = Problem("openstack:cloud", repr(name), "must name a cloud in clouds.yaml", remedy)
                raise Refused("the cloud cannot be asked what was made", [problem])
            connections[name] = cast(Cloud, connection)
        return connections[name]

    return of


def _asked(deployment: State, wanted: Sequence[Pending], say: Callable[[str], None]) -> dict[str, str]:
    """What exists, once all of it was found or every call that was under way has had its time."""
    from keystoneauth1.exceptions import ClientException
    from openstack import exceptions

    written = datetime.fromisoformat(deployment["manifest"]["time"]).timestamp()
    seconds = min(SETTLE, max(0.0, written + SETTLE - time.time()))
    doubled = [each for each in wanted if not each.type.startswith(AGAIN)]
    cloud = clouds(deployment)
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
    for lock in left_behind(os.environ.get("PULUMI_BACKEND_URL", ""), pulumi.stack):
        say(f"the process that held the lock {lock.name} has ended: taking it back")
        lock.unlink()
    whole = pulumi.export()
    deployment = whole.get("deployment") or {}
    if not deployment.get("pending_operations"):
        return False
    wanted = pending(deployment)
    found = _asked(deployment, wanted, say)
    for each in wanted:
        if each.urn in found:
            say(f"{each} was made: {found[each.urn]}")
        else:
            say(f"{each} {'is created again' if each.type.startswith(AGAIN) else 'was not made'}")
    pulumi.replace({**whole, "deployment": adopted(deployment, found)})
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
        print(f"{chosen.stack}: {sentence}", file=sys.stderr, flush=True)  # noqa: T201

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
