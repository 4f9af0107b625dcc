import configparser
import shlex
import subprocess
from pathlib import Path

from sandbox.processes import Program, daemon_configuration, program_configuration

ODD = 'a "quoted" word; with # and % and $HOME'


def section(program):
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read_string(program_configuration(program, Path("/run/one.sh"), Path("/log/one.log")))
    return parser[f"program:{program.name}"]


def test_a_program_runs_in_its_namespace_and_gives_way_as_told():
    script = Program("one", ("/bin/one", "--fast"), netns="here-cloud", nice=5).script()
    assert "exec nice -n 5 nsenter --net=/run/netns/here-cloud -- /bin/one --fast" in script


def test_arguments_and_environment_reach_a_program_unchanged(tmp_path):
    command = ("/usr/bin/env", "sh", "-c", 'printf "%s|%s|%s" "$WORD" "$1" "$PWD"', "sh", ODD)
    program = Program("one", command, environment={"WORD": ODD}, directory=tmp_path)
    done = subprocess.run(["sh", "-c", program.script()], capture_output=True, text=True, check=True)
    assert done.stdout == f"{ODD}|{ODD}|{tmp_path}"


def test_supervisord_is_given_a_path_only_so_no_argument_can_be_taken_for_a_comment():
    command = section(Program("one", ("/bin/one", ODD)))["command"]
    assert shlex.split(command)[0] == "/run/one.sh"
    assert len(shlex.split(command)) == 2


def test_a_program_that_changed_looks_changed_to_supervisord():
    before = section(Program("one", ("/bin/one",)))
    assert before == section(Program("one", ("/bin/one",)))
    for other in (
        Program("one", ("/bin/one", "-v")),
        Program("one", ("/bin/one",), netns="here-cloud"),
        Program("one", ("/bin/one",), environment={"A": "1"}),
    ):
        assert before["command"] != section(other)["command"]


def test_a_program_ends_as_it_wants_to():
    program = section(Program("one", ("/bin/one",), stop_signal="INT", stop_seconds=30))
    assert (program["stopsignal"], program["stopwaitsecs"]) == ("INT", "30")


def test_nothing_starts_by_itself_but_what_ended_comes_back():
    program = section(Program("one", ("/bin/one",)))
    assert (program["autostart"], program["autorestart"]) == ("false", "true")


def test_only_root_reaches_supervisord(paths):
    parser = configparser.RawConfigParser()
    parser.read_string(daemon_configuration(paths, Path("/run/s.sock"), Path("/run/programs")))
    assert dict(parser["unix_http_server"]) == {"file": "/run/s.sock", "chmod": "0600"}
