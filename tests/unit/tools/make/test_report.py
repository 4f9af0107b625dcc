"""What make up says in the end."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tools.make import report

OUTPUTS = {
    "address": "203.0.113.7",
    "url": "http://hello.example.org/",
    "reasons": {"kind": "asked for", "clientIp": "the load balancer connects from its own address"},
}


def test_the_report_says_address_reasons_answer_and_what_to_type_next():
    text = "\n".join(report.lines("sandbox", OUTPUTS, "200 OK"))
    for words in ("203.0.113.7", "http://hello.example.org/", "asked for", "200 OK", "make destroy"):
        assert words in text


def test_a_stack_of_ones_own_is_named_in_the_next_command():
    assert "make destroy STACK=prod" in "\n".join(report.lines("prod", OUTPUTS, ""))


def test_a_program_without_outputs_still_gets_a_report():
    assert report.lines("prod", {}, "")[1] == "address  none: the stack has no such output"


@pytest.fixture
def door():
    """A web server on loopback that says which host it was asked for; its port."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.headers["Host"].startswith("hello.example.org") else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_question_goes_to_the_address_under_the_name_of_the_url(door):
    url = f"http://hello.example.org:{door}/"
    assert report.ask(url, "127.0.0.1") == f"200 OK from {url} at 127.0.0.1:{door}"


def test_a_closed_door_is_an_answer_too(door):
    assert report.ask("http://hello.example.org:1/", "127.0.0.1").startswith("none from 127.0.0.1:1")
