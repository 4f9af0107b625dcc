"""How make waits for the sandbox, and what it learns when that cannot come up."""

import sys

import pytest

from tools.make import sandboxed

PROGRESS = sys.__stderr__
"""A stream with a file behind it, which a command can write to."""


@pytest.fixture
def sandbox(monkeypatch):
    """A sandbox that is the given shell script."""

    def script(text):
        monkeypatch.setattr(sandboxed, "command", lambda *words: ["sh", "-c", text])

    return script


def test_a_sandbox_that_comes_up_is_no_problem(sandbox):
    sandbox("true")
    assert sandboxed.up_while(lambda: None, progress=PROGRESS) == ""


def test_a_sandbox_that_cannot_come_up_says_why(sandbox):
    sandbox("echo 'sandbox: not root' >&2; echo 'make preview still works' >&2; exit 1")
    assert sandboxed.up_while(lambda: None, progress=PROGRESS) == "sandbox: not root"


def test_a_sandbox_that_fails_without_a_word_is_named(sandbox):
    sandbox("exit 1")
    assert sandboxed.up_while(lambda: None, progress=PROGRESS) == "python -m sandbox up failed"


def test_what_is_done_beside_it_is_done_when_it_is_up(sandbox):
    sandbox("sleep 0.1")
    done = []
    sandboxed.up_while(lambda: done.append(1), progress=PROGRESS)
    assert done == [1]


def test_what_fails_beside_it_fails_the_whole(sandbox):
    sandbox("true")

    def fail():
        raise RuntimeError("no tools")

    with pytest.raises(RuntimeError, match="no tools"):
        sandboxed.up_while(fail, progress=PROGRESS)
