"""The guest: what an LB host runs, on the root file system that the sandbox's servers boot from.

One bubblewrap is one look into it: its own network, processes, /run and /tmp, the image read-only. Where the
image cannot be made, these tests are skipped with a sentence, and fail under CI=true.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from portico.lbhost import userdata
from tests.parts import host_image

_PREPARE = """\
set -e
ip link set lo up
ip link add eth0 type veth peer name eth1
ip address add 10.0.0.11/24 dev eth0
ip link set eth0 up
ip link set eth1 up
systemd-tmpfiles --create /etc/tmpfiles.d/portico.conf
mkdir -p /run/haproxy
set +e
"""
_JUDGE = """\
for file in *.cfg *.conf; do
    case "$file" in
    \\**) continue ;;
    *.cfg) haproxy -c -f "$file" ;;
    *.conf) keepalived -t -f "$file" ;;
    esac >"$file.said" 2>&1
    echo $? >"$file.code"
done
"""


@dataclass(frozen=True)
class Guest:
    """Runs things on a host's root file system."""

    image: Path
    host: Path
    """A folder with the files that user_data writes, at their paths."""

    def run(self, script: str, folder: Path, *more: str) -> str:
        """What a shell script printed in a guest with 10.0.0.11 on eth0; `folder` is its /mnt.

        Args:
            more: bubblewrap's own arguments, for what the script may write.
        """
        hidden = ("/run", "/tmp", "/etc/systemd/system", "/etc/tmpfiles.d")
        written = [path for path in userdata.files() if not path.startswith("/opt")]
        command = [
            *f"bwrap --ro-bind {self.image} / --dev /dev --proc /proc --ro-bind {self.host}/opt /opt".split(),
            *(part for path in hidden for part in ("--tmpfs", path)),
            *(part for path in written for part in ("--ro-bind", f"{self.host}{path}", path)),
            *more,
            *f"--bind {folder} /mnt --chdir /mnt --unshare-net --unshare-pid --die-with-parent".split(),
            *("--cap-add", "ALL", "sh", "-c", _PREPARE + script),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def complaints(self, folder: Path, files: Mapping[str, str]) -> dict[str, str]:
        """What HAProxy (*.cfg) and keepalived (*.conf) have against each file; nothing where it is fine."""
        for name, text in files.items():
            (folder / name).write_text(text.replace("@interface@", "eth0").replace("@generation@", "0" * 16))
        self.run(_JUDGE, folder)
        return {name: verdict for name in files if (verdict := _verdict(folder / name))}


def _verdict(file: Path) -> str:
    said = file.with_name(file.name + ".said").read_text().strip()
    code = int(file.with_name(file.name + ".code").read_text())
    if code == 0 and said in ("", "Configuration file is valid"):
        return ""
    return f"{code}: {said}"


@pytest.fixture(scope="session")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Guest:
    image = host_image()
    host = tmp_path_factory.mktemp("host")
    host.chmod(0o755)
    for path, file in userdata.files().items():
        place = Path(f"{host}{path}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file.text)
        place.chmod(int(file.mode, 8))
    return Guest(image, host)
