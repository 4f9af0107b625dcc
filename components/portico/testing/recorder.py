"""What a Pulumi program asks the engine for, recorded request by request, with no engine and no provider.

`build(program)` runs a program in a Pulumi runtime of its own and returns everything that it registered:
inputs, parent, aliases, dependencies, options and outputs. Tests of components read it.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import config as pulumi_config
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_in_stack

STATE = "pulumi:pulumi:readStackResourceOutputs"
"""The engine's own function that reads a stack's state; no provider is behind it."""

PROJECT = "portico"
"""The project's name, which is also the namespace of its configuration."""

UNKNOWN = pulumi.UNKNOWN
"""A value that only an update can tell: what stands for it in inputs, outputs and results."""

SECONDS = 60
"""How long a program may take: one that waits for something real would wait for ever."""

Answer = Mapping[str, object] | Callable[["Resource"], Mapping[str, object]]
"""What a provider adds to a resource's inputs once it is made, by property (camelCase); or how to find it."""


@dataclass(frozen=True)
class Secret:
    """A value marked as a secret."""

    value: object


@dataclass(frozen=True)
class Resource:
    """One registered resource."""

    urn: str
    request: resource_pb2.RegisterResourceRequest
    """The request itself, for whatever has no name here."""
    inputs: Mapping[str, Any]
    """Plain values; UNKNOWN and Secret where they are so."""

    @property
    def type(self) -> str:
        """The type's token: `openstack:networking/port:Port`."""
        return self.request.type

    @property
    def name(self) -> str:
        """Its name in the program, not on the platform."""
        return self.request.name

    @property
    def parent(self) -> str:
        """The parent's URN."""
        return self.request.parent

    @property
    def custom(self) -> bool:
        """Whether a provider makes it; otherwise it is a component."""
        return self.request.custom

    @property
    def dependencies(self) -> frozenset[str]:
        """The URNs of what must exist before it, named by `depends_on` or through an input."""
        return frozenset(self.request.dependencies)

    @property
    def property_dependencies(self) -> Mapping[str, frozenset[str]]:
        """The URNs behind each input."""
        return {key: frozenset(value.urns) for key, value in self.request.propertyDependencies.items()}

    @property
    def delete_before_replace(self) -> bool:
        """Whether the old one goes before the new one comes."""
        return self.request.deleteBeforeReplace

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names and URNs it had before."""
        return tuple(alias.urn or alias.spec.name for alias in self.request.aliases)

    @property
    def timeouts(self) -> Mapping[str, str]:
        """The bounds of `create`, `update` and `delete` as said (`10m`); none where the provider's hold."""
        limits = self.request.customTimeouts
        bounds = {"create": limits.create, "update": limits.update, "delete": limits.delete}
        return {key: value for key, value in bounds.items() if value}


class Recorder(mocks.MockMonitor):
    """A monitor that answers every request and keeps it."""

    result: Any = None
    """What the program returned, outputs resolved, UNKNOWN where they are."""

    def __init__(
        self,
        *,
        stack: str,
        preview: bool,
        answers: Mapping[str, Answer],
        calls: Mapping[str, Mapping[str, object]],
        state: Mapping[str, Mapping[str, object]],
    ) -> None:
        self.preview = preview
        self._stack, self._state = stack, state
        self.calls: list[str] = []
        """The tokens of the provider functions that were called."""
        self._answers, self._call_answers = answers, calls
        self._registered: dict[str, Resource] = {}
        self._outputs: dict[str, Mapping[str, Any]] = {}

    @property
    def registered(self) -> tuple[Resource, ...]:
        """Everything but the stack, ordered by URN: the order of arrival is nobody's promise."""
        return tuple(
            self._registered[urn]
            for urn in sorted(self._registered)
            if self._registered[urn].type != "pulumi:pulumi:Stack"
        )

    @property
    def stack(self) -> Resource:
        """The stack itself, which is the parent of what has no other."""
        return next(
            resource for resource in self._registered.values() if resource.type == "pulumi:pulumi:Stack"
        )

    @property
    def exports(self) -> Mapping[str, Any]:
        """The stack's outputs."""
        return self.outputs(self.stack)

    def of(self, type: str) -> tuple[Resource, ...]:
        """The resources of a type, whose token may be cut short: `networking/port:Port`, `Port`."""
        return tuple(
            resource
            for resource in self.registered
            if resource.type == type or resource.type.endswith((f":{type}", f"/{type}"))
        )

    def one(self, type: str, name: str | None = None) -> Resource:
        """The only resource of a type, or the one of that name in the program.

        Raises:
            LookupError: there is none, or more than one.
        """
        found = [resource for resource in self.of(type) if name in (None, resource.name)]
        if len(found) != 1:
            listed = ", ".join(f"{resource.type} {resource.name}" for resource in self.registered)
            raise LookupError(f"{len(found)} resources are {type} {name or ''}; there are: {listed}")
        return found[0]

    def outputs(self, resource: Resource) -> Mapping[str, Any]:
        """What a component registered as its outputs.

        Raises:
            LookupError: it registered none, so that Pulumi never learns that it is complete.
        """
        return self._outputs[resource.urn]

    def after(self, resource: Resource) -> frozenset[str]:
        """The URNs of everything that exists before it, directly or through others."""
        seen: set[str] = set()
        todo = list(resource.dependencies)
        while todo:
            urn = todo.pop()
            if urn not in seen:
                seen.add(urn)
                todo.extend(self._registered[urn].dependencies)
        return frozenset(seen)

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine makes it: the parents' types in a row, without the stack's."""
        chain = parent.split("::")[2] if parent else ""
        qualified = type_ if chain in ("", "pulumi:pulumi:Stack") else f"{chain}${type_}"
        return f"urn:pulumi:{self._stack}::{PROJECT}::{qualified}::{name}"

    def RegisterResource(  # noqa: N802 - the name of the call in Pulumi's protocol
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Keeps the request and answers as a provider would: nothing has an id before it is made."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self._registered:
            raise ValueError(f"{urn} is registered twice")
        resource = Resource(urn, request, _plain_struct(request.object))
        self._registered[urn] = resource
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        if not self.preview:
            answer = self._answers.get(request.type, {})
            state.update(dict(answer(resource) if callable(answer) else answer))
        has_id = request.custom and not self.preview
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=f"{request.name}-id" if has_id else "", object=state
        )

    def RegisterResourceOutputs(  # noqa: N802 - as above
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Keeps what a component says it is made of."""
        self._outputs[request.urn] = _plain_struct(request.outputs)
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802 - as above
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Keeps the call; refuses it unless the test has an answer, since most need credentials.

        The engine's own function is no call: it tells the state that the test gave.
        """
        if request.tok == STATE:
            state = struct_pb2.Struct()
            state.update({"name": self._stack, "outputs": dict(self._state)})
            return resource_pb2.ResourceInvokeResponse(**{"return": state})
        self.calls.append(request.tok)
        if request.tok not in self._call_answers:
            raise ValueError(f"the program calls the provider function {request.tok}")
        returned = struct_pb2.Struct()
        returned.update(dict(self._call_answers[request.tok]))
        return resource_pb2.ResourceInvokeResponse(**{"return": returned})


def build(
    program: Callable[[], object],
    *,
    preview: bool = False,
    answers: Mapping[str, Answer] | None = None,
    calls: Mapping[str, Mapping[str, object]] | None = None,
    config: Mapping[str, str] | None = None,
    stack: str = "test",
    state: Mapping[str, Mapping[str, object]] | None = None,
) -> Recorder:
    """Runs a program and returns what it registered.

    Args:
        program: builds resources; what it returns is resolved into `result`, in dicts and lists too.
        preview: ids and everything that only a provider could tell are unknown.
        answers: by type token, what a provider adds to the inputs. Without it, what was not said is None.
        calls: by function token, what a provider function returns. A call without an answer fails.
        config: the stack's configuration, keys with their namespace.
        state: what the stack's state holds, `{"type": ..., "outputs": {...}}` by URN; nothing at first.

    Raises:
        TimeoutError: it waits for something that never comes.
        Exception: whatever the program or a registration raised.
    """
    recorder = Recorder(
        stack=stack, preview=preview, answers=answers or {}, calls=calls or {}, state=state or {}
    )

    async def run() -> None:
        # A refusal reaches everything that waits for an Output, and is raised once. Told by the garbage
        # collector again, it would be formatted in the middle of whatever runs then.
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        settings.ROOT.set(None)
        settings.configure(
            settings.Settings(
                project=PROJECT,
                stack=stack,
                organization="organization",
                root_directory=".",
                monitor=recorder,
                engine=mocks.MockEngine(logging.getLogger("pulumi")),
                dry_run=preview,
            )
        )
        pulumi_config.set_all_config(dict(config or {}))
        await asyncio.wait_for(run_in_stack(resolve), SECONDS)

    def resolve() -> Awaitable[None]:
        returned = program()

        async def settle() -> None:
            recorder.result = await _settled(returned)

        return settle()

    # All that Pulumi keeps between resources lives in context variables: a new context is a new runtime.
    contextvars.copy_context().run(asyncio.run, run())
    return recorder


async def _settled(value: object) -> object:
    if isinstance(value, pulumi.Output):
        return await _settled(await value.future()) if await value.is_known() else UNKNOWN
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: await _settled(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [await _settled(item) for item in value]
    return value


def _plain_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    return {key: _plain(value) for key, value in struct.fields.items()}


def _plain(value: struct_pb2.Value) -> object:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        # Looking a key up in a protobuf map would make it.
        marked = rpc._special_sig_key in fields
        if marked and fields[rpc._special_sig_key].string_value == rpc._special_secret_sig:
            return Secret(_plain(fields["value"]))
        return _plain_struct(value.struct_value)
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None
