"""An `up` in a hurry, whose words are kept."""

from types import SimpleNamespace as Thing

import pulumi
import pytest

from portico.serving import waiting

NOBODY: pulumi.Resource = Thing()
"""The component that a line on progress belongs to."""


@pytest.fixture
def logged(monkeypatch):
    said = []
    monkeypatch.setattr(pulumi.log, "info", lambda text, *_: said.append(text))
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: said.append(text))
    return said


@pytest.fixture(autouse=True)
def an_up(monkeypatch, logged):
    monkeypatch.setattr(waiting, "PAUSE", 0.01)
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
