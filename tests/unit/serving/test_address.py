"""`up` ends when the published address answers for the application, or says which hop is broken."""

import asyncio
import http.server
import threading

import pulumi
import pytest

from portico.serving.address import Question, address_answers
from portico.settings.model import Wait
from tests.unit.serving.conftest import NOBODY


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_and_a_stack_that_does_not_want_it_never_wait(monkeypatch, preview):
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
    wait = Wait(until="serving" if preview else "nothing")
    assert asyncio.run(address_answers(NOBODY, "127.0.0.1", Question(1, False, None), wait)) == "not asked"


@pytest.fixture
def door():
    """A web server on loopback that answers the given statuses one after the other, the last one for ever."""
    servers = []

    def open_door(*statuses):
        left = list(statuses)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(left.pop(0) if len(left) > 1 else left[0])
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield open_door
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(port, host="hello.example.org", minutes=1):
    return asyncio.run(
        address_answers(NOBODY, "127.0.0.1", Question(port, False, host), Wait(minutes=minutes))
    )


def test_the_controllers_own_404_and_503_are_no_answer_of_the_application(door):
    assert ask(door(404, 503, 200)) == "HTTP 200"


def test_an_application_may_answer_whatever_it_likes(door):
    assert ask(door(401)) == "HTTP 401"


def test_without_an_application_the_controllers_404_is_answer_enough(door):
    assert ask(door(404), host=None) == "HTTP 404"


@pytest.mark.parametrize(
    ("status", "hop"), [(404, "knows no Ingress for hello.example.org/"), (503, "the application behind it")]
)
def test_the_broken_hop_is_named(door, status, hop):
    with pytest.raises(pulumi.RunError, match=hop):
        ask(door(status), minutes=0)


def test_an_address_that_nobody_answers_names_the_hops_before_the_controller(door):
    with pytest.raises(pulumi.RunError, match="the floating IP"):
        ask(1, minutes=0)


@pytest.mark.parametrize(
    ("question", "url"),
    [
        (Question(80, False, None), "http://door/"),
        (Question(8080, False, None, "/shop"), "http://door:8080/shop"),
        (Question(443, True, None), "https://door/"),
    ],
)
def test_a_question_is_a_url_without_the_usual_port(question, url):
    assert question.url("door") == url
