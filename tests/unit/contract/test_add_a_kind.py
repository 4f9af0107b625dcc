"""docs/add-a-kind.md, followed: what it says a new kind and a new controller take is all that they take."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
PACKAGE = CHECKOUT / "components" / "portico"
GUIDE = (CHECKOUT / "docs" / "add-a-kind.md").read_text()
BLOCK = re.compile(r"^```python\n# ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

STACK = """
from portico import testing
from portico.exposure import Exposure

SAID = {
    "nodes": {"from": "addresses", "addresses": ["10.20.0.11"]},
    "ingress": {"controller": %(controller)r, "nodePorts": {"http": 30080}},
    "loadBalancer": {"type": %(type)r, "listeners": [{"name": "http", "port": 80}], **%(sections)r},
}
recorded = testing.build(lambda: Exposure("portico", SAID), preview=True)
print(*sorted(resource.type for resource in recorded.registered), sep="\\n")
"""


@dataclass(frozen=True)
class Copy:
    """A package of its own, in which the guide is followed."""

    package: Path

    def write(self, begin: str) -> None:
        """Every file of the guide whose path begins so, in a folder with an empty `__init__.py`."""
        for title, text in BLOCK.findall(GUIDE):
            if title.startswith(begin):
                file = self.package / title
                file.parent.mkdir(exist_ok=True)
                (file.parent / "__init__.py").touch()
                file.write_text(text)

    def add_row(self, table: str, file: str) -> None:
        """The row of the guide, as the table's last."""
        (row,) = [text for title, text in BLOCK.findall(GUIDE) if title == f"a row of {table} in {file}"]
        before = (self.package / file).read_text()
        after = re.sub(rf"(^{table}: .*?)(^\)$)", rf"\1{row}\2", before, count=1, flags=re.M | re.S)
        (self.package / file).write_text(after)

    def differs(self) -> dict[str, str]:
        """By path: `new`, or how a file that was there has changed."""
        return dict(self._differs())

    def _differs(self) -> Iterator[tuple[str, str]]:
        for file in sorted(self.package.rglob("*.py")):
            path = file.relative_to(self.package)
            if not (PACKAGE / path).exists():
                yield str(path), "new"
            elif (before := (PACKAGE / path).read_text().splitlines()) != (
                after := file.read_text().splitlines()
            ):
                added = len(after) - len(before)
                head = next(at for at, line in enumerate(after) if line != before[at])
                untouched = after[:head] + after[head + added :] == before
                yield str(path), "a row" if untouched else "rewritten"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        environment |= {"PYTHONPATH": str(self.package.parent), "HOME": str(self.package.parent)}
        environment.pop("KUBECONFIG", None)
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.package.parent,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    package = tmp_path / "portico"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    return Copy(package)


def registered(copy: Copy, **stack: object) -> list[str]:
    ended = copy.run("-c", STACK % {"controller": "traefik", "sections": {}, **stack})
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_a_new_kind_is_a_folder_and_a_row_and_keeps_the_contract(copy: Copy) -> None:
    copy.write("kinds/toy/")
    copy.add_row("KINDS", "kinds/table.py")
    assert copy.differs() == {
        "kinds/table.py": "a row",
        "kinds/toy/__init__.py": "new",
        "kinds/toy/component.py": "new",
        "kinds/toy/plan.py": "new",
    }
    (test,) = [text for title, text in BLOCK.findall(GUIDE) if title == "test_toy.py"]
    (copy.package.parent / "test_toy.py").write_text(test)
    ended = copy.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_toy.py")
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout


def test_a_stack_file_that_names_the_new_kind_is_previewed(copy: Copy) -> None:
    copy.write("kinds/toy/")
    copy.add_row("KINDS", "kinds/table.py")
    types = registered(copy, type="toy")
    assert "portico:index:Toy" in types
    assert "openstack:networking/floatingIp:FloatingIp" in types
    assert "pulumi:providers:openstack" in types


def test_a_new_ingress_controller_is_a_folder_and_a_row(copy: Copy) -> None:
    copy.write("ingress/toy/")
    copy.add_row("CONTROLLERS", "ingress/table.py")
    assert copy.differs() == {
        "ingress/table.py": "a row",
        "ingress/toy/__init__.py": "new",
        "ingress/toy/component.py": "new",
        "ingress/toy/objects.py": "new",
    }
    where = {"openstack": {"network": "k8s", "public": False}}
    types = registered(copy, type="octavia", controller="toy", sections=where)
    assert "portico:index:Toy" in types
    assert "portico:index:Traefik" not in types
    assert types.count("kubernetes:core/v1:Service") == 1
