"""The types of ExposureArgs, from the settings as they are declared.

Pulumi's component analyzer reads the module that is written. It takes nested TypedDicts, sequences, mappings,
NotRequired and Inputs. It takes no Literal and no union: a choice is a text, and a node, which is a mapping
or its address alone, is anything.
A type is not called `...Args`, because the analyzer would add that once more.
"""

import keyword
import textwrap
from ipaddress import IPv4Address, IPv4Network
from typing import Any, get_args, get_origin

from portico.fields import Section
from portico.settings import Settings
from portico.settings.model import Range
from tools import places
from tools.make.declared import Key, every_section, keys, may_be_later, one_line

FILE = places.CHECKOUT / "components" / "portico" / "args.py"

HEAD = '''\
"""What a program may say to an Exposure: the settings of a stack file, with keys in snake_case.

Written by `make docs` from the settings. An Input may be an Output of the same program.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

__all__ = [
{exported}
]
'''

WORDS = {str: "str", int: "int", bool: "bool", IPv4Address: "str", IPv4Network: "str", Range: "Sequence[int]"}


def module() -> str:
    """The whole module."""
    sections = [section for section in every_section() if not hasattr(section, "short")]
    exported = "\n".join(f'    "{name}",' for name in sorted(map(_named, sections)))
    return "\n".join([HEAD.format(exported=exported), *(_class(section) for section in sections)])


def _named(section: type[Section]) -> str:
    return "ExposureArgs" if section is Settings else section.__name__


def _class(section: type[Section]) -> str:
    plain = [one for one in keys(section) if not keyword.iskeyword(one.name)]
    about = "The settings of an Exposure." if section is Settings else one_line(section.__doc__)
    lines = [""]
    words = {one.name: _type(one) for one in keys(section) if keyword.iskeyword(one.name)}
    if words:
        # A class cannot spell these keys.
        pairs = ", ".join(f'"{name}": {word}' for name, word in words.items())
        lines += [f'_{_named(section)} = TypedDict("_{_named(section)}", {{{pairs}}})', "", ""]
    base = f"_{_named(section)}" if words else "TypedDict"
    lines += [f"class {_named(section)}({base}):", *_docstring(about), ""]
    for one in plain:
        lines.append(f"    {one.field}: {_type(one)}")
        lines.extend(_docstring(one.text))
    return "\n".join(lines) + "\n"


def _docstring(text: str) -> list[str]:
    return textwrap.wrap(
        f'"""{text}"""', 106, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )


def _type(one: Key) -> str:
    needed = _value(one.hint, may_be_later(one.marked))
    return f"NotRequired[{needed}]" if one.optional else needed


def _value(hint: Any, later: bool) -> str:
    origin = get_origin(hint)
    if origin is tuple:
        return f"Sequence[{_value(get_args(hint)[0], later)}]"
    if origin is not None:
        return f"Mapping[str, {_value(get_args(hint)[1], later)}]"
    if isinstance(hint, type) and issubclass(hint, Section):
        return "Any" if hasattr(hint, "short") else _named(hint)
    return f"pulumi.Input[{WORDS[hint]}]" if later else WORDS[hint]
