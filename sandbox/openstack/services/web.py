"""How an API runs: uWSGI with one process and a few threads, configured by its arguments alone.

Pure. Read by the other modules of this package.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.openstack.site import ADDRESS, Port, Site
from sandbox.openstack.startup import Check, Service, answers_http
from sandbox.processes import Program

SMALL = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
"""Every thread would otherwise get an arena of 64 MiB, and numpy, which Nova loads, a thread for each
core."""


def environment(site: Site) -> Mapping[str, str]:
    """What every OpenStack process finds: its own programs and those of the trees on PATH."""
    places = (
        site.paths.venv / "bin",
        site.paths.bin,
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
    )
    return {**SMALL, "PATH": ":".join(map(str, (*places, "/sbin", "/bin")))}


def api(
    site: Site,
    name: str,
    port: Port,
    module: str,
    *options: str,
    needs: tuple[str, ...],
    settings: Mapping[str, str] | None = None,
    threads: int = 8,
    answers: Check | None = None,
) -> Service:
    """An API under uWSGI: `module` is the WSGI callable, `settings` name its configuration in the
    environment."""
    venv = site.paths.venv
    command = (
        str(venv / "bin/uwsgi"),
        *("--http-socket", f"{ADDRESS}:{int(port)}", "--module", module, "--virtualenv", str(venv)),
        *("--master", "--die-on-term", "--lazy-apps", "--need-app", "--processes", "1"),
        *("--enable-threads", "--threads", str(threads), "--buffer-size", "65535"),
        *("--add-header", "Connection: close", "--procname-prefix", f"{name} "),
        *("--log-format", "%(method) %(uri) => %(status) %(size)B in %(msecs)ms", *options),
    )
    program = Program(
        name=name,
        command=command,
        netns=site.paths.cloud,
        environment={**environment(site), **(settings or {})},
        directory=site.paths.state,
        nice=10,  # packets go first: switches are programs here, and an API is busy whenever a VIP moves
    )
    return Service(program, answers or answers_http(site.paths.cloud, port), needs)


def daemon(
    site: Site, name: str, *command: str, needs: tuple[str, ...], answers: Check, netns: str = ""
) -> Service:
    """A service without an API."""
    program = Program(
        name=name,
        command=command,
        netns=netns or site.paths.cloud,
        environment={**environment(site), "OS_NOVA_DISABLE_EVENTLET_PATCHING": "true"},
        directory=site.paths.state,
    )
    return Service(program, answers, needs)
