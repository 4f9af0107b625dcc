"""The table of tools agrees with the packages and the sources that it speaks of."""

import re
import tomllib

import pytest

from tools.places import CHECKOUT
from tools.toolchain.build import SOURCES
from tools.toolchain.catalogue import TOOLS

BUILT = [tool for tool in TOOLS.values() if tool.build]


def packages():
    project = tomllib.loads((CHECKOUT / "components" / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["aws"]]
    return dict(line.split("==") for line in wanted if "==" in line)


@pytest.mark.parametrize(
    ("tool", "package"),
    [
        ("pulumi", "pulumi"),
        ("pulumi-language-python", "pulumi"),
        ("pulumi-resource-openstack", "pulumi-openstack"),
        ("pulumi-resource-kubernetes", "pulumi-kubernetes"),
        ("pulumi-resource-aws", "pulumi-aws"),
    ],
)
def test_a_plugin_has_the_version_of_its_package(tool, package):
    assert TOOLS[tool].version == packages()[package]


@pytest.mark.parametrize("package", ["pulumi", "pulumi-openstack", "pulumi-kubernetes"])
def test_the_program_pins_the_version_that_the_package_asks_for(package):
    pinned = re.search(rf"^{package}==(\S+)", (CHECKOUT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert pinned[1] == packages()[package]


@pytest.mark.parametrize("tool", BUILT, ids=lambda tool: tool.name)
def test_what_is_built_has_its_sums_committed(tool):
    folder = SOURCES / tool.build.folder
    assert (folder / "go.mod").is_file()
    assert (folder / "go.sum").is_file()


@pytest.mark.parametrize("tool", BUILT, ids=lambda tool: tool.name)
def test_a_package_of_another_module_is_named_in_go_mod(tool):
    module = (SOURCES / tool.build.folder / "go.mod").read_text()
    assert tool.build.package == "." or re.search(rf"^(tool )?\s*{tool.build.package}$", module, re.MULTILINE)


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_no_tool_hides_a_program_of_the_system(tool):
    assert tool.file not in ("bin/whoami", "bin/controller", "bin/speaker")
