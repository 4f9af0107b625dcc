"""Pulumi Outputs among the arguments: carried as Later while the shape is planned, plain values afterwards.

May touch Pulumi. Read by planning, providers and apps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

import pulumi

from .later import Later

P = TypeVar("P")
T = TypeVar("T")


def carried(value: object) -> object:
    """The same arguments with a Later in the place of every Output."""
    if isinstance(value, pulumi.Output):
        return Later(value)
    if isinstance(value, Mapping):
        return {key: carried(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [carried(element) for element in value]
    return value


def given(value: T | Later) -> pulumi.Output[T]:
    """What a resource is given: the Output itself where the value is known only while the program runs."""
    return cast(
        "pulumi.Output[T]", value.output if isinstance(value, Later) else pulumi.Output.from_input(value)
    )


def any_later(value: object) -> bool:
    """Whether an Output is somewhere in carried arguments."""
    if isinstance(value, Mapping):
        return any(any_later(element) for element in value.values())
    if isinstance(value, (list, tuple)):
        return any(any_later(element) for element in value)
    return isinstance(value, Later)


def when_known(args: Mapping[str, object], plan: Callable[[Mapping[str, object]], P]) -> pulumi.Output[P]:
    """What `plan` makes of the arguments once all of them are known; unknown in a preview in which one is.

    What it makes is no secret, although an argument may be: ids and addresses are shown everywhere else.
    """
    return pulumi.Output.unsecret(pulumi.Output.from_input(args)).apply(plan)
