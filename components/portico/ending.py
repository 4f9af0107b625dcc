"""How a program ends that was refused or gave up waiting: the reason is told once, and nothing behind it.

Pulumi's language host calls every program that ends with 1 an unhandled error, also after a RunError has said
all there is to say. Read by the program.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pulumi

TOLD = 32
"""The exit code that means "the user has been told already" (pulumi-language-python-exec)."""


@contextmanager
def told() -> Iterator[None]:
    """Ends the program with its reason on a RunError, raised here or later by what waits for an output."""
    asyncio.get_running_loop().set_task_factory(_watched)
    try:
        yield
    except pulumi.RunError as error:
        _end(error)


def _watched(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> asyncio.Task[Any]:
    task = asyncio.Task(work, loop=loop, **more)
    task.add_done_callback(_judge)
    return task


def _judge(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and isinstance(error := task.exception(), pulumi.RunError):
        _end(error)


def _end(error: pulumi.RunError) -> NoReturn:
    pulumi.log.error(str(error))
    raise SystemExit(TOLD)
