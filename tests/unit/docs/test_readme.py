"""What the README shows is what there is. Its commands are run by tests/engine and by `make` itself in CI."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from portico import settings
from portico.kinds.table import TYPES

CHECKOUT = Path(__file__).parents[3]
PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
README = (CHECKOUT / "README.md").read_text()


def sections(text):
    """The settings of a stack file, as the program reads them."""
    config = yaml.safe_load(text)["config"]
    return {
        key.removeprefix("portico:"): value for key, value in config.items() if key.startswith("portico:")
    }


def test_the_stack_file_on_the_first_screen_is_accepted():
    (shown,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert settings.parse(sections(shown), "README.md").apps[0].name == "shop"


@pytest.mark.parametrize("file", sorted(CHECKOUT.glob("stacks/*.yaml")), ids=lambda file: file.stem)
def test_every_stack_file_is_accepted(file):
    settings.parse(sections(file.read_text()), file.name)


def test_every_kind_is_in_the_table_and_names_a_stack_file_of_its_own():
    for kind in TYPES:
        (row,) = [line for line in README.splitlines() if line.startswith(f"| `{kind}` |")]
        (file,) = re.findall(r"`(stacks/\S+)`", row)
        assert f"type: {kind}" in (CHECKOUT / file).read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_make_target_that_is_named_exists(page):
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE))
    shown = subprocess.run(["make", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert [target for target in named if not re.search(rf"^\s*{target}\b", shown, re.MULTILINE)] == []


def test_nobody_is_told_to_install_a_strangers_package():
    """PyPI's `portico` is not this one, which is published nowhere yet."""
    folders = ("components", "docs", "examples", "stacks")
    files = [file for folder in folders for file in (CHECKOUT / folder).rglob("*") if file.is_file()]
    kinds = (".md", ".py", ".toml", ".txt", ".yaml")
    texts = [file.read_text() for file in [*PAGES, *CHECKOUT.glob("*.txt"), *files] if file.suffix in kinds]
    lines = [
        line for text in texts for line in text.splitlines() if "pip install" in line or " @ git+" in line
    ]
    stranger = re.compile(r"(^|[\s\"'`])portico(\[[\w,]+\])?([=<>~!]=\S*)?([\s\"'`]|$)")
    assert any("./components[aws]" in line for line in lines)
    assert any("./components[openstack]" in line for line in lines)
    assert [line for line in lines if stranger.search(line)] == []


def test_the_package_has_a_name_that_is_nobodys():
    assert tomllib.loads((CHECKOUT / "components/pyproject.toml").read_text())["project"]["name"] == (
        "pulumi-portico"
    )
