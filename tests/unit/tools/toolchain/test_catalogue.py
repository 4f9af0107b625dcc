"""The table of tools agrees with the packages and the sources that it speaks of."""

import re
import tomllib
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.places import CHECKOUT
from tools.toolchain.build import SOURCES
from tools.toolchain.catalogue import TOOLS

BUILT = [tool for tool in TOOLS.values() if tool.build]


LOCK = {
    canonicalize_name(name): version
    for name, version in re.findall(
        r"^(\S+)==(\S+)$", (CHECKOUT / "requirements-lock.txt").read_text(), re.MULTILINE
    )
}
"""Every package that was tested, and its version."""


def requirements(file):
    """What a pyproject.toml asks for, its extras included."""
    project = tomllib.loads(file.read_text())["project"]
    extras = project.get("optional-dependencies", {}).values()
    return [Requirement(line) for line in chain(project["dependencies"], *extras)]


def numbers(version):
    return tuple(int(part) for part in version.split("."))


@pytest.mark.parametrize("package", ["openstack", "kubernetes", "aws"])
def test_a_plugin_has_the_version_of_its_package_in_the_lock(package):
    assert TOOLS[f"pulumi-resource-{package}"].version == LOCK[f"pulumi-{package}"]


@pytest.mark.parametrize("tool", ["pulumi", "pulumi-language-python"])
def test_the_engine_is_at_least_as_new_as_the_sdk_and_of_its_major_version(tool):
    engine, sdk = numbers(TOOLS[tool].version), numbers(LOCK["pulumi"])
    assert engine >= sdk
    assert engine[0] == sdk[0]


@pytest.mark.parametrize("part", ["components", "sandbox"])
def test_what_was_tested_is_in_the_range_that_a_part_asks_for(part):
    wanted = requirements(CHECKOUT / part / "pyproject.toml")
    assert wanted
    assert [need for need in wanted if LOCK[canonicalize_name(need.name)] not in need.specifier] == []


def test_the_package_fits_into_a_program_with_versions_of_its_own():
    """A pin would refuse every other version of a package that the program has already."""
    wanted = requirements(CHECKOUT / "components" / "pyproject.toml")
    assert [need for need in wanted if "==" in str(need.specifier)] == []


@pytest.mark.parametrize("tool", BUILT, ids=lambda tool: tool.name)
def test_what_is_built_has_its_sums_committed(tool):
    folder = SOURCES / tool.build.folder
    assert (folder / "go.mod").is_file()
    assert (folder / "go.sum").is_file()


@pytest.mark.parametrize("tool", BUILT, ids=lambda tool: tool.name)
def test_a_package_of_another_module_is_named_in_go_mod(tool):
    module = (SOURCES / tool.build.folder / "go.mod").read_text()
    ours = (SOURCES / tool.build.folder / tool.build.package).is_dir()
    assert ours or re.search(rf"^(tool )?\s*{tool.build.package}$", module, re.MULTILINE)


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_no_tool_hides_a_program_of_the_system(tool):
    assert tool.file not in ("bin/whoami", "bin/controller", "bin/speaker")
