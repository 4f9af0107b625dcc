"""portico-sync: HAProxy and keepalived of this host serve what its server's metadata says.

Runs as root on Python 3.9's standard library; nothing of Portico imports it. A new payload (payload.py) is
written aside, judged by `haproxy -c` and `keepalived -t`, held back until the host before this one serves it,
swapped in by one rename, reloaded, asked for. What fails is refused, and the last good one stays. An agent
that was killed anywhere in this is followed by one that ends it.
"""
# ruff: noqa: T201, BLE001 - print goes to the journal, and no error may end the agent

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import lzma
import os
import re
import subprocess
import time
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

METADATA = "http://169.254.169.254/openstack/latest/meta_data.json"
STATUS_PORT = 61404
POLL, HEARTBEAT = 2, 20  # seconds, all of these
WAIT = 30  # for the host before this one
RETRY = 30  # then a refused payload is judged again: the host may have been at fault
SETTLE = 10  # until HAProxy answers with a new generation
PATIENCE = 20  # with unreadable metadata: its items change one by one, and Nova caches them for 15 s

FILES = {"haproxy.cfg": ("haproxy", "-c"), "keepalived.conf": ("keepalived", "-t")}
"""The program of each file, its unit, its folder in /etc; and how it judges one."""
BIND = re.compile(r"^ +bind :(\d+)\b", re.MULTILINE)


class Unreadable(Exception):
    """No whole payload can be read just now."""


class Refused(Exception):
    """A payload that must not be served, or could not be."""


@dataclass(frozen=True)
class Payload:
    generation: str
    address: str
    after: tuple[str, str] | None
    """Address and generation of the host that goes first."""
    files: Mapping[str, str]


def unpack(metadata: Mapping[str, str]) -> Payload:
    """Raises Unreadable unless all of a payload is there and its checksum is its generation."""
    try:
        generation = metadata["portico-generation"]
        text = "".join(metadata[f"portico-{index:03}"] for index in range(int(metadata["portico-chunks"])))
        content = lzma.decompress(base64.b64decode(text, validate=True))
    except KeyError as missing:
        raise Unreadable(f"metadata item {missing} is missing") from None
    except (ValueError, lzma.LZMAError):
        raise Unreadable("the metadata is damaged or being rewritten") from None
    if hashlib.sha256(content).hexdigest()[:16] != generation:
        raise Unreadable(f"the metadata's checksum is not {plain(generation)}")
    said = json.loads(content)
    after = (said["after"][0], said["after"][1]) if said["after"] else None
    return Payload(generation, said["address"], after, {name: said["files"][name] for name in FILES})


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def plain(text: str) -> str:
    """One printable line without what differs from try to try: notices, process ids, folders."""
    text = re.sub(r"\[NOTICE\].*|\(\d+\) *:?|/[\w./-]*/(?=[\w.-]+)", "", text)
    return re.sub(r"[^ -~]+|\s+", " ", text).strip()[:240]


def run(*command: str) -> str:
    """What the command printed. Raises Refused with that when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise Refused(
            f"{' '.join(command[:2])} answers {done.returncode}: {plain(done.stderr + done.stdout)}"
        )
    return done.stdout


def get(url: str, timeout: float) -> bytes:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=timeout) as answer:
        return bytes(answer.read())


class Sync:
    """The agent of one host. Its arguments are for tests."""

    def __init__(
        self,
        root: Path = Path("/"),
        metadata: str = METADATA,
        port: int = STATUS_PORT,
        console: Path = Path("/dev/console"),
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.root, self.metadata, self.port, self.console = root, metadata, port, console
        self.clock, self.pause = clock, pause
        self.state = root / "var/lib/portico"
        self.applied = self.judged = ""
        self.refused = ("", 0.0, "")
        self.waiting = ("", 0.0)
        self.calm = clock()
        self.said: tuple[str, str] | None = None
        self.said_at = 0.0

    def step(self) -> None:
        """One round: read, take what is new, say what changed. Never raises."""
        trouble, patience = "", 0
        try:
            self.take(self.read())
        except Unreadable as error:
            trouble, patience = str(error), PATIENCE
        except Exception as error:
            trouble = plain(str(error))
        serves = self.generation_of("127.0.0.1")
        if not trouble and not serves:
            trouble, patience = "HAProxy does not answer", 3 * POLL
        now = self.clock()
        self.calm = self.calm if trouble else now
        if not trouble or now - self.calm >= patience:
            self.say(serves, trouble)

    def read(self) -> Payload:
        try:
            metadata = json.loads(get(self.metadata, timeout=5)).get("meta", {})
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unreadable(f"the metadata service does not answer: {plain(str(error))}") from None
        return unpack(metadata)

    def take(self, payload: Payload) -> None:
        """Serve that payload; nothing happens where it is served already. Raises Refused."""
        generation = payload.generation
        if generation == self.applied:
            return
        if generation == self.refused[0] and self.clock() < self.refused[1]:
            raise Refused(self.refused[2])
        try:
            files = self.filled(payload)
            changed = {name for name, text in files.items() if self.text(name) != text}
            known = self.loaded()
            stale = changed | {name for name, text in files.items() if known.get(name) != checksum(text)}
            if changed and self.judged != generation:
                self.judge(files)
                self.judged = generation
            if changed and self.must_wait(payload):
                return
            self.serve(generation, changed, stale)
        except Exception as error:
            self.judged = ""
            self.refused = (generation, self.clock() + RETRY, f"{generation} is refused: {plain(str(error))}")
            raise Refused(self.refused[2]) from error
        self.applied = generation

    def filled(self, payload: Payload) -> dict[str, str]:
        """The files with the two words that only this host knows."""
        links = json.loads(run("ip", "-json", "-4", "address", "show", "to", payload.address + "/32"))
        names = [link["ifname"] for link in links if "ifname" in link]
        if not names:
            raise Refused(f"no interface has the address {payload.address}")
        words = {"@generation@": payload.generation, "@interface@": names[0]}
        return {
            name: re.sub("@[a-z]+@", lambda word: words.get(word[0], word[0]), text)
            for name, text in payload.files.items()
        }

    def slot(self) -> str:
        """The folder whose files serve: a, b, or "" before the first payload."""
        try:
            return (self.state / "serving").readlink().name
        except OSError:
            return ""

    def other_slot(self) -> str:
        return "b" if self.slot() == "a" else "a"

    def text(self, name: str) -> str:
        try:
            return (self.state / "serving" / name).read_text()
        except OSError:
            return ""

    def judge(self, files: Mapping[str, str]) -> None:
        """Write the files where they do not serve yet, and let the programs judge them there."""
        aside = self.state / self.other_slot()
        aside.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with (aside / name).open("w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for name, (program, check) in FILES.items():
            run(program, check, "-f", str(aside / name))
        # HAProxy that cannot open a port closes all of them for two seconds while it tries (seen with 2.6).
        opened = set(BIND.findall(files["haproxy.cfg"])) - set(BIND.findall(self.text("haproxy.cfg")))
        if self.slot() and opened and (taken := opened & self.taken()):
            raise Refused(f"port {min(taken)} is taken by another program")

    def taken(self) -> set[str]:
        """The TCP ports that somebody listens on (proc_net(5), tcp: state 0A)."""
        tables = [self.root / "proc/net" / name for name in ("tcp", "tcp6")]
        rows = [row.split() for table in tables if table.exists() for row in table.read_text().splitlines()]
        return {str(int(row[1].rpartition(":")[2], 16)) for row in rows if row[3] == "0A"}

    def must_wait(self, payload: Payload) -> bool:
        """Whether the host before this one goes first: not while this one serves nothing, nor for ever."""
        if not payload.after or not self.slot():
            return False
        address, generation = payload.after
        if self.waiting[0] != payload.generation:
            self.waiting = (payload.generation, self.clock())
            print(f"{payload.generation} waits for {address}", flush=True)
        return self.clock() - self.waiting[1] < WAIT and self.generation_of(address) != generation

    def serve(self, generation: str, changed: set[str], stale: set[str]) -> None:
        """Swap the judged files in, load them and see that they serve; else put the last good ones back."""
        before = self.slot()
        self.forget(stale)
        self.point_to(self.other_slot() if changed else before)
        try:
            self.load(stale)
            self.wait_for(generation)
        except Exception:
            self.forget(stale)
            if changed and before:
                self.point_to(before)
                self.load(stale)
            raise

    def loaded(self) -> dict[str, str]:
        """The checksum of what each program has loaded, by its file, as far as that is known."""
        try:
            return dict(json.loads((self.state / "loaded").read_text()))
        except (OSError, ValueError):
            return {}

    def remember(self, loaded: Mapping[str, str]) -> None:
        aside = self.state / "loaded.new"
        aside.write_text(json.dumps(loaded))
        aside.replace(self.state / "loaded")

    def forget(self, names: set[str]) -> None:
        """Before anything is done to them: a program that dies takes up a new file by itself."""
        self.remember({name: known for name, known in self.loaded().items() if name not in names})

    def point_to(self, slot: str) -> None:
        """One rename swaps both files: the programs read them through links to the folder that serves."""
        self.link(self.state / "serving", Path(slot))
        for name, (program, _) in FILES.items():
            self.link(self.root / "etc" / program / name, self.state / "serving" / name)

    def link(self, place: Path, target: Path) -> None:
        if place.is_symlink() and place.readlink() == target:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = place.with_name(place.name + ".new")
        aside.unlink(missing_ok=True)
        aside.symlink_to(target)
        aside.replace(place)
        folder = os.open(place.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def load(self, stale: set[str]) -> None:
        """Reload a unit with a stale file, start one that does not run; one that runs is never restarted."""
        for name, (unit, _) in FILES.items():
            active = subprocess.run(["systemctl", "is-active", "-q", unit], check=False).returncode == 0
            if name in stale or not active:
                run("systemctl", "reload" if active else "start", unit)
                run("systemctl", "is-active", unit)
                self.remember({**self.loaded(), name: checksum(self.text(name))})

    def wait_for(self, generation: str) -> None:
        end = self.clock() + SETTLE
        while self.generation_of("127.0.0.1") != generation:
            if self.clock() > end:
                raise Refused(f"HAProxy takes the file but does not serve it within {SETTLE} s")
            self.pause(0.1)

    def generation_of(self, address: str) -> str:
        """What the HAProxy of a host says it serves; "" when it does not answer."""
        try:
            return get(f"http://{address}:{self.port}/", timeout=1).decode("ascii").strip()[:64]
        except (OSError, ValueError, http.client.HTTPException):
            return ""

    def say(self, serves: str, trouble: str) -> None:
        """One line for console.py on the console, when something changed and every HEARTBEAT."""
        if (serves, trouble) == self.said and self.clock() - self.said_at < HEARTBEAT:
            return
        self.said, self.said_at = (serves, trouble), self.clock()
        body = f"{int(time.time())} serving {serves or 'nothing'}" + (f"; {trouble}" if trouble else "")
        line = f"portico-sync: {body} [{zlib.crc32(body.encode()):08x}]"
        print(line, flush=True)
        try:
            console = os.open(self.console, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_APPEND)
            os.write(console, f"\r\n{line}\r\n".encode())
            os.close(console)
        except OSError as error:
            print(error, flush=True)


def main() -> None:
    sync = Sync()
    while True:
        sync.step()
        time.sleep(POLL)


if __name__ == "__main__":
    main()
