"""The component package: Exposure for programs in YAML, TypeScript, Go and C#.

May touch Pulumi. Started by components/__main__.py, which the engine runs. The schema that other languages
see is inferred from `Exposure` below and from args. What a program says goes to the settings as it arrives,
in the camelCase of a stack file, so that one parser judges both.
"""

import importlib.metadata
import json
import sys
from collections.abc import Mapping
from typing import Any, cast

import pulumi
from pulumi.provider import main
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.provider import ConstructResult

from . import exposure
from .args import ExposureArgs

NAME = "portico"
"""What the package is called in programs: `portico:index:Exposure`."""
DISTRIBUTION = "pulumi-portico"
"""Whose version it has."""


class Exposure(pulumi.ComponentResource):
    """An ingress controller on node ports, a load balancer in front of it, and applications behind it."""

    address: pulumi.Output[str]
    """What clients connect to: an IP address or a host name."""
    url: pulumi.Output[str]
    """Where the first application is, by its host name; without one, the address."""
    answer: pulumi.Output[str]
    """What the first application answered through the address when all of them did."""
    node_ports: pulumi.Output[dict[str, int]]
    """The node port of each listener, by name."""
    details: pulumi.Output[dict[str, Any]]
    """The kind of load balancer as `type`, and what its platform adds."""

    def __init__(self, name: str, args: ExposureArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Shows other languages what they may say; `construct` makes portico.exposure.Exposure."""
        raise NotImplementedError(f"{name}: programs in Python use portico.exposure.Exposure")


class Package(ComponentProvider):
    """The provider that the engine asks for a schema and for components."""

    def __init__(self) -> None:
        version = importlib.metadata.version(DISTRIBUTION)
        super().__init__([Exposure], NAME, version=version)
        self.schema = json.dumps(json.loads(self.schema or "{}", object_hook=_described))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, pulumi.Input[Any]],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Makes one door.

        Raises:
            pulumi.InputPropertiesError: something is refused; every reason in one message, nothing made.
        """
        self.validate_resource_type(NAME, resource_type)
        try:
            door = exposure.Exposure(name, arguments(inputs), options, source=f"the settings of {name}")
        except pulumi.RunError as refused:
            # The SDK answers nothing that the engine understands where the list of errors is left out.
            raise pulumi.InputPropertiesError(str(refused), errors=[]) from None
        state: dict[str, pulumi.Input[Any]] = {
            "address": door.address,
            "url": door.url,
            "answer": door.answer,
            "nodePorts": dict(door.node_ports),
            "details": dict(door.details),
        }
        return ConstructResult(door.urn, state)


def arguments(inputs: Mapping[str, pulumi.Input[Any]]) -> ExposureArgs:
    """The settings as a stack file would hold them: whole numbers, which travel as 1.0, are whole again."""
    return cast("ExposureArgs", {key: _whole(value) for key, value in inputs.items()})


def _whole(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(element) for element in value]
    return value


def _described(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of the schema whose description is one paragraph, without the indentation of the source."""
    text = entry.get("description")
    return {**entry, "description": " ".join(text.split())} if isinstance(text, str) else entry


def serve() -> None:
    """Answers the engine until it hangs up."""
    main(Package(), sys.argv[1:])
