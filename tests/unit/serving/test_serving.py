"""`up` ends when what was planned serves, or says which hop is broken."""

import asyncio
import http.server
import threading
import zlib
from types import SimpleNamespace as Thing

import pulumi
import pytest
from openstack import exceptions

from portico import serving
from portico.serving import Question, address_answers, hosts_serve, serves_at_all
from portico.settings.model import Wait

NOBODY: pulumi.Resource = Thing()


def line(generation, complaint=""):
    body = f"1790000000 serving {generation}" + (f"; {complaint}" if complaint else "")
    return f"portico-sync: {body} [{zlib.crc32(body.encode()):08x}]\r\n"


class Consoles:
    """A cloud whose servers say one text after the other, the last one for ever."""

    def __init__(self, *texts, apart=True):
        self.texts, self.asked, self.apart = texts, 0, apart
        self.compute = self

    def get_server_console_output(self, server, length):
        text = self.texts[min(self.asked, len(self.texts) - 1)]
        self.asked += 1
        if isinstance(text, Exception):
            raise text
        return {"output": text}

    def get_server(self, server):
        return Thing(host_id=server if self.apart else "one")


@pytest.fixture
def logged(monkeypatch):
    said = []
    monkeypatch.setattr(pulumi.log, "info", lambda text, *_: said.append(text))
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: said.append(text))
    return said


@pytest.fixture(autouse=True)
def an_up(monkeypatch, logged):
    monkeypatch.setattr(serving, "PAUSE", 0.01)
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)


@pytest.fixture
def cloud(monkeypatch):
    def put(*texts, apart=True):
        consoles = Consoles(*texts, apart=apart)
        monkeypatch.setattr(serving, "cloud", lambda: consoles)
        return consoles

    return put


def serve(*generations, wait=None):
    hosts = [f"host-{index}" for index, _ in enumerate(generations)]
    return asyncio.run(hosts_serve(NOBODY, hosts, hosts, generations, wait or Wait(minutes=0)))


def test_a_host_is_waited_for_until_it_serves_its_planned_generation(cloud):
    consoles = cloud("booting", line("aaaaaaaaaaaaaaaa"), line("bbbbbbbbbbbbbbbb"))
    assert serve("bbbbbbbbbbbbbbbb", wait=Wait(minutes=1)) == "every host serves what was planned"
    assert consoles.asked == 3


def test_a_host_that_refuses_its_generation_is_named_with_its_agents_own_words(cloud):
    cloud(line("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb is refused: haproxy -c answers 1"))
    with pytest.raises(pulumi.RunError, match=r"host-0 .* haproxy -c answers 1"):
        serve("bbbbbbbbbbbbbbbb")


def test_a_host_whose_agent_never_spoke_is_named_with_the_end_of_its_console(cloud):
    cloud("cloud-init failed: no network")
    with pytest.raises(pulumi.RunError, match="no network"):
        serve("bbbbbbbbbbbbbbbb")


def test_any_generation_opens_the_gate_to_the_next_host(cloud):
    cloud("", line("aaaaaaaaaaaaaaaa"))
    assert "host-1" in asyncio.run(serves_at_all(NOBODY, "host-1", "id", 60))


def test_a_cloud_without_consoles_is_given_time_and_told(cloud, logged):
    cloud(exceptions.ForbiddenException("no consoles here"))
    assert asyncio.run(serves_at_all(NOBODY, "host-1", "id", 0)) == "host-1 was given 0 s"
    assert any("no consoles here" in text for text in logged)


def test_two_hosts_on_one_hypervisor_are_said(cloud, logged):
    cloud(line("aaaaaaaaaaaaaaaa"), apart=False)
    serve("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa")
    assert any("share a hypervisor" in text for text in logged)


def test_two_hosts_apart_need_no_word(cloud, logged):
    cloud(line("aaaaaaaaaaaaaaaa"))
    serve("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa")
    assert logged == []


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_and_a_stack_that_does_not_want_it_never_wait(monkeypatch, cloud, preview):
    consoles = cloud("")
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
    wait = Wait(until="serving" if preview else "nothing")
    assert serve("aaaaaaaaaaaaaaaa", wait=wait) == "not asked"
    assert asyncio.run(address_answers(NOBODY, "127.0.0.1", Question(1, False, None), wait)) == "not asked"
    assert consoles.asked == 0


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
