"""What the program itself costs: importing the package, and a preview with three and with a thousand workers.

Neither needs the sandbox. The engine's and the providers' work in a preview is not counted: the program's
process notes its own CPU seconds when it ends.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.benchmarks.conftest import Record
from tests.benchmarks.record import Measurement, Series, rounded
from tests.engine.door import Door
from tools import places

WORKERS = (3, 1000)
IMPORT = """\
import time
start = time.perf_counter()
import portico.exposure
print(time.perf_counter() - start)
"""
PROGRAM = """\
import atexit, pathlib, runpy, time
atexit.register(lambda: pathlib.Path({noted!r}).write_text(str(time.process_time())))
runpy.run_path({program!r})
"""


def bench_import(runs: range, record: Record) -> None:
    seconds = [float(subprocess.check_output([sys.executable, "-c", IMPORT])) for _ in runs]
    how = "In a new process each time; Pulumi's own SDK is part of it."
    subjects = (Series("Portico, its package", rounded(seconds)),)
    record(
        Measurement("program-1-import", "Importing the package", "s", "less", how, subjects, "at most 1.5 s")
    )


@pytest.mark.parametrize("stack", ["openstack", "openstack-octavia"])
def bench_preview(stack: str, runs: range, record: Record, toolchain: None, tmp_path: Path) -> None:
    doors = {workers: program(stack, workers, tmp_path / str(workers)) for workers in WORKERS}
    seconds: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    for _ in runs:
        for workers, door in doors.items():
            door.preview()
            seconds[workers].append(float((door.project / "seconds").read_text()))
    settings = config(stack, ())
    kind = settings["portico:loadBalancer"]["type"]
    few, many = (Series(f"Portico, {workers} workers", rounded(seconds[workers])) for workers in WORKERS)
    how = f"CPU seconds of the program's process in a preview of a new stack, {kind}, no network."
    bound = f"at most 1.5 times the first; it was {many.median / few.median:.2f} times"
    name = f"program-2-preview-{kind}"
    record(Measurement(name, f"The program in a preview, {kind}", "s", "less", how, (few, many), bound))


def program(stack: str, workers: int, folder: Path) -> Door:
    """A stack whose program notes its CPU seconds in its folder."""
    project = folder / "project"
    project.mkdir(parents=True)
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(places.VENV)}}
    (project / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "portico", "runtime": runtime}))
    text = PROGRAM.format(noted=str(project / "seconds"), program=str(places.CHECKOUT / "__main__.py"))
    (project / "__main__.py").write_text(text)
    first = IPv4Address("10.20.0.1")
    door = Door(f"w{workers}", folder / "stack", where="offline", project=project)
    door.say(config(stack, (str(first + number) for number in range(workers))))
    return door.init()


def config(stack: str, addresses: Iterable[str]) -> dict[str, Any]:
    """A committed stack file, with these workers."""
    whole: dict[str, Any] = yaml.safe_load((places.CHECKOUT / "stacks" / f"Pulumi.{stack}.yaml").read_text())
    settings: dict[str, Any] = whole["config"]
    nodes = {"from": "addresses", "addresses": list(addresses), "securityGroup": "k8s-workers"}
    return {**settings, "portico:nodes": nodes}
