"""A walk through the settings as they were written: it hands out values in their types and keeps everything
that is wrong.

Pure: no Pulumi, no network, no clock. Read by sections. A wrong value is reported and its default is used to
read on, so that one mistake makes one message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any, TypeVar

from ..later import Later
from ..problems import Problem
from . import values
from .values import Rule, Wrong, nearest, show

T = TypeVar("T")
D = TypeVar("D")
Step = str | int
"""A key, or an index into a list."""


@dataclass
class Log:
    """What was found wrong so far, in all sections."""

    problems: list[Problem] = field(default_factory=list)
    misspelt: list[str] = field(default_factory=list)
    """The paths that misspelt keys were probably meant for."""


@dataclass(frozen=True)
class _Need:
    keys: tuple[str, ...]
    rule: str
    remedy: str


class Reader:
    """One section; its subsections are readers that share the list of problems."""

    def __init__(
        self,
        raw: Mapping[Any, object],
        path: str = "portico:",
        log: Log | None = None,
        only: str | None = None,
    ) -> None:
        """Args:
        raw: The section as written.
        path: Where it is: `portico:` for the whole, else `portico:loadBalancer.hosts`.
        log: What is wrong, appended to; a new one for the whole.
        only: The key that stands for the whole section, where it was written as that key's value alone.
        """
        self._raw = raw
        self._path = path
        self._log = log or Log()
        self._only = only
        self._known: list[str] = []
        self._ignored: set[str] = set()
        self._needs: list[_Need] = []

    @property
    def problems(self) -> list[Problem]:
        """Everything that was found wrong so far, in all sections."""
        return self._log.problems

    # Where things are

    def at(self, *steps: Step) -> str:
        """The path of something below this section."""
        path = self._path
        for step in steps:
            if isinstance(step, int):
                path += f"[{step}]"
            elif step == self._only:
                continue
            elif not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", step):
                path += f"[{show(step)}]"
            else:
                path += step if path.endswith(":") else f".{step}"
        return path

    def found(self, *steps: Step) -> object:
        """What was written there; None for nothing."""
        here: object = self._raw
        for step in steps:
            if isinstance(here, Mapping):
                here = here.get(step)
            elif isinstance(here, (list, tuple)) and isinstance(step, int) and 0 <= step < len(here):
                here = here[step]
            else:
                return None
        return here

    def given(self, *steps: Step) -> bool:
        """Whether something was written there; null is nothing."""
        return self.found(*steps) is not None

    def sound(self, *steps: Step) -> bool:
        """Whether nothing is known to be wrong there, below or in what holds it, and no misspelt key was
        probably meant for it."""
        path = self.at(*steps)
        wrong = [problem.path for problem in self._log.problems] + self._log.misspelt
        return not any(_holds(path, other) or _holds(other, path) for other in wrong)

    def right(self, *steps: Step) -> bool:
        """Whether something was written there and nothing is known to be wrong with it."""
        return self.given(*steps) and self.sound(*steps)

    # What is wrong

    def wrong(self, *steps: Step, rule: str, remedy: str = "") -> None:
        """Reports what is written there."""
        value = show(self.found(*steps)) if steps and self.given(*steps) else ""
        self._log.problems.append(Problem(self.at(*steps), value, rule, remedy))

    def require(self, *keys: str, rule: str = "is required", remedy: str = "") -> None:
        """At least one of the keys has to be given; judged at the end, when misspelt keys are known."""
        self._needs.append(_Need(keys, rule, remedy))

    def refuse(self, *keys: str, rule: str, remedy: str = "leave it out") -> None:
        """None of the keys may be given here; they are not read any further."""
        self._known.extend(keys)
        self._ignored.update(keys)
        for key in keys:
            if self.given(key):
                self.wrong(key, rule=rule, remedy=remedy)

    def close(self) -> None:
        """Reports keys that nobody asked for and keys that are missing. A key that is probably a misspelt one
        says only that."""
        usable = [key for key in dict.fromkeys(self._known) if key not in self._ignored]
        free = [key for key in usable if not self.given(key)]
        meant = set()
        for key in self._raw:
            if key in self._known:
                continue
            near = nearest(key, free)
            if near:
                meant.add(near)
                self._log.misspelt.append(self.at(near))
            remedy = f"did you mean {near!r}?" if near else f"known here: {', '.join(usable)}"
            # Its value is not shown: what Portico does not know may be a secret.
            name = key if isinstance(key, str) else show(key)
            self._log.problems.append(Problem(self.at(name), "", "is no setting", remedy))
        for need in self._needs:
            if not any(self.given(key) or key in meant for key in need.keys):
                steps = need.keys if len(need.keys) == 1 else ()
                self._log.problems.append(Problem(self.at(*steps), "", need.rule, need.remedy))

    # Values

    def value(self, key: str, rule: Rule[T], default: D) -> T | D:
        """What `rule` makes of a value; the default when nothing, or something wrong, is there."""
        self._known.append(key)
        if key in self._ignored or not self.given(key):
            return default
        try:
            return rule(values.plain(self.found(key)))
        except Wrong as wrong:
            self.wrong(key, rule=wrong.rule, remedy=wrong.remedy)
            return default

    def later(self, key: str, rule: Rule[T], default: D) -> T | Later | D:
        """As `value`, and what is known only while the program runs is taken as it is: the settings are read
        again when it is known."""
        found = self.found(key)
        if isinstance(found, Later) and key not in self._ignored:
            self._known.append(key)
            return found
        return self.value(key, rule, default)

    def text(self, key: str, default: D, rule: Rule[str] = values.text) -> str | D:
        """A text, perhaps of a certain shape."""
        return self.value(key, rule, default)

    def number(self, key: str, default: D, low: int, high: int) -> int | D:
        """A whole number."""
        return self.value(key, values.whole_number(low, high), default)

    def flag(self, key: str, default: D) -> bool | D:
        """True or false."""
        return self.value(key, values.flag, default)

    def choice(self, key: str, default: D, allowed: tuple[str, ...]) -> str | D:
        """One of some words."""
        return self.value(key, values.choice(allowed), default)

    def address(self, key: str, default: D) -> IPv4Address | D:
        """An IPv4 address."""
        return self.value(key, values.address, default)

    def several(self, key: str, rule: Rule[T], default: tuple[T, ...] = (), least: int = 0) -> tuple[T, ...]:
        """A list without repetitions; wrong elements are left out of it."""
        elements = self._list(key, least)
        if elements is None:
            return default
        read: dict[T, int] = {}
        for index, element in enumerate(elements):
            try:
                value = rule(values.plain(element))
            except Wrong as wrong:
                self.wrong(key, index, rule=wrong.rule, remedy=wrong.remedy)
                continue
            if value in read:
                self.wrong(
                    key,
                    index,
                    rule=f"must not be the same as {self.at(key, read[value])}",
                    remedy="remove one",
                )
            read.setdefault(value, index)
        return tuple(read)

    def mapping(
        self, key: str, keys: Rule[str], value: Rule[T], default: D, least: int = 0
    ) -> dict[str, T] | D:
        """A mapping with keys of one's own; wrong entries are left out of it."""
        self._known.append(key)
        if key in self._ignored or not self.given(key):
            return default
        raw = self._plain(key)
        if raw is None:
            return default
        if not isinstance(raw, Mapping):
            self.wrong(key, rule="must be a mapping", remedy="write `key: value` lines below it")
            return default
        if len(raw) < least:
            self.wrong(key, rule="must not be an empty mapping", remedy="leave the key out, or name one")
        read: dict[str, T] = {}
        for name, element in raw.items():
            try:
                keys(name)
            except Wrong as wrong:
                path = self.at(key, name if isinstance(name, str) else show(name))
                self._log.problems.append(Problem(path, "", f"the key {wrong.rule}", wrong.remedy))
                continue
            try:
                read[name] = value(values.plain(element))
            except Wrong as wrong:
                self.wrong(key, name, rule=wrong.rule, remedy=wrong.remedy)
        return read

    # Sections

    def section(self, key: str, make: Callable[[Reader], T], default: D) -> T | D:
        """What `make` reads from a subsection."""
        self._known.append(key)
        if key in self._ignored or not self.given(key):
            return default
        raw = self._plain(key)
        if raw is None:
            return default
        if not isinstance(raw, Mapping):
            self.wrong(key, rule="must be a mapping", remedy="write `key: value` lines below it")
            return default
        return _read(Reader(raw, self.at(key), self._log), make)

    def sections(
        self, key: str, make: Callable[[Reader], T], least: int = 0, short: str | None = None
    ) -> dict[int, T]:
        """What `make` reads from each mapping of a list, by its index, so that a caller can still say where
        it is.

        With `short`, an element may be that key's value alone. What is no mapping is left out.
        """
        read = {}
        for index, raw in enumerate(self._list(key, least) or ()):
            path = self.at(key, index)
            if isinstance(raw, Mapping):
                read[index] = _read(Reader(raw, path, self._log), make)
            elif short is not None and raw is not None:
                read[index] = _read(Reader({short: raw}, path, self._log, only=short), make)
            else:
                self.wrong(key, index, rule="must be a mapping", remedy="write `key: value` lines below it")
        return read

    def distinct(self, key: str, made: Mapping[int, T], what: Callable[[T], object], *field: Step) -> None:
        """No two sections of a list may have the same `what`; None is not compared."""
        seen: dict[object, int] = {}
        for index, item in made.items():
            identity = what(item)
            if identity is None or not self.sound(key, index):
                continue
            if identity in seen:
                first = self.at(key, *self._in_element(key, seen[identity], field))
                rule = f"must not be the same as {first}"
                self.wrong(
                    key, *self._in_element(key, index, field), rule=rule, remedy="change or remove one"
                )
            seen.setdefault(identity, index)

    def _plain(self, key: str) -> object:
        """What was written there; None, and a report, where it is known only while the program runs."""
        try:
            return values.plain(self.found(key))
        except Wrong as wrong:
            self.wrong(key, rule=wrong.rule, remedy=wrong.remedy)
            return None

    def _in_element(self, key: str, index: int, field: tuple[Step, ...]) -> tuple[Step, ...]:
        return (index, *field) if isinstance(self.found(key, index), Mapping) else (index,)

    def _list(self, key: str, least: int) -> list[object] | tuple[object, ...] | None:
        self._known.append(key)
        if key in self._ignored or not self.given(key):
            return None
        raw = self._plain(key)
        if raw is None:
            return None
        if not isinstance(raw, (list, tuple)):
            self.wrong(
                key, rule="must be a list", remedy="write each element on a line that begins with '- '"
            )
            return None
        if len(raw) < least:
            self.wrong(key, rule="must not be an empty list", remedy="leave the key out, or name one")
            return None
        return raw


def _holds(path: str, other: str) -> bool:
    return other == path or other.startswith((f"{path}.", f"{path}["))


def _read(reader: Reader, make: Callable[[Reader], T]) -> T:
    made = make(reader)
    reader.close()
    return made
