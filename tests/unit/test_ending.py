"""A program that was refused, or gave up waiting, says why once and ends as one that has said it."""

import asyncio

import pulumi
import pytest

from portico.ending import TOLD, told


@pytest.fixture
def errors(monkeypatch):
    said = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    return said


async def gives_up():
    await asyncio.sleep(0)
    raise pulumi.RunError("the reason")


async def program(*waiting):
    with told():
        tasks = [asyncio.ensure_future(each()) for each in waiting]
    await asyncio.wait(tasks)
    return "the end"


def test_a_refusal_is_told_and_ends_the_program(errors):
    async def refused():
        with told():
            raise pulumi.RunError("the reason")

    with pytest.raises(SystemExit) as ended:
        asyncio.run(refused())
    assert (ended.value.code, errors) == (TOLD, ["the reason"])


def test_the_first_to_give_up_later_ends_it_too(errors):
    async def fails_as_well():
        await asyncio.sleep(0.01)
        raise pulumi.RunError("a consequence")

    with pytest.raises(SystemExit) as ended:
        asyncio.run(program(fails_as_well, gives_up))
    assert ended.value.code == TOLD
    assert errors[0] == "the reason"


def test_every_other_error_keeps_its_traceback(errors):
    async def broken():
        raise ZeroDivisionError

    assert asyncio.run(program(broken)) == "the end"
    assert errors == []
