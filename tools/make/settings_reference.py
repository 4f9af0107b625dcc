"""What is written from the settings as they are declared: `python -m tools.make.settings_reference`.

docs/settings.md, docs/settings.schema.json and the types of ExposureArgs. `--check` writes nothing and fails
when one of them is stale.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import get_args, get_origin

from portico.fields import Section
from portico.settings import Settings
from portico.settings.model import Range
from tools import places
from tools.make import settings_args, settings_schema
from tools.make.declared import Key, keys, one_line

EXAMPLE = places.CHECKOUT / "stacks" / "Pulumi.openstack.yaml"
PAGE = places.CHECKOUT / "docs" / "settings.md"

INTRODUCTION = """\
# Settings

<!-- Written by `make docs` from the settings in components/portico: edit these. -->

One file for each environment, `stacks/Pulumi.<environment>.yaml`, with the sections below. Everything has a
default but what nobody can guess. The file is read before anything is made. Its mistakes are reported in
two rounds: everything that is wrong by itself, then what does not fit together. Each has its path, its value,
the rule and what to do:

```
stacks/Pulumi.prod.yaml: 2 settings are wrong
  portico:nodes.from = 'adresses': must be one of addresses, openstack, cidr; did you mean 'addresses'?
  portico:loadBalancer.hosts.count = 0: must be a whole number from 1 to 5
```

A key without a value (`null`) counts as left out. Addresses are IPv4. Credentials are no settings: they come
from clouds.yaml, the kubeconfig and the providers' own configuration. A kubeconfig that is given as content
is a secret in the state.
"""

WORDS = {
    str: ("text", "texts"),
    int: ("whole number", "whole numbers"),
    bool: ("true or false", ""),
    IPv4Address: ("address", "addresses"),
    IPv4Network: ("network (CIDR)", "networks (CIDR)"),
    Range: ("list of two whole numbers", ""),
}
"""What one and several of the types are called in a stack file."""


def page(example: str) -> str:
    """The whole reference."""
    lines = [INTRODUCTION, f"## A whole file\n\n```yaml\n{example.rstrip()}\n```\n"]
    for key in keys(Settings):
        lines.extend(_part(f"portico:{key.name}", key, level=2))
    return "\n".join(lines)


def _part(path: str, key: Key, level: int) -> Iterator[str]:
    section = key.section or Section
    text = one_line(section.__doc__)
    yield f"{'#' * level} {path}\n"
    yield (f"A list. Each element: {text[0].lower()}{text[1:]}" if key.several else text) + "\n"
    yield "| key | type | default | meaning |\n|---|---|---|---|"
    for inner in keys(section):
        cells = (f"`{inner.name}`", _type(inner, path), _shown(inner), inner.text)
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
    yield ""
    for inner in keys(section):
        if inner.section:
            yield from _part(f"{path}{'[]' if key.several else ''}.{inner.name}", inner, level=3)


def _type(key: Key, path: str) -> str:
    if key.section:
        anchor = re.sub(r"[^a-z]", "", f"{path}{key.name}".lower())
        return f"[{'list of sections' if key.several else 'section'}](#{anchor})"
    if get_origin(key.hint) is not None and issubclass(get_origin(key.hint), Mapping):
        return f"mapping to {WORDS[get_args(key.hint)[1]][1]}"
    return f"list of {WORDS[get_args(key.hint)[0]][1]}" if key.several else WORDS[key.hint][0]


def _shown(key: Key) -> str:
    if key.default is None:
        return "**required**"
    return f"`{key.default}`" if key.default else ""


def pages() -> dict[Path, str]:
    """Everything that is written, by its file."""
    return {
        PAGE: page(EXAMPLE.read_text()),
        settings_schema.FILE: settings_schema.page(),
        settings_args.FILE: settings_args.module(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks."""
    parser = argparse.ArgumentParser(prog="python -m tools.make.settings_reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a page is stale")
    chosen = parser.parse_args(arguments)
    for file, text in pages().items():
        if not chosen.check:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            print(f"{file.name} is stale: run `python -m tools.make.settings_reference`", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
