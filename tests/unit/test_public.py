"""The public door: what a program imports from portico."""

import subprocess
import sys

import pytest

import portico
from portico import package


def test_the_public_names_are_these_and_each_is_there():
    assert portico.__all__ == ["Exposure", "ExposureArgs", "Problem", "Refused"]
    assert all(getattr(portico, name).__name__ == name for name in portico.__all__)


def test_a_door_tells_what_the_package_tells_and_why():
    told = {name for name in portico.Exposure.__annotations__ if not name.startswith("_")}
    assert told == {"address", "url", "answer", "node_ports", "details", "reasons"}
    assert told == {*package.Exposure.__annotations__, "reasons"}


def test_any_other_name_is_missing_as_in_every_module():
    with pytest.raises(AttributeError, match="module 'portico' has no attribute 'exposed'"):
        portico.exposed  # noqa: B018 - it is asked for to be refused


def test_importing_the_package_alone_imports_no_pulumi():
    said = subprocess.run(
        [sys.executable, "-c", "import portico, sys; print('pulumi' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "False\n"
