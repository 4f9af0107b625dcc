"""The settings as they were written: where each value stands, and what is wrong with it.

Pure: no Pulumi, no network, no clock. Read by parsing, belonging, agreement and the kinds' own settings. Keys
are named here as in a stack file; messages show each key as its writer spelt it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_type_hints

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .. import values
from ..fields import Section, key, snake
from ..later import Later
from ..problems import Problem
from ..values import Wrong, nearest, show

Step = str | int
"""A key, or an index into a list."""
Steps = tuple[Step, ...]

TOO_LATE = Wrong(*values.TOO_LATE)
A_MAPPING = ("must be a mapping", "write `key: value` lines below it")
SHAPES = {
    "dataclass_type": A_MAPPING,
    "mapping_type": A_MAPPING,
    "dict_type": A_MAPPING,
    "tuple_type": ("must be a list", "write each element on a line that begins with '- '"),
}
"""What pydantic says of the wrong kind of value, in our words: rule and remedy."""


@dataclass(frozen=True)
class _Unknown:
    section: Steps
    key: object
    declared: type[Section]


@dataclass(frozen=True)
class _Need:
    section: Steps
    keys: tuple[str, ...]
    instead: Steps
    rule: str
    remedy: str


class Reading:
    """What was written, and everything that was found wrong with it so far."""

    def __init__(self, raw: Mapping[Any, object], declared: type[Section], program: bool = False) -> None:
        """Args:
        raw: The sections as written.
        declared: What they have to be.
        program: Whether a Python program wrote them, which may spell its keys in snake_case.
        """
        self.problems: list[Problem] = []
        self._wrong: list[Steps] = []
        self._program = program
        self._declared = declared
        self._spelt: dict[Steps, str | None] = {}
        self._unknown: list[_Unknown] = []
        self._meant: set[Steps] = set()
        self._refused: set[Steps] = set()
        self._needs: list[_Need] = []
        self.values = self._section(raw, declared, ())
        """The same without what is null or unknown, each key as in a stack file."""

    # Where things are

    def at(self, *steps: Step) -> str:
        """The path of a value."""
        path = "portico:"
        for depth, step in enumerate(steps, start=1):
            spelt = self._spelt.get(steps[:depth], self._own(step))
            if isinstance(step, int):
                path += f"[{step}]"
            elif spelt is not None and re.fullmatch(r"[A-Za-z0-9_-]{1,60}", spelt):
                path += spelt if path.endswith(":") else f".{spelt}"
            elif spelt is not None:
                path += f"[{show(spelt)}]"
        return path

    def _own(self, step: Step) -> str:
        return snake(str(step)) if self._program else str(step)

    def found(self, *steps: Step) -> object:
        """What was written there; None for nothing."""
        here: object = self.values
        for step in steps:
            if isinstance(here, Mapping):
                here = here.get(step)
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                here = here[step]
            else:
                return None
        return here

    def given(self, *steps: Step) -> bool:
        """Whether something was written there; null is nothing."""
        return self.found(*steps) is not None

    def sound(self, *steps: Step) -> bool:
        """Whether nothing is known to be wrong there, below, or with what holds it."""
        return not any(steps[: len(wrong)] == wrong or wrong[: len(steps)] == steps for wrong in self._wrong)

    # What is wrong

    def wrong(self, *steps: Step, rule: str, remedy: str = "") -> None:
        """Reports what is written there."""
        self._add(steps, show(self.found(*steps)) if steps and self.given(*steps) else "", rule, remedy)

    def refuse(self, *section: Step, keys: Iterable[str], rule: str, remedy: str = "leave it out") -> None:
        """None of the keys may be given in a section; what is wrong in them does not matter any more."""
        for name in keys:
            self._refused.add((*section, name))
            if self.given(*section, name):
                self.wrong(*section, name, rule=rule, remedy=remedy)

    def require(
        self,
        *section: Step,
        keys: Iterable[str],
        instead: Steps = (),
        rule: str = "is required",
        remedy: str = "",
    ) -> None:
        """At least one of the keys has to be given in a section, unless a misspelt key was meant for
        `instead`; judged by `report`."""
        self._needs.append(_Need(section, tuple(keys), instead, rule, remedy))

    def report(self, found: ValidationError | None) -> None:
        """Adds what pydantic found, then the keys that nobody knows and those that are missing. A key that is
        probably a misspelt one says only that."""
        unknown = [self._did_you_mean(one) for one in self._unknown if not self._out_of_place(one.section)]
        for error in found.errors(include_url=False) if found else ():
            self._translate(error)
        for steps, remedy in unknown:
            # Its value is not shown: what Portico does not know may be a secret.
            self._add(steps, "", "is no setting", remedy)
        for need in self._needs:
            wanted = [(*need.section, name) for name in need.keys]
            met = any(self.given(*steps) or steps in self._meant for steps in wanted)
            if not met and need.instead not in self._meant and not self._out_of_place(need.section):
                self._add(wanted[0] if len(wanted) == 1 else need.section, "", need.rule, need.remedy)

    def _translate(self, error: ErrorDetails) -> None:
        steps, kind, context = tuple(error["loc"]), error["type"], error.get("ctx", {})
        if self._out_of_place(steps) or steps in self._meant:
            return
        said = context.get("error")
        if isinstance(error["input"], Later):
            self.wrong(*steps, rule=TOO_LATE.rule, remedy=TOO_LATE.remedy)
        elif kind == "missing":
            self._add(steps, "", "is required", self._remedies(steps[:-1]).get(str(steps[-1]), ""))
        elif steps[-1] == "[key]" and isinstance(said, Wrong):
            self._add(steps[:-1], "", f"the key {said.rule}", said.remedy)
        elif isinstance(said, Wrong):
            self.wrong(*steps, rule=said.rule, remedy=said.remedy)
        elif kind == "too_short" and self.found(*steps):
            return  # elements that are wrong do not count, and are reported themselves
        elif kind == "too_short":
            a_list = "list" if isinstance(self.found(*steps), list) else "mapping"
            self.wrong(*steps, rule=f"must not be an empty {a_list}", remedy="leave the key out, or name one")
        else:
            rule, remedy = SHAPES.get(kind, (error["msg"], ""))
            self.wrong(*steps, rule=rule, remedy=remedy)

    def _remedies(self, steps: Steps) -> Mapping[str, str]:
        section: type[Section] | None = self._declared
        for step in steps:
            if section and isinstance(step, str):
                section = keys_of(section).get(step)
        return section.remedies if section else {}

    def _did_you_mean(self, unknown: _Unknown) -> tuple[Steps, str]:
        section = unknown.section
        known = [name for name in keys_of(unknown.declared) if (*section, name) not in self._refused]
        near = nearest(unknown.key, [name for name in known if not self.given(*section, name)])
        if near:
            self._meant.add((*section, near))
        name = unknown.key if isinstance(unknown.key, str) else show(unknown.key)
        steps = (*section, name)
        self._spelt[steps] = name
        spelt = ", ".join(map(self._own, known))
        return steps, f"did you mean {self._own(near)!r}?" if near else f"known here: {spelt}"

    def _out_of_place(self, steps: Steps) -> bool:
        return any(steps[: len(refused)] == refused for refused in self._refused)

    def _add(self, steps: Steps, value: str, rule: str, remedy: str) -> None:
        self._wrong.append(steps)
        self.problems.append(Problem(self.at(*steps), value, rule, remedy))

    # Reading

    def _section(self, raw: Mapping[Any, object], declared: type[Section], at: Steps) -> dict[str, object]:
        read: dict[str, object] = {}
        known = keys_of(declared)
        names = {**{self._own(name): name for name in known}, **{name: name for name in known}}
        for written, value in raw.items():
            name = names.get(written) if isinstance(written, str) else None
            if name is None:
                self._unknown.append(_Unknown(at, written, declared))
            elif value is not None and name in read:
                self._add((*at, name), "", "is written twice", f"keep one of {self._own(name)} and {name}")
            elif value is not None:
                self._spelt[(*at, name)] = written
                read[name] = self._value(value, known[name], (*at, name))
        return declared.completed(read)

    def _value(self, value: object, declared: type[Section] | None, at: Steps) -> object:
        if isinstance(value, (list, tuple)):
            return [self._element(one, declared, (*at, index)) for index, one in enumerate(value)]
        if isinstance(value, Mapping) and declared:
            return self._section(value, declared, at)
        return value

    def _element(self, value: object, declared: type[Section] | None, at: Steps) -> object:
        short = getattr(declared, "short", None)
        if short and value is not None and not isinstance(value, Mapping):
            read = self._section({short: value}, declared, at) if declared else value
            self._spelt[(*at, short)] = None
            return read
        return self._value(value, declared, at) if isinstance(value, Mapping) else value


_KEYS: dict[type[Section], Mapping[str, type[Section] | None]] = {}


def keys_of(section: type[Section]) -> Mapping[str, type[Section] | None]:
    """The keys of a section, each with the section that it, or each element of it, is."""
    if section not in _KEYS:
        hints = get_type_hints(section)
        _KEYS[section] = {key(field.name): _inner(hints[field.name]) for field in fields(section)}
    return _KEYS[section]


def _inner(hint: object) -> type[Section] | None:
    if isinstance(hint, type) and is_dataclass(hint) and issubclass(hint, Section):
        return hint
    return next((inner for argument in get_args(hint) if (inner := _inner(argument))), None)
