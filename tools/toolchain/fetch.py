"""Tools that are built already: unpacked from the tool cache, or downloaded from where they are published.

Reads the cache and the network, writes only into the folder it is given. Every file is checked against the
SHA-256 checksum published beside it before it is used. Used by install.
"""

import hashlib
import http.client
import lzma
import shutil
import tarfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tools.say import Stopwatch, every, say
from tools.toolchain.catalogue import Download, Tool
from tools.toolchain.choose import Platform, Unavailable, cache_file

CONNECT_SECONDS = 6
"""How long a server may take to answer, and to send the next piece, before it counts as unreachable."""


def unpack(tool: Tool, cache: Path, platform: Platform, folder: Path) -> None:
    """Unpack the tool's file of the cache into `folder`.

    Raises Unavailable where it is damaged or is not what SHA256SUMS beside it says.
    """
    packed = cache / cache_file(tool, platform)
    program = folder / Path(tool.file).name
    sums = cache / "SHA256SUMS"
    try:
        if sums.is_file():
            _check(packed, sums.read_text(), str(sums))
        with lzma.open(packed) as source, program.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise Unavailable(f"{packed} cannot be unpacked: {error}") from error
    program.chmod(0o755)


class Downloads:
    """The official downloads of one run.

    An archive that holds two tools is fetched once; a host that does not answer is asked once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: dict[str, threading.Lock] = {}
        self._archives: dict[str, Path] = {}
        self._silent: set[str] = set()
        self._guard = threading.Lock()

    def fetch(self, tool: Tool, source: Download, platform: Platform, folder: Path) -> None:
        """Download, check and unpack the tool into `folder`. Raises Unavailable."""
        url, sums = platform.fill(source.url), platform.fill(source.sums)
        host = urllib.parse.urlsplit(url).netloc
        with self._guard:
            lock = self._locks.setdefault(host, threading.Lock())
        with lock:
            if host in self._silent:
                raise Unavailable(f"{host} cannot be reached", known=True)
            if url not in self._archives:
                self._archives[url] = self._get(tool, url, sums, host)
        try:
            with tarfile.open(self._archives[url]) as archive:
                for member, name in source.members.items():
                    content = archive.extractfile(member)
                    if content is None:
                        raise Unavailable(f"{url}: {member} is not a file")
                    with content, (folder / name).open("wb") as target:
                        shutil.copyfileobj(content, target, 1 << 20)
                    (folder / name).chmod(0o755)
        except (KeyError, tarfile.TarError, OSError) as error:
            raise Unavailable(f"{url} cannot be unpacked: {error}") from error

    def _get(self, tool: Tool, url: str, sums: str, host: str) -> Path:
        archive = self._folder / f"{len(self._archives)}-{url.rsplit('/', 1)[1]}"
        watch = Stopwatch()
        try:
            with urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as answer, archive.open("wb") as target:
                say(f"{tool.name} {tool.version}: downloading {url}")
                with every(15, lambda: f"{tool.name}: {archive.stat().st_size >> 20} MiB after {watch}"):
                    shutil.copyfileobj(answer, target, 1 << 18)
            published = self._text(sums)
        except urllib.error.HTTPError as error:
            raise Unavailable(f"{url}: {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            self._silent.add(host)
            raise Unavailable(f"{host} cannot be reached, going on without its downloads") from error
        if published is None:
            say(f"{tool.name} {tool.version}: no checksums at {sums}, so the download is not checked")
        else:
            _check(archive, published, sums, name=url.rsplit("/", 1)[1])
        return archive

    def _text(self, url: str) -> str | None:
        try:
            with urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as answer:
                text: bytes = answer.read()
                return text.decode()
        except urllib.error.HTTPError as error:
            if error.code == http.client.NOT_FOUND:
                return None
            raise


def _check(file: Path, sums: str, where: str, name: str = "") -> None:
    """Compare a file with its line `<sha256>  <name>` in a file of checksums. Raises Unavailable."""
    name = name or file.name
    wanted = None
    for line in sums.splitlines():
        checksum, _, listed = line.partition(" ")
        if listed.strip().lstrip("*") == name:
            wanted = checksum
    if wanted is None:
        raise Unavailable(f"{where} has no checksum of {name}, so it is not used")
    with file.open("rb") as content:
        have = hashlib.file_digest(content, "sha256").hexdigest()
    if have != wanted:
        raise Unavailable(
            f"{file} is not what {where} says: SHA-256 {have} instead of {wanted}; it is not used"
        )
