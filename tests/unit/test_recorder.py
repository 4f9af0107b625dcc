"""The recorder shows what Pulumi is really asked for: were it wrong, no green test would mean anything."""

from __future__ import annotations

import pulumi
import pytest

from portico.testing.recorder import UNKNOWN, Secret, build


class Thing(pulumi.CustomResource):
    """A resource of no provider."""

    size: pulumi.Output[int]
    address: pulumi.Output[str]

    def __init__(
        self, name: str, props: dict[str, object], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("test:index:Thing", name, {"address": None, **props}, opts)


class Group(pulumi.ComponentResource):
    """A component with one child."""

    def __init__(self, name: str) -> None:
        super().__init__("test:index:Group", name)
        thing = Thing(f"{name}-thing", {"size": 1}, pulumi.ResourceOptions(parent=self))
        self.register_outputs({"size": thing.size})


def test_a_request_is_kept_with_its_options() -> None:
    def program() -> None:
        first = Thing("first", {"size": 1})
        Thing(
            "second",
            {"size": first.size},
            pulumi.ResourceOptions(
                delete_before_replace=True,
                aliases=[pulumi.Alias(name="old")],
                custom_timeouts=pulumi.CustomTimeouts(create="10m"),
            ),
        )

    recorded = build(program)
    first, second = recorded.one("Thing", "first"), recorded.one("Thing", "second")
    assert second.inputs["size"] == 1
    assert second.delete_before_replace
    assert not first.delete_before_replace
    assert second.aliases == ("old",)
    assert second.timeouts == {"create": "10m"}
    assert second.dependencies == {first.urn}
    assert second.property_dependencies["size"] == {first.urn}


def test_a_child_names_its_parent_and_a_component_its_outputs() -> None:
    recorded = build(lambda: Group("group"))
    group, thing = recorded.one("Group"), recorded.one("Thing")
    assert thing.parent == group.urn
    assert thing.urn == "urn:pulumi:test::portico::test:index:Group$test:index:Thing::group-thing"
    assert group.parent == recorded.stack.urn
    assert recorded.outputs(group) == {"size": 1}


def test_a_preview_knows_inputs_and_nothing_that_a_provider_would_add() -> None:
    def program() -> dict[str, object]:
        thing = Thing("thing", {"size": 1})
        return {"size": thing.size, "id": thing.id, "address": thing.address, "both": [thing.size, thing.id]}

    preview = build(program, preview=True, answers={"test:index:Thing": {"address": "192.0.2.1"}})
    assert preview.result == {"size": 1, "id": UNKNOWN, "address": UNKNOWN, "both": [1, UNKNOWN]}
    update = build(
        program, answers={"test:index:Thing": lambda thing: {"address": f"192.0.2.{thing.inputs['size']}"}}
    )
    assert update.result == {"size": 1, "id": "thing-id", "address": "192.0.2.1", "both": [1, "thing-id"]}


def test_exports_unknown_values_and_secrets_can_be_told_apart() -> None:
    def program() -> None:
        pulumi.export("plain", "value")
        Thing("thing", {"token": pulumi.Output.secret("s3cret"), "later": pulumi.Output.from_input(UNKNOWN)})

    recorded = build(program)
    assert recorded.exports == {"plain": "value"}
    assert recorded.one("Thing").inputs["token"] == Secret("s3cret")
    assert recorded.one("Thing").inputs["later"] is UNKNOWN


def test_looking_at_a_request_does_not_change_it() -> None:
    recorded = build(lambda: Thing("thing", {"parts": [{"size": 1}]}))
    request = recorded.one("Thing").request
    assert list(request.object.fields["parts"].list_value.values[0].struct_value.fields) == ["size"]


def test_two_resources_of_one_urn_are_refused_as_by_the_engine() -> None:
    def program() -> None:
        Thing("thing", {})
        Thing("thing", {})

    with pytest.raises(ValueError, match="registered twice"):
        build(program)


def test_a_provider_function_is_refused_unless_the_test_answers_it() -> None:
    def program() -> object:
        return pulumi.runtime.invoke_output("test:index:find", {})

    with pytest.raises(Exception, match="calls the provider function test:index:find"):
        build(program)
    recorded = build(program, calls={"test:index:find": {"id": "1"}})
    assert recorded.calls == ["test:index:find"]


def test_builds_share_nothing() -> None:
    def program() -> str | None:
        Thing("thing", {})
        return pulumi.Config("portico").get("key")

    assert build(program, config={"portico:key": "one"}).result == "one"
    second = build(program)
    assert second.result is None
    assert len(second.registered) == 1


def test_what_a_program_raises_comes_out() -> None:
    def program() -> None:
        raise RuntimeError("as written")

    with pytest.raises(RuntimeError, match="as written"):
        build(program)
