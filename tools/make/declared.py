"""The settings as the package declares them, in words: what the reference, the schema and the types of
ExposureArgs are written from. Read by the tools that write them."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from ipaddress import IPv4Network
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from portico.fields import MayBeLater, Section, key
from portico.later import Later
from portico.settings import Settings


@dataclass(frozen=True)
class Key:
    """One key of a section."""

    name: str
    """As in a stack file."""
    field: str
    """As in Python."""
    hint: Any
    """The type of its value, without None and without marks."""
    marked: Any
    """The same with its marks."""
    default: str | None
    """As in a stack file; empty where it is left to the text; None where the key is required."""
    text: str
    optional: bool
    """Whether it may be left out, as far as one section can tell."""

    @property
    def section(self) -> type[Section] | None:
        """The section that it, or each element of it, is."""
        inner = get_args(self.hint)[0] if get_origin(self.hint) is tuple else self.hint
        return inner if isinstance(inner, type) and issubclass(inner, Section) else None

    @property
    def several(self) -> bool:
        """Whether it is a list."""
        return get_origin(self.hint) is tuple


def keys(section: type[Section]) -> tuple[Key, ...]:
    """The keys of a section, in its order."""
    texts, plain = _texts(section), get_type_hints(section)
    marked = get_type_hints(section, include_extras=True)
    return tuple(
        _key(field.name, field.default, _plain(plain[field.name]), marked[field.name], texts)
        for field in fields(section)
    )


def every_section(section: type[Section] = Settings) -> tuple[type[Section], ...]:
    """A section and those below it, each once, the deepest first."""
    below = (inner for one in keys(section) if one.section for inner in every_section(one.section))
    return tuple(dict.fromkeys((*below, section)))


def one_line(text: str | None) -> str:
    """A docstring as one line."""
    return " ".join((text or "").split())


def may_be_later(marked: object) -> bool:
    """Whether a type, or what it is made of, is marked as one whose value may be known later."""
    marks = getattr(marked, "__metadata__", ())
    inner = (*get_args(marked), *marks)
    return any(isinstance(one, MayBeLater) or may_be_later(one) for one in inner)


def _key(name: str, default: object, plain: Any, marked: Any, texts: Mapping[str, str]) -> Key:
    text = texts.get(name) or _description(marked)
    required = text.endswith("Required.") or (default is MISSING and "Default:" not in text)
    return Key(
        name=key(name),
        field=name,
        hint=plain,
        marked=marked,
        default=None if required else written(default),
        optional=default is not MISSING,
        text=text.removesuffix("Required.").rstrip(),
    )


def written(value: object) -> str:
    """A default, as somebody would write it; empty for nothing."""
    if value is None or value is MISSING or value == ():
        return ""
    if isinstance(value, Section):
        pairs = [
            f"{key(field.name)}: {written(getattr(value, field.name))}"
            for field in fields(value)
            if getattr(value, field.name) != field.default
        ]
        return f"{{{', '.join(pairs)}}}" if pairs else ""
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    return str(value) if isinstance(value, str | IPv4Network) else json.dumps(value)


def _plain(hint: Any) -> Any:
    """A type without None and Later, on every level."""
    arguments = tuple(one for one in get_args(hint) if one not in (type(None), Later))
    if get_origin(hint) in (Union, UnionType):
        return _plain(arguments[0])
    if get_origin(hint) is tuple:
        return tuple[_plain(arguments[0]), ...]  # type: ignore[misc]
    return hint


def _description(marked: object) -> str:
    return next((text for mark in _marks(marked) if (text := getattr(mark, "description", None))), "")


def _marks(marked: object) -> Iterator[object]:
    yield from getattr(marked, "__metadata__", ())


def _texts(section: type[Section]) -> dict[str, str]:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    assert isinstance(node, ast.ClassDef)  # noqa: S101 - what mypy has to know
    texts = {}
    for field, after in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            docstring = after.value if isinstance(after, ast.Expr) else None
            if isinstance(docstring, ast.Constant) and isinstance(docstring.value, str):
                texts[field.target.id] = one_line(docstring.value)
    return texts
