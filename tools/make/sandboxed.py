"""How `make` calls the sandbox: by its command, as a person would.

Runs `python -m sandbox`. Read by run and tiers.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TextIO

from tools import places


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "sandbox", *words]


def inside(words: Sequence[str]) -> list[str]:
    """The command that runs `words` on the sandbox's internet, with its clouds and its cluster at hand."""
    return command("run", "--", *words)


def is_up() -> bool:
    return not subprocess.run(command("status"), cwd=places.CHECKOUT, capture_output=True).returncode


def up_while(work: Callable[[], None], progress: TextIO) -> str:
    """Bring the sandbox up while `work` is done beside it; its progress lines go to `progress`.

    What is returned says why it could not come up, and is empty when it did. What `work` raises is raised.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        beside = worker.submit(work)
        problem = _up(progress)
        beside.result()
    return problem


def _up(progress: TextIO) -> str:
    words: list[str] = []
    with subprocess.Popen(
        command("up"), cwd=places.CHECKOUT, stdout=progress, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None  # noqa: S101 - asked for above; this tells the type checker
        for line in process.stderr:
            print(line, end="", file=sys.stderr, flush=True)
            words.append(line.strip())
    if not process.returncode:
        return ""
    return next((line for line in words if line.startswith("sandbox: ")), "python -m sandbox up failed")
