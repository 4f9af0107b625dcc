"""A stack file, or the same values from another program, becomes Settings or one refusal.

Pure: no Pulumi, no network, no clock. Read by whoever has settings to read. Two rounds: first each value by
itself and which keys belong together, then what must hold between values that are right. Each round reports
every mistake of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from ..problems import Problem, Refused
from . import agreement, belonging
from .model import SECTIONS, Settings
from .reading import Reading

_SETTINGS = TypeAdapter(Settings)


def parse(raw: Mapping[str, object], file: str, program: bool = False) -> Settings:
    """Reads settings.

    Args:
        raw: The sections by name, without the project's prefix, as JSON would hold them: `{"nodes": {}}`.
        file: Where they come from, for the title of the refusal: `stacks/Pulumi.prod.yaml`.
        program: Whether a Python program wrote them. It spells its keys in snake_case, or as a stack file.

    Raises:
        Refused: something is wrong; holds every mistake of a round, in the order of SECTIONS.
    """
    read = Reading(raw, Settings, program)
    belonging.check(read)
    try:
        settings = _SETTINGS.validate_python(read.values)
        read.report(None)
    except ValidationError as error:
        read.report(error)
    _refuse(read, file)
    agreement.check(read, settings)
    _refuse(read, file)
    return settings


def _refuse(read: Reading, file: str) -> None:
    if read.problems:
        count = f"{len(read.problems)} settings are" if len(read.problems) > 1 else "1 setting is"
        raise Refused(f"{file}: {count} wrong", sorted(read.problems, key=_section))


def _section(problem: Problem) -> int:
    name = problem.path.removeprefix("portico:").partition(".")[0].partition("[")[0]
    name = "loadBalancer" if name == "load_balancer" else name
    return SECTIONS.index(name) if name in SECTIONS else len(SECTIONS)
