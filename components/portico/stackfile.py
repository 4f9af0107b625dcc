"""The settings of the stack that runs, as Pulumi hands them to the program.

Reads Pulumi's configuration and nothing else. Read by the program; what the settings mean is settings'
affair.
"""

import json
from typing import cast

import pulumi

from .args import ExposureArgs

PREFIX = "portico:"


def sections() -> ExposureArgs:
    """Every key under `portico:`, known or not, so that a misspelt section is refused and not passed over."""
    given = pulumi.runtime.config
    keys = {*given.get_config_env(), *given.CONFIG.get()}
    names = [key.removeprefix(PREFIX) for key in keys if key.startswith(PREFIX)]
    config = pulumi.Config(PREFIX.rstrip(":"))
    read = {name: _plain(config.get(name)) for name in sorted(names)}
    return cast("ExposureArgs", {name: value for name, value in read.items() if value not in ({}, [])})


def name() -> str:
    """The stack file, as in an error message."""
    return f"stacks/Pulumi.{pulumi.get_stack()}.yaml"


def _plain(text: str | None) -> object:
    """Pulumi hands a mapping or a list over as JSON, and a string as it is."""
    try:
        return json.loads(text or "null")
    except ValueError:
        return text
