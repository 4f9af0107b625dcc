"""The JSON schema of a whole stack file, from the settings as they are declared. Editors complete and check a
stack file by it. What holds between values is said by Portico alone."""

import json
from typing import Any

from pydantic import TypeAdapter

from portico.kinds.table import KINDS
from portico.settings import Settings
from portico.settings.model import kinds_sections
from tools import places
from tools.make.declared import every_section

FILE = places.CHECKOUT / "docs" / "settings.schema.json"


def schema() -> dict[str, Any]:
    """Of a stack file: keys that are not Portico's are left to others."""
    whole = TypeAdapter(Settings).json_schema()
    balancer = whole["$defs"]["LoadBalancer"]
    balancer["allOf"] = [_belonging(row.type, row.required) for row in _types().values()]
    for section in every_section():
        short = getattr(section, "short", None)
        if short:
            whole["$defs"][section.__name__] = {
                "anyOf": [{"type": "string"}, whole["$defs"][section.__name__]]
            }
    settings = {f"portico:{name}": below for name, below in whole["properties"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stack file of Portico",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": settings,
                "required": ["portico:loadBalancer"],
                "propertyNames": {"anyOf": [{"enum": list(settings)}, {"not": {"pattern": "^portico:"}}]},
            }
        },
        "$defs": whole["$defs"],
    }


def _types() -> dict[str, Any]:
    return {row.type: row for row in reversed(KINDS)}


def _belonging(kind: str, required: tuple[str, ...]) -> dict[str, Any]:
    takes = _types()[kind].settings().SECTIONS
    return {
        "if": {"properties": {"type": {"const": kind}}},
        "then": {
            "required": list(required),
            "properties": {name: False for name in kinds_sections() if name not in takes},
        },
    }


def page() -> str:
    """The file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
