"""A question that is asked again until it has an answer or the time is over.

May touch Pulumi, for lines on progress alone. Read by the files beside this one.
"""

import asyncio
import time
from collections.abc import Callable

import pulumi

PAUSE = 1.0
"""Seconds between two questions."""


async def until(
    component: pulumi.Resource, sentence: str, asked: Callable[[], str | None], seconds: float
) -> str | None:
    """The first answer that is not None, or None when the time is over; a line on progress every ten
    seconds."""
    started = time.monotonic()
    reported = started
    while True:
        answer = await asyncio.to_thread(asked)
        now = time.monotonic()
        if answer is not None or now - started > seconds:
            return answer
        if now - reported >= 10:
            pulumi.log.info(f"{sentence}: {now - started:.0f} s of at most {seconds:.0f}", component)
            reported = now
        await asyncio.sleep(PAUSE)
