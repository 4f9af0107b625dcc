"""The pages can be read: narrow lines, a page with a picture and a stack file for each way in."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from portico.kinds.table import KINDS, TYPES
from tests.unit.docs.mermaid import BLOCK, pictures

CHECKOUT = Path(__file__).parents[3]
README = (CHECKOUT / "README.md").read_text()
WRITTEN_BY_A_COMMAND = ("docs/measurements.md", "docs/settings.md")
PAGES = [
    page
    for page in sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
    if str(page.relative_to(CHECKOUT)) not in WRITTEN_BY_A_COMMAND
]
COMMENTED = sorted([*CHECKOUT.glob("stacks/*.yaml"), *CHECKOUT.glob("examples/*/*.yaml")])
WIDTH, ROW = 110, 130
"""Columns of a line, and of a row of a table, which cannot be broken."""
WAY = ("client", "address", "balancer", "port", "controller", "pod")
"""The parts of a packet's way, from the client on."""


def name(page):
    return str(page.relative_to(CHECKOUT))


def row(kind):
    """The kind's row in the README's table of platforms."""
    (line,) = [line for line in README.splitlines() if line.startswith(f"| `{kind}` |")]
    return line


def page_of(kind):
    (link,) = re.findall(r"\]\((docs/\S+\.md)\)", row(kind))
    return (CHECKOUT / link).read_text()


def within(shown, whole):
    """Whether everything shown is in the whole, mappings key by key."""
    if isinstance(shown, dict):
        return isinstance(whole, dict) and all(within(shown[key], whole.get(key)) for key in shown)
    return shown == whole


@pytest.mark.parametrize("page", [*PAGES, *COMMENTED], ids=name)
def test_no_line_is_too_wide(page):
    lines = enumerate(page.read_text().splitlines(), 1)
    wide = [(number, len(line)) for number, line in lines if len(line) > (ROW if line[:1] == "|" else WIDTH)]
    assert wide == [], "(line, columns)"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_begins_with_its_one_title(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    titles = [line for line in text.splitlines() if line.startswith("# ")]
    assert [text.splitlines()[0]] == titles


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_link_into_a_page_leads_to_a_heading(page):
    for target, anchor in re.findall(r"\]\((?!https?://)([^)#]*)#([^)]+)\)", page.read_text()):
        linked = (page.parent / target) if target else page
        headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *COMMENTED], ids=name)
def test_a_file_that_is_named_exists(page):
    named = set(re.findall(r"(?<![\w/.-])((?:components|sandbox|tests|tools)/[\w/.-]*\w)", page.read_text()))
    assert [file for file in named if not (CHECKOUT / file).exists()] == []


def test_a_page_that_the_code_names_exists():
    folders = ("components", "sandbox", "tests", "tools")
    code = [file for folder in folders for file in (CHECKOUT / folder).rglob("*.py")]
    named = {link for file in code for link in re.findall(r"docs/[\w/.-]+\.md\b", file.read_text())}
    assert "docs/lb-host.md" in named
    assert [link for link in named if not (CHECKOUT / link).exists()] == []


@pytest.mark.parametrize("kind", TYPES)
def test_each_way_in_shows_a_packets_way_from_the_client_to_the_pod(kind):
    ways = [picture for picture in pictures(page_of(kind)) if picture.type == "flowchart"]
    assert len(ways) == len([entry for entry in KINDS if entry.type == kind])
    for way in ways:
        assert way.parts == WAY
        assert way.steps == tuple(pairwise(WAY))


def test_the_failover_of_the_pair_is_drawn():
    (failover,) = [
        picture for picture in pictures(page_of("openstack-haproxy")) if picture.type == "sequenceDiagram"
    ]
    assert {"host1", "host2"} <= set(failover.parts)


@pytest.mark.parametrize("kind", TYPES)
def test_each_way_in_says_what_it_needs_builds_and_cannot_do(kind):
    headings = re.findall(r"^## (.+)$", page_of(kind), re.MULTILINE)
    assert {"What it needs", "What is built", "What it cannot do"} <= set(headings)


@pytest.mark.parametrize("kind", TYPES)
def test_the_settings_on_the_page_of_a_way_in_are_those_of_its_stack_file(kind):
    (file,) = re.findall(r"`(stacks/\S+)`", row(kind))
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", page_of(kind), re.DOTALL | re.MULTILINE)
    assert f"](../{file})" in page_of(kind)
    assert within(yaml.safe_load(shown), yaml.safe_load((CHECKOUT / file).read_text()))


@pytest.mark.parametrize("page", [page for page in PAGES if BLOCK.search(page.read_text())], ids=name)
def test_every_picture_can_be_read(page):
    assert list(pictures(page.read_text()))


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ('flowchart TB\n    a["A"]\n    a -->|"b"| c\n', "not declared: c"),
        ("flowchart TB\n    a[A]\n", "neither a part nor an arrow"),
        ("sequenceDiagram\n    participant a\n    a->>b: asks\n", "not declared: b"),
        ("sequenceDiagram\n    participant a\n    a->b\n", "neither a participant"),
        ("pie\n", "no picture"),
    ],
)
def test_a_picture_with_a_slip_is_noticed(block, complaint):
    with pytest.raises(ValueError, match=complaint):
        list(pictures(f"```mermaid\n{block}```\n"))


def test_every_change_ends_with_what_the_next_up_does():
    text = (CHECKOUT / "CHANGELOG.md").read_text()
    entries = [" ".join(entry.split()) for entry in re.findall(r"^- (.+?)(?=^- |^#|\Z)", text, re.M | re.S)]
    assert entries
    assert [entry for entry in entries if not re.search(r"Next `up`: [^.]+\.$", entry)] == []
