"""docs/settings.md from the docstrings of the settings' model: `python -m tools.make.settings_reference`.

`--check` writes nothing and fails when the page is stale. Reads the model's source, so that it runs before
anything is installed.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tools import places

MODEL = places.CHECKOUT / "components" / "portico" / "settings" / "model.py"
EXAMPLE = places.CHECKOUT / "stacks" / "Pulumi.openstack.yaml"
PAGE = places.CHECKOUT / "docs" / "settings.md"

INTRODUCTION = """\
# Settings

<!-- Written by `make docs` from components/portico/settings/model.py: edit that. -->

One file for each environment, `stacks/Pulumi.<environment>.yaml`, with the sections below. Everything has a
default but what nobody can guess. The file is read before anything is made, and every mistake in it is
reported at once, each with its path, its value, the rule and what to do:

```
stacks/Pulumi.prod.yaml: 2 settings are wrong
  portico:nodes.from = 'adresses': must be one of addresses, openstack, cidr; did you mean 'addresses'?
  portico:loadBalancer.hosts.count = 0: must be a whole number from 1 to 5
```

A key without a value (`null`) counts as left out. Addresses are IPv4. There is no setting for a secret:
credentials come from clouds.yaml, the kubeconfig and the providers' own configuration.
"""

WORDS = {
    "str": ("text", "texts"),
    "int": ("whole number", "whole numbers"),
    "bool": ("true or false", ""),
    "IPv4Address": ("address", "addresses"),
    "IPv4Network": ("network (CIDR)", "networks (CIDR)"),
    "tuple[int, int]": ("list of two whole numbers", ""),
}
"""What one and several of the model's types are called in a stack file."""


@dataclass(frozen=True)
class Key:
    """One key of a section."""

    name: str
    """As in a stack file."""
    type: str
    """As in the model, without None and Later."""
    default: str | None
    """As in a stack file; empty where it is left to the text; None where the key is required."""
    text: str


@dataclass(frozen=True)
class Section:
    """One dataclass of the model."""

    text: str
    keys: tuple[Key, ...]


def read(source: str) -> dict[str, Section]:
    """The sections of a model, by the name of their class."""
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    names = {node.name: [name for name, _, _ in _fields(node)] for node in classes}
    return {
        node.name: Section(
            _one_line(ast.get_docstring(node) or ""),
            tuple(_key(name, field, text, names) for name, field, text in _fields(node)),
        )
        for node in classes
    }


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.AnnAssign, str]]:
    for field, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            said = after.value if isinstance(after, ast.Expr) else None
            text = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
            yield field.target.id, field, _one_line(text)


def _key(name: str, field: ast.AnnAssign, text: str, names: dict[str, list[str]]) -> Key:
    default: str | None = None
    if field.value is not None:
        default = _default(field.value, names)
    elif "Default:" in text:
        default = ""
    return Key(
        name=camel(name),
        type=ast.unparse(field.annotation).removesuffix(" | None").removesuffix(" | Later"),
        default=default,
        text=text if default is not None else text.removesuffix("Required.").rstrip(),
    )


def camel(name: str) -> str:
    """The key of a field, as in a stack file."""
    first, *others = name.split("_")
    return "from" if name == "source" else first + "".join(other.capitalize() for other in others)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _default(value: ast.expr, names: dict[str, list[str]]) -> str:
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else json.dumps(value.value).replace("null", "")
    if isinstance(value, ast.Tuple):
        return f"[{', '.join(_default(element, names) for element in value.elts)}]" if value.elts else ""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        if value.func.id not in names:
            return _default(value.args[0], names)
        given = dict(zip(names[value.func.id], value.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in value.keywords if keyword.arg}
        pairs = (f"{camel(name)}: {_default(said, names)}" for name, said in given.items())
        return f"{{{', '.join(pairs)}}}" if given else ""
    raise ValueError(f"cannot tell the default {ast.unparse(value)} in words")


def page(sections: dict[str, Section], example: str | None) -> str:
    """The whole page."""
    lines = [INTRODUCTION]
    if example is not None:
        lines.append(f"## A whole file\n\n```yaml\n{example.rstrip()}\n```\n")
    for key in sections["Settings"].keys:
        lines.extend(_part(sections, f"portico:{key.name}", key, level=2))
    return "\n".join(lines)


def _part(sections: dict[str, Section], path: str, key: Key, level: int) -> Iterator[str]:
    name, many = _section(key.type, sections)
    section = sections[name]
    yield f"{'#' * level} {path}\n"
    text = f"A list. Each element: {section.text[0].lower()}{section.text[1:]}" if many else section.text
    yield f"{text}\n"
    yield "| key | type | default | meaning |\n|---|---|---|---|"
    for each in section.keys:
        cells = (f"`{each.name}`", _type(each, path, sections), _shown(each), each.text)
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
    yield ""
    for each in section.keys:
        below, _ = _section(each.type, sections)
        if below in sections:
            yield from _part(sections, f"{path}{'[]' if many else ''}.{each.name}", each, level=3)


def _section(type: str, sections: dict[str, Section]) -> tuple[str, bool]:
    """The class that a type means, and whether there is a list of them."""
    of = re.fullmatch(r"tuple\[(\w+), \.\.\.\]", type)
    return (of[1], of[1] in sections) if of else (type, False)


def _type(key: Key, path: str, sections: dict[str, Section]) -> str:
    name, many = _section(key.type, sections)
    if name in sections:
        anchor = re.sub(r"[^a-z]", "", f"{path}{key.name}".lower())
        return f"[{'list of sections' if many else 'section'}](#{anchor})"
    if mapping := re.fullmatch(r"Mapping\[str, (\w+)\]", key.type):
        return f"mapping to {WORDS[mapping[1]][1]}"
    one, several = WORDS[name]
    return one if name == key.type else f"list of {several}"


def _shown(key: Key) -> str:
    if key.default is None:
        return "**required**"
    return f"`{key.default}`" if key.default else ""


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks."""
    parser = argparse.ArgumentParser(prog="python -m tools.make.settings_reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when docs/settings.md is stale")
    chosen = parser.parse_args(arguments)
    sections = read(MODEL.read_text())
    made = page(sections, EXAMPLE.read_text() if EXAMPLE.exists() else None)
    if not chosen.check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(made)
    elif not PAGE.exists() or PAGE.read_text() != made:
        print("docs/settings.md is stale: run `python -m tools.make.settings_reference`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
