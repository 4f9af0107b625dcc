"""The tool cache is used only where it holds what its checksums say."""

import hashlib
import io
import lzma
import tarfile
import urllib.error

import pytest

from tools.toolchain import fetch
from tools.toolchain.catalogue import TOOLS
from tools.toolchain.choose import Platform, Unavailable

LINUX = Platform("linux", "amd64")
TOOL = TOOLS["pulumi"]
NAME = "pulumi-3.274.1-linux-amd64.xz"


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / NAME).write_bytes(lzma.compress(b"the program"))
    return folder


def sums(cache, name=NAME):
    checksum = hashlib.sha256((cache / NAME).read_bytes()).hexdigest()
    (cache / "SHA256SUMS").write_text(f"{checksum}  {name}\n")


def test_a_file_with_the_right_checksum_becomes_a_program(cache, tmp_path):
    sums(cache)
    fetch.unpack(TOOL, cache, LINUX, tmp_path)
    assert (tmp_path / "pulumi").read_bytes() == b"the program"
    assert (tmp_path / "pulumi").stat().st_mode & 0o111


def test_a_cache_without_checksums_is_trusted(cache, tmp_path):
    fetch.unpack(TOOL, cache, LINUX, tmp_path)
    assert (tmp_path / "pulumi").is_file()


def test_a_changed_file_is_refused_with_both_checksums(cache, tmp_path):
    sums(cache)
    (cache / NAME).write_bytes(lzma.compress(b"another program"))
    with pytest.raises(Unavailable, match=r"SHA-256 \w{64} instead of \w{64}"):
        fetch.unpack(TOOL, cache, LINUX, tmp_path)


def test_a_file_that_is_not_among_the_checksums_is_refused(cache, tmp_path):
    sums(cache, name="something-else.xz")
    with pytest.raises(Unavailable, match="has no checksum"):
        fetch.unpack(TOOL, cache, LINUX, tmp_path)


def test_half_a_file_is_refused(cache, tmp_path):
    whole = (cache / NAME).read_bytes()
    (cache / NAME).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unavailable, match="cannot be unpacked"):
        fetch.unpack(TOOL, cache, LINUX, tmp_path)


class Upstream:
    """The servers of the official downloads: what they publish, and how often they were asked."""

    def __init__(self, published):
        self.published, self.asked = published, []

    def urlopen(self, url, timeout):
        self.asked.append(url)
        if url not in self.published:
            raise urllib.error.HTTPError(url, 404, "Not Found", {}, None)
        content = self.published[url]
        if isinstance(content, OSError):
            raise content
        return io.BytesIO(content)


def archive(**files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"pulumi/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


ARCHIVE = archive(pulumi=b"the original")
URL = LINUX.fill(TOOL.download.url)
SUMS = LINUX.fill(TOOL.download.sums)
LINE = f"{hashlib.sha256(ARCHIVE).hexdigest()}  {URL.rsplit('/', 1)[1]}\n".encode()


@pytest.fixture
def download(tmp_path, monkeypatch):
    """Fetch the Pulumi CLI twice from what is published; the upstream that was asked."""

    def run(published):
        upstream = Upstream(published)
        monkeypatch.setattr("urllib.request.urlopen", upstream.urlopen)
        downloads = fetch.Downloads(tmp_path)
        folder = tmp_path / "folder"
        folder.mkdir()
        problems = []
        for _ in range(2):
            try:
                downloads.fetch(TOOL, TOOL.download, LINUX, folder)
            except Unavailable as problem:
                problems.append(problem)
        return upstream, folder, problems

    return run


def test_a_download_with_the_right_checksum_is_unpacked_and_fetched_once(download):
    upstream, folder, problems = download({URL: ARCHIVE, SUMS: LINE})
    assert (folder / "pulumi").read_bytes() == b"the original"
    assert upstream.asked == [URL, SUMS]
    assert problems == []


def test_a_download_with_another_checksum_is_refused(download):
    _, folder, problems = download({URL: archive(pulumi=b"a trap"), SUMS: LINE})
    assert list(folder.iterdir()) == []
    assert all("it is not used" in str(problem) for problem in problems)


def test_a_download_without_published_checksums_is_taken_and_that_is_said(download, capsys):
    _, folder, _ = download({URL: ARCHIVE})
    assert (folder / "pulumi").is_file()
    assert f"no checksums at {SUMS}" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_asked_once(download):
    upstream, _, problems = download({URL: OSError("no route to host")})
    assert upstream.asked == [URL]
    assert [problem.known for problem in problems] == [False, True]
