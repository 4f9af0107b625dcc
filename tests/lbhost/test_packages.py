"""Where a host's packages come from: cloud-init of the guest reads user_data, and apt of the guest asks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from portico.lbhost import userdata
from tests.lbhost.conftest import Guest

MIRROR = "http://127.0.0.1:8000/debian"
UBUNTU = "http://127.0.0.1:8000/ubuntu"
PROXY = "http://127.0.0.1:3128"
PACKAGES = {
    "a mirror": userdata.Packages(MIRROR, f"{MIRROR}-security"),
    "a mirror of Ubuntu": userdata.Packages(UBUNTU, UBUNTU),
    "a proxy": userdata.Packages(proxy=PROXY),
    "both": userdata.Packages(MIRROR, f"{MIRROR}-security", PROXY),
}

CONFIGURE = """\
mkdir -p /var/lib/cloud/seed/nocloud /run/cloud-init
cp user_data /var/lib/cloud/seed/nocloud/user-data
printf 'instance-id: i\\ndsmode: local\\n' >/var/lib/cloud/seed/nocloud/meta-data
echo 'datasource_list: [NoCloud]' >/run/cloud-init/cloud.cfg
(cloud-init init --local; cloud-init single --name apt_configure --frequency always) >/dev/null 2>&1
apt-get update -o Acquire::Retries=0 2>&1
echo SOURCES
apt-get update --print-uris 2>&1 | cut -d "'" -f 2 | grep InRelease
"""
"""As at the first boot: cloud-init takes user_data in, and its module writes apt's files."""


@pytest.mark.parametrize("packages", PACKAGES.values(), ids=PACKAGES)
def test_cloud_init_accepts_where_packages_come_from(guest: Guest, tmp_path: Path, packages: object) -> None:
    assert isinstance(packages, userdata.Packages)
    (tmp_path / "user_data").write_text(userdata.render(packages=packages))
    said = guest.run("cloud-init schema --config-file user_data 2>&1; echo $?", tmp_path)
    assert said.splitlines()[-1] == "0"
    assert "nvalid" not in said


def asked(guest: Guest, folder: Path, user_data: str) -> tuple[str, set[str]]:
    """What apt said when it was to update, and the index of each of its sources."""
    apt, work = folder / "apt", folder / "work"
    shutil.copytree(guest.image / "etc/apt", apt)
    work.mkdir(parents=True)
    (work / "user_data").write_text(user_data)
    image = guest.image
    writable = (
        f"--bind {apt} /etc/apt --tmpfs /var/log --tmpfs /var/lib "
        f"--ro-bind {image}/var/lib/dpkg /var/lib/dpkg --tmpfs /var/cache"
    )
    said, _, sources = guest.run(CONFIGURE, work, *writable.split()).partition("SOURCES\n")
    return said, set(sources.splitlines())


def release(guest: Guest) -> tuple[str, str]:
    """The guest's distribution and its code name."""
    said = (guest.image / "etc/os-release").read_text()
    told = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    return told["ID"], told["VERSION_CODENAME"]


def test_a_mirror_is_asked_for_everything_and_nobody_else(guest: Guest, tmp_path: Path) -> None:
    distribution, name = release(guest)
    packages = PACKAGES["a mirror of Ubuntu" if distribution == "ubuntu" else "a mirror"]
    said, sources = asked(guest, tmp_path, userdata.render(packages=packages))
    mirror, security = f"{packages.mirror}/dists/{name}", f"{packages.security}/dists/{name}"
    assert sources == {f"{mirror}/InRelease", f"{mirror}-updates/InRelease", f"{security}-security/InRelease"}
    assert f"{mirror}/InRelease" in said
    assert ".org" not in said
    assert ".com" not in said


def test_a_proxy_is_asked_by_apt_for_the_images_own_mirrors(guest: Guest, tmp_path: Path) -> None:
    plain, own = asked(guest, tmp_path / "plain", userdata.render())
    said, sources = asked(guest, tmp_path / "proxy", userdata.render(packages=PACKAGES["a proxy"]))
    assert sources == own
    assert "connect to 127.0.0.1:3128" in said
    assert "127.0.0.1" not in plain


def test_debians_cloud_init_leaves_the_sources_alone_unless_it_is_told_not_to(
    guest: Guest, tmp_path: Path
) -> None:
    """Why `preserve_sources_list` is there."""
    if release(guest)[0] != "debian":
        pytest.skip("only Debian's cloud-init leaves an image's sources alone by itself")
    text = userdata.render(packages=PACKAGES["both"])
    without = text.replace("  preserve_sources_list: false\n", "")
    assert without != text
    said, sources = asked(guest, tmp_path, without)
    assert "connect to 127.0.0.1:3128" in said
    assert not any(source.startswith(MIRROR) for source in sources)
