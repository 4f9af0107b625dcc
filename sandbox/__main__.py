"""`python -m sandbox`: an OpenStack and a Kubernetes on this machine, for Portico to be tried on."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from sandbox import namespaces
from sandbox.kubernetes import KubernetesError
from sandbox.lifecycle import Parts, RefusedError, Sandbox
from sandbox.namespaces import CommandError
from sandbox.openstack import clouds
from sandbox.openstack.startup import StartupError
from sandbox.packages import PackagesError
from sandbox.paths import Paths
from sandbox.processes import SupervisorError
from sandbox.progress import Progress

ERRORS = (
    clouds.CloudError,
    CommandError,
    KubernetesError,
    PackagesError,
    RefusedError,
    StartupError,
    SupervisorError,
)
"""What can go wrong for a reason that a sentence explains."""

NEXT = "next: make up, or python -m sandbox run -- openstack server list"


def main(arguments: Sequence[str]) -> int:
    """Runs one command; returns its exit status. Errors are one message on standard error."""
    options = _parser().parse_args(arguments)
    # Where the answer is what a command prints, nothing else goes there.
    progress = Progress(sys.stderr if options.command is _image else sys.stdout)
    sandbox = Sandbox(Paths.here(), progress)
    try:
        status: int = options.command(sandbox, options)
        return status
    except (
        CommandError,
        KubernetesError,
        PackagesError,
        RefusedError,
        StartupError,
        SupervisorError,
    ) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1


def _up(sandbox: Sandbox, options: argparse.Namespace) -> int:
    sandbox.up(Parts(kubernetes=not options.no_kubernetes, octavia=options.octavia))
    print(NEXT)
    return 0


def _down(sandbox: Sandbox, _: argparse.Namespace) -> int:
    sandbox.down()
    return 0


def _status(sandbox: Sandbox, _: argparse.Namespace) -> int:
    parts = sandbox.parts()
    for name, state in sorted(sandbox.supervisor.status().items()):
        print(f"{name:28} {state.phase:9} {state.description}")
    if parts is None:
        print("the sandbox is not up: python -m sandbox up")
        return 3
    if parts.kubernetes:
        for name, ready in sorted(sandbox.kubernetes.status().items()):
            print(f"{name:28} {ready}")
    print(f"the sandbox is up; clouds.yaml and kubeconfig are in {sandbox.paths.root}")
    return 0


def _logs(sandbox: Sandbox, options: argparse.Namespace) -> int:
    if options.program is None:
        for log in sorted(sandbox.paths.log.glob("*.log")):
            print(f"{log.stem:28} {log.stat().st_size:9} bytes  {log}")
        return 0
    log = sandbox.supervisor.log(options.program)
    if not log.exists():
        print(
            f"sandbox: no program {options.program} has a log; python -m sandbox logs lists them",
            file=sys.stderr,
        )
        return 1
    follow = ["--follow"] if options.follow else []
    return subprocess.run(["tail", f"--lines={options.lines}", *follow, str(log)], check=False).returncode


def _run(sandbox: Sandbox, options: argparse.Namespace) -> int:
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    words = words or [os.environ.get("SHELL", "/bin/sh")]
    netns = _namespace(sandbox.paths, options.place)
    entrance = sandbox.supervisor.entrance() if netns.startswith("i-") else []
    if not entrance and not namespaces.exists(netns):
        raise CommandError(f"there is no namespace {netns}; python -m sandbox up makes it")
    command = [*entrance, *namespaces.inside(netns, words)]
    return subprocess.run(command, env=environment(sandbox.paths, os.environ), check=False).returncode


def _namespace(paths: Paths, place: str) -> str:
    """The namespace of a place: a server's by its `i-...`, else one of the sandbox's."""
    return place if place.startswith("i-") else paths.netns(place)


def environment(paths: Paths, environ: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """What a command inside the sandbox finds: the clouds, the cluster, and their clients last on PATH."""
    path = environ.get("PATH", os.defpath)
    return {
        **environ,
        "OS_CLIENT_CONFIG_FILE": str(paths.clouds),
        "OS_CLOUD": environ.get("OS_CLOUD", clouds.USER),
        "KUBECONFIG": str(paths.kubeconfig),
        "PATH": f"{path}:{paths.bin}:{paths.venv}/bin",
    }


def _image(sandbox: Sandbox, _: argparse.Namespace) -> int:
    print(sandbox.openstack.image())
    return 0


def _snapshot(sandbox: Sandbox, options: argparse.Namespace) -> int:
    if options.forget:
        sandbox.forget_snapshots()
    folders = sorted(path for path in sandbox.paths.snapshots.glob("*") if path.suffix != ".partial")
    for folder in folders:
        print(folder)
    if not folders:
        print("no snapshot; the next `python -m sandbox up` makes the cloud from nothing and takes one")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, does: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=does)
        return added

    up = command("up", _up, "bring everything up; on a sandbox that is up, start what is missing")
    up.add_argument("--octavia", action="store_true", help="with Octavia (cloud portico-octavia)")
    up.add_argument("--no-kubernetes", action="store_true", help="OpenStack alone")
    command("down", _down, "end and remove everything but downloads and the snapshot")
    command("status", _status, "every program and node; exit status 3 if the sandbox is not up")
    logs = command("logs", _logs, "the log of a program, or the list of logs")
    logs.add_argument("program", nargs="?")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as it grows")
    logs.add_argument("-n", "--lines", type=int, default=40, help="how many of the last lines (40)")
    run = command("run", _run, "run a command as the operator, who sits in the sandbox's internet")
    run.add_argument(
        "--in", dest="place", default="inet", help="inet, cloud, kube, a worker (w1) or a server (i-...)"
    )
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="a shell if left out")
    command("image", _image, "make only the servers' root file system, and print where it is")
    snapshot = command("snapshot", _snapshot, "the snapshot that the next up restores")
    snapshot.add_argument("--forget", action="store_true", help="remove it: the next up begins from nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
