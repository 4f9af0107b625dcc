"""Installing what the system lacks, on a machine where others use apt as well."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox import packages

LOCKED = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)"


class Apt:
    """A machine with apt; how each call of apt-get ends is said beforehand, and then it goes well."""

    def __init__(self, *errors):
        self.errors, self.calls, self.there = list(errors), [], {"apt-get"}
        self.at_once = 0

    def run(self, command, **_):
        assert not self.at_once, "two at once"
        self.at_once += 1
        self.calls.append(command[2])
        error = self.errors.pop(0) if self.errors else ""
        if command[2] == "install" and not error:
            self.there.add(command[-1])
        self.at_once -= 1
        return subprocess.CompletedProcess(command, 100 if error else 0, "", error)

    def which(self, program):
        return program if program in self.there else None


@pytest.fixture
def machine(monkeypatch):
    def made(*errors):
        apt = Apt(*errors)
        monkeypatch.setattr(packages.subprocess, "run", apt.run)
        monkeypatch.setattr(packages.shutil, "which", apt.which)
        monkeypatch.setattr(packages.time, "sleep", lambda _: None)
        return apt

    return made


def test_a_package_that_several_miss_at_once_is_installed_once(machine):
    apt = machine()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(packages.install, ["mmdebstrap"] * 8))
    assert apt.calls == ["update", "install"]


def test_another_apt_is_waited_for(machine):
    apt = machine(LOCKED, LOCKED, "", LOCKED)
    packages.install("mmdebstrap")
    assert apt.calls == ["update", "update", "update", "install", "install"]


def test_another_apt_is_not_waited_for_for_ever(machine, monkeypatch):
    machine(*[LOCKED] * 1000)
    clock = iter(range(0, 100000, 60))
    monkeypatch.setattr(packages.time, "monotonic", lambda: next(clock))
    with pytest.raises(packages.PackagesError, match="held by process 1"):
        packages.install("mmdebstrap")


def test_what_apt_cannot_do_is_said_at_once(machine):
    apt = machine("E: Unable to locate package")
    with pytest.raises(packages.PackagesError, match="apt-get update failed: E: Unable to locate package"):
        packages.install("mmdebstrap")
    assert apt.calls == ["update"]
