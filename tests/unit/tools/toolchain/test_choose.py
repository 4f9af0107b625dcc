"""Which source a tool comes from."""

import pytest

from tools.toolchain.catalogue import TOOLS, OnPath
from tools.toolchain.choose import Found, Machine, Platform, Source, cache_file, route, usable

LINUX = Platform("linux", "amd64")
PULUMI = TOOLS["pulumi"]
CACHED = frozenset({"pulumi-3.274.1-linux-amd64.xz"})
NEWER = Found("/usr/local/bin/pulumi", "3.300.1")


def sources(name, machine):
    return [attempt.source for attempt in route(TOOLS[name], machine).attempts]


def left_out(name, machine):
    return {attempt.source: attempt.because for attempt in route(TOOLS[name], machine).left_out}


def test_what_is_on_the_machine_comes_before_cache_download_and_build():
    machine = Machine(LINUX, {"pulumi": NEWER}, CACHED, go=True)
    assert sources("pulumi", machine) == [Source.MACHINE, Source.CACHE, Source.DOWNLOAD, Source.BUILD]


def test_a_bare_machine_tries_the_download():
    assert sources("pulumi", Machine(LINUX)) == [Source.DOWNLOAD]


def test_without_go_nothing_is_built_and_the_reason_says_so():
    assert left_out("pulumi", Machine(LINUX))[Source.BUILD] == "no Go on PATH"


def test_an_older_pulumi_is_left_alone_and_named():
    machine = Machine(LINUX, {"pulumi": Found("/usr/bin/pulumi", "3.100.0")})
    assert left_out("pulumi", machine)[Source.MACHINE] == "/usr/bin/pulumi is version 3.100.0, not 3.274.1"


def test_a_pulumi_without_its_python_host_is_not_usable():
    machine = Machine(
        LINUX, {"pulumi": Found("/usr/bin/pulumi", "3.274.1", missing=("pulumi-language-python",))}
    )
    assert (
        left_out("pulumi", machine)[Source.MACHINE]
        == "/usr/bin/pulumi has no pulumi-language-python beside it"
    )


def test_a_cache_file_of_another_platform_or_version_is_not_taken():
    others = frozenset({"pulumi-3.274.1-darwin-arm64.xz", "pulumi-3.273.0-linux-amd64.xz"})
    assert Source.CACHE not in sources("pulumi", Machine(LINUX, cached=others))


def test_a_plugin_of_another_version_is_not_taken_however_new():
    machine = Machine(LINUX, {"pulumi-resource-openstack": Found("/home/me/.pulumi/x", "5.9.9")})
    assert Source.MACHINE not in sources("pulumi-resource-openstack", machine)


def test_what_upstream_does_not_publish_is_built():
    assert sources("hyperkube", Machine(LINUX, go=True)) == [Source.BUILD]


def test_the_aws_plugin_can_only_be_downloaded():
    assert sources("pulumi-resource-aws", Machine(LINUX, go=True)) == [Source.DOWNLOAD]


def test_a_tool_of_several_files_is_not_looked_for_in_the_cache():
    tool = TOOLS["pulumi-language-python"]
    machine = Machine(LINUX, cached=frozenset({cache_file(tool, LINUX)}))
    assert left_out(tool.name, machine)[Source.CACHE] == "it is more than one file"


@pytest.mark.parametrize("name", list(TOOLS))
def test_every_source_is_either_tried_or_left_out_with_a_reason(name):
    decided = route(TOOLS[name], Machine(LINUX, go=True))
    together = [*decided.attempts, *decided.left_out]
    assert sorted(each.source.name for each in together) == sorted(source.name for source in Source)
    assert all(each.because for each in together)


@pytest.mark.parametrize(
    ("have", "fine"),
    [
        ("3.259.0", True),
        ("3.259.1", True),
        ("3.1000.0", True),
        ("3.258.9", False),
        ("4.0.0", False),
        ("3.260.0-alpha.1", False),
        ("", False),
    ],
)
def test_a_newer_pulumi_of_the_same_major_version_serves(have, fine):
    assert usable(OnPath(ask=("pulumi", "version"), newer=True), have, want="3.259.0") is fine


@pytest.mark.parametrize(
    ("platform", "address"),
    [(LINUX, "linux-x64"), (Platform("darwin", "arm64"), "darwin-arm64")],
)
def test_the_download_is_that_of_the_platform(platform, address):
    assert PULUMI.download is not None
    assert platform.fill(PULUMI.download.url).endswith(f"pulumi-v3.274.1-{address}.tar.gz")
