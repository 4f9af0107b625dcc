"""The component package: its schema, as the engine asks for it, and what arrives from other languages."""

import json
import keyword
import subprocess
import sys
from contextlib import contextmanager

import grpc
import pulumi
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from portico import package
from portico.settings import Settings
from tools import places
from tools.make.declared import every_section, keys

NODE = "NodeAddress"
"""Travels as anything: a node is `{name, address}` or an address alone."""


@contextmanager
def host():
    """The component host as the engine starts it; the address that it answers on."""
    command = [sys.executable, str(places.CHECKOUT / "components"), "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def schema():
    with host() as address, grpc.insecure_channel(address) as channel:
        provider = provider_pb2_grpc.ResourceProviderStub(channel)
        answer = provider.GetSchema(provider_pb2.GetSchemaRequest(), timeout=60)
    return json.loads(answer.schema)


def described():
    """By type and key: each setting's text in the reference. A key that a class cannot spell has none."""
    return {
        ("Settings" if section is Settings else section.__name__, key.name): key.text
        for section in every_section()
        for key in keys(section)
        if section.__name__ != NODE and not keyword.iskeyword(key.name)
    }


def test_the_schema_names_the_package_and_its_component(schema):
    assert schema["name"] == "portico"
    assert schema["version"] != "0.0.0"
    assert list(schema["resources"]) == ["portico:index:Exposure"]
    assert schema["resources"]["portico:index:Exposure"]["isComponent"]


def test_every_setting_is_an_input_with_its_description(schema):
    door = schema["resources"]["portico:index:Exposure"]
    told = {("Settings", key): entry for key, entry in door["inputProperties"].items()}
    for token, section in schema["types"].items():
        told |= {(token.rpartition(":")[2], key): entry for key, entry in section["properties"].items()}
    texts = {where: entry.get("description") for where, entry in told.items()}
    texts = {where: text.removesuffix(" Required.") for where, text in texts.items() if text}
    expected = {where: text.removesuffix(" Required.") for where, text in described().items()}
    assert texts == expected


def test_every_output_has_a_description(schema):
    outputs = schema["resources"]["portico:index:Exposure"]["properties"]
    assert set(outputs) == {"address", "url", "answer", "nodePorts", "details"}
    assert all(entry["description"] for entry in outputs.values())


def test_whole_numbers_of_other_languages_are_whole_again():
    later = object()  # stands for an Output: carried as it is
    told = {"wait": {"minutes": 10.0}, "nodes": {"addresses": ["10.0.0.1", later]}, "odd": 1.5, "on": True}
    assert package.arguments(told) == {
        "wait": {"minutes": 10},
        "nodes": {"addresses": ["10.0.0.1", later]},
        "odd": 1.5,
        "on": True,
    }
    assert isinstance(package.arguments(told)["wait"]["minutes"], int)


def test_a_mistake_is_a_wrong_input_and_no_traceback(monkeypatch):
    def refused(*_, **__):
        raise pulumi.RunError("the settings of shop: 1 setting is wrong")

    monkeypatch.setattr(package.exposure, "Exposure", refused)
    with pytest.raises(pulumi.InputPropertiesError, match="1 setting is wrong") as raised:
        package.Package().construct("shop", "portico:index:Exposure", {})
    assert raised.value.errors == [], "with None the SDK answers with an error of its own"
