"""A tool appears whole or not at all, from the first source that serves it, and is then left alone."""

import dataclasses
import lzma

import pytest

from tools import places
from tools.toolchain import build, install, look
from tools.toolchain.catalogue import TOOLS
from tools.toolchain.choose import Found, Machine, Platform, Source, Unavailable

LINUX = Platform("linux", "amd64")


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTICO_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("PORTICO_TOOL_CACHE", raising=False)
    return tmp_path


@pytest.fixture
def machine(monkeypatch):
    """Say what is found on the machine; how often it was looked at."""
    looks = []

    def found(**values):
        def answer(_):
            looks.append(1)
            return Machine(LINUX, **values)

        monkeypatch.setattr(look, "machine", answer)
        return looks

    return found


@pytest.fixture
def builds(monkeypatch):
    """Builds that only write a file; how many there were."""
    done = []

    def pretend(tool, how, folder):
        done.append(tool.name)
        (folder / tool.file.rsplit("/", 1)[1]).write_text("built")

    monkeypatch.setattr(build, "build", pretend)
    return done


def test_a_built_tool_is_not_built_again(machine, builds):
    looks = machine(go=True)
    install.ensure(["hyperkube"])
    install.ensure(["hyperkube"])
    assert builds == ["hyperkube"]
    assert len(looks) == 1
    assert install.path(TOOLS["hyperkube"]).read_text() == "built"


def test_a_tool_whose_sources_changed_is_built_again(machine, builds, monkeypatch):
    machine(go=True)
    install.ensure(["hyperkube"])
    monkeypatch.setattr(build, "content", lambda how: "changed")
    install.ensure(["hyperkube"])
    assert builds == ["hyperkube", "hyperkube"]


def test_a_tool_of_an_older_version_is_replaced(machine, builds, monkeypatch):
    machine(go=True)
    install.ensure(["hyperkube"])
    newer = dataclasses.replace(TOOLS["hyperkube"], version="1.36.0")
    assert install.installed(newer) is None


def test_a_tool_that_was_deleted_is_fetched_again(machine, builds):
    machine(go=True)
    install.ensure(["hyperkube"])
    install.path(TOOLS["hyperkube"]).unlink()
    install.ensure(["hyperkube"])
    assert len(builds) == 2


def test_a_damaged_cache_file_leads_to_the_next_source(machine, builds, data, monkeypatch):
    monkeypatch.setenv("PORTICO_TOOL_CACHE", str(data))
    packed = data / "hyperkube-1.35.4-linux-amd64.xz"
    packed.write_bytes(lzma.compress(b"x" * 100)[:20])
    machine(cached=frozenset({packed.name}), go=True)
    install.ensure(["hyperkube"])
    assert install.installed(TOOLS["hyperkube"]).source is Source.BUILD


def test_a_program_of_the_machine_is_linked_with_what_belongs_to_it(machine, data):
    folder = data / "theirs"
    folder.mkdir()
    for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
        (folder / name).write_text(name)
    found = {name: Found(str(folder / name), "3.300.0") for name in ("pulumi", "pulumi-language-python")}
    machine(found=found)
    install.ensure(["pulumi", "pulumi-language-python"])
    for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
        assert (places.tools() / "bin" / name).resolve() == folder / name


def test_every_tool_that_cannot_be_had_is_named_with_its_reasons_and_a_remedy(machine, monkeypatch):
    machine()

    def refuse(*_):
        raise Unavailable("github.com cannot be reached")

    monkeypatch.setattr("tools.toolchain.fetch.Downloads.fetch", refuse)
    with pytest.raises(install.ToolsError) as caught:
        install.ensure(["hyperkube", "traefik"])
    words = str(caught.value)
    assert "hyperkube 1.35.4 could not be had" in words
    assert "the official download: upstream publishes none" in words
    assert "traefik 3.7.9 could not be had" in words
    assert "the official download: github.com cannot be reached" in words
    assert "remedy: install Go" in words


def test_what_a_killed_run_left_does_not_reach_the_tools(machine, builds):
    left = places.tools() / ".staging" / "hyperkube" / "half-a-file"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    machine(go=True)
    install.ensure(["hyperkube"])
    assert not left.exists()
    assert sorted(file.name for file in install.path(TOOLS["hyperkube"]).parent.iterdir()) == ["hyperkube"]


def test_a_failed_build_leaves_nothing_behind(machine, monkeypatch):
    machine(go=True)

    def fail(tool, how, folder):
        (folder / "hyperkube").write_text("half")
        raise Unavailable("go build failed")

    monkeypatch.setattr(build, "build", fail)
    with pytest.raises(install.ToolsError, match="go build failed"):
        install.ensure(["hyperkube"])
    assert not install.path(TOOLS["hyperkube"]).exists()
    assert list((places.tools() / ".staging").iterdir()) == []
