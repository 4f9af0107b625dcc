import pytest

from sandbox.openstack import ovn
from sandbox.openstack.cloud import GROUPS
from sandbox.openstack.services import balancing
from sandbox.openstack.startup import Service, StartupError, start
from sandbox.processes import Program, State


class FakeSupervisor:
    """Notes the order of starts; a program `answers` as soon as it was started, unless it is `broken`."""

    def __init__(self, folder, broken=()):
        self.started = []
        self.times = 0
        self._folder, self._broken = folder, broken

    def ensure(self, programs):
        self.started += [program.name for program in programs]

    def status(self):
        self.times += 1
        return {
            name: State(
                "BACKOFF" if name in self._broken else "RUNNING",
                "",
                self.times if name in self._broken else 1,
            )
            for name in self.started
        }

    def log(self, name):
        return self._folder / f"{name}.log"

    def service(self, name, *needs):
        return Service(Program(name, (f"/bin/{name}",)), lambda: self._answers(name), needs)

    def _answers(self, name):
        return name in self.started and name not in self._broken


class Silence:
    def say(self, text):
        pass


def test_what_is_needed_starts_first(tmp_path):
    supervisor = FakeSupervisor(tmp_path)
    services = [supervisor.service("c", "b"), supervisor.service("b", "a"), supervisor.service("a")]
    start(supervisor, services, Silence())
    assert supervisor.started == ["a", "b", "c"]


def test_what_needs_nothing_starts_at_once(tmp_path):
    supervisor = FakeSupervisor(tmp_path)
    start(
        supervisor,
        [supervisor.service("a"), supervisor.service("b"), supervisor.service("c", "a")],
        Silence(),
    )
    assert supervisor.started[:2] == ["a", "b"]


def test_what_came_up_in_an_earlier_call_is_not_waited_for(tmp_path):
    supervisor = FakeSupervisor(tmp_path)
    start(supervisor, [supervisor.service("b", "the database of an earlier call")], Silence())
    assert supervisor.started == ["b"]


def test_a_program_that_keeps_ending_is_named_with_the_end_of_its_log(tmp_path):
    supervisor = FakeSupervisor(tmp_path, broken=("a",))
    supervisor.log("a").write_text("no such database\n")
    with pytest.raises(StartupError, match=r"(?s)a ends again and again.*no such database"):
        start(supervisor, [supervisor.service("a")], Silence())


def test_a_program_that_never_answers_is_given_up(tmp_path):
    supervisor = FakeSupervisor(tmp_path)
    silent = Service(Program("a", ("/bin/a",)), lambda: False)
    with pytest.raises(StartupError, match="a does not answer"):
        start(supervisor, [silent], Silence(), patience=0.2)


def test_every_need_of_the_cloud_is_a_program_of_the_cloud(site):
    services = [*ovn.databases(site), *ovn.services(site), *balancing.services(site)]
    services += [service for group in GROUPS for service in group.services(site)]
    names = [service.name for service in services]
    assert len(names) == len(set(names))
    assert {need for service in services for need in service.needs} <= set(names)
