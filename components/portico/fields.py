"""The types of settings: a Python type, the rule that makes it from what was written, and its JSON schema.

Pure: no Pulumi, no network, no clock. Read by settings and by the settings of each kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from . import values
from .later import Later

if TYPE_CHECKING:
    from .settings.model import Settings
    from .settings.reading import Reading

T = TypeVar("T")


def key(name: str) -> str:
    """How a field is written in a stack file: `security_group` is `securityGroup`, `source` is `from`."""
    first, *others = name.split("_")
    return "from" if name == "source" else first + "".join(other.capitalize() for other in others)


def snake(key: str) -> str:
    """The name that a key has in Python: `securityGroup` is `security_group`."""
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", key)


@dataclass(frozen=True)
class Section:
    """One section of the settings; its fields' docstrings are the reference, the schema and the tooltips."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", alias_generator=key, use_attribute_docstrings=True
    )

    remedies: ClassVar[Mapping[str, str]] = {}
    """What to do about a key that is missing."""

    @classmethod
    def completed(cls, written: dict[str, object]) -> dict[str, object]:
        """What was written, with the defaults that depend on other keys."""
        return written

    def check(self, read: Reading, settings: Settings) -> None:
        """Reports what does not hold between its keys, or with other sections."""


@dataclass(frozen=True)
class By:
    """Marks a type with the rule that a value of it has to keep."""

    rule: values.Rule[Any]
    schema: Mapping[str, object] = field(hash=False)
    """The rule as JSON schema, as far as that can say it."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._checked)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.schema)

    def _checked(self, value: object) -> object:
        return self.rule(values.plain(value))


class MayBeLater:
    """Marks a type whose value may be known only while the program runs."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def checked(value: object, plainly: Callable[[object], object]) -> object:
            return value if isinstance(value, Later) else plainly(value)

        return core_schema.no_info_wrap_validator_function(checked, handler(get_args(source)[0]))


Input = Annotated[T | Later, MayBeLater()]
"""An id, a name of a cloud object, an address or a credential: a Pulumi Output may stand for it."""

Some = Annotated[tuple[T, ...], Field(min_length=1)]
"""A list that is not empty."""


def text(rule: values.Rule[str] = values.text) -> By:
    """A text that keeps a rule."""
    return By(rule, {"type": "string"})


def whole(low: int, high: int) -> By:
    """A whole number from `low` to `high`."""
    return By(values.whole_number(low, high), {"type": "integer", "minimum": low, "maximum": high})


def one_of(*words: str) -> By:
    """One of some words."""
    return By(values.choice(words), {"enum": list(words)})


Text = Annotated[str, text()]
Label = Annotated[str, text(values.label)]
Subdomain = Annotated[str, text(values.subdomain)]
Image = Annotated[str, text(values.image)]
Port = Annotated[int, whole(1, 65535)]
Flag = Annotated[bool, By(values.flag, {"type": "boolean"})]
Address = Annotated[IPv4Address, By(values.address, {"type": "string"})]
Network = Annotated[IPv4Network, By(values.network, {"type": "string"})]
