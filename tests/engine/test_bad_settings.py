"""A stack file full of mistakes: every one is said, and nobody is asked anything."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.engine.door import Door, base, merged

MISTAKES = {
    "portico:kubernetes": {"kubconfig": "~/.kube/config"},
    "portico:nodes": {"from": "adresses", "securityGroup": 7},
    "portico:ingress": {
        "controller": "nginx",
        "nodePorts": {"http": "eighty", "https": 30443},
        "replicas": "two",
    },
    "portico:loadBalancer": {
        "allowedClients": ["192.0.2.0/33"],
        "openstack": {"vip": "10.20.0.999"},
        "hosts": {"count": 0, "timers": "quick"},
    },
    "portico:apps": [{"name": "hello", "host": "hello\nexample", "service": {"name": "a", "port": 80}}],
    "portico:wait": {"minutes": 0},
}
HOW_MANY = 12


@pytest.fixture
def asked():
    """A cloud that counts who asks, and answers nothing; its URL and the questions."""
    questions = []

    class Cloud(BaseHTTPRequestHandler):
        def do_GET(self):
            questions.append(self.path)
            self.send_error(404)

        do_POST = do_GET  # noqa: N815 - the name of the request

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Cloud) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v3", questions
        server.shutdown()


@pytest.fixture
def door(toolchain, tmp_path, asked):
    url, _ = asked
    login = {"OS_AUTH_URL": url, "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "p"}
    domain = {"OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default"}
    return Door("wrong", tmp_path / "stack", where="here", extra={**login, **domain})


def said(*changes):
    config = base()
    config.pop("openstack:cloud")
    for each in changes:
        config = merged(config, each)
    return config


def test_twelve_mistakes_make_twelve_messages_and_no_question_to_the_cloud(door, asked):
    door.say(said(MISTAKES))
    run = door.init().up().failed()
    messages = [line.strip() for line in run.output.splitlines() if re.match(r"\s+portico:\S+.*: ", line)]
    assert sorted(messages) == sorted(set(messages))
    assert len(messages) == HOW_MANY, "\n".join(sorted(messages))
    assert f"stacks/Pulumi.{door.stack}.yaml: {HOW_MANY} settings are wrong" in run.output
    assert "Traceback" not in run.output
    assert "unhandled error" not in run.output
    _, questions = asked
    assert questions == []
    assert door.export().get("pending_operations", []) == []


@pytest.mark.parametrize("command", ["up", "preview"])
def test_one_mistake_is_one_message_and_nothing_behind_it(door, command):
    door.say(said({"portico:wait": {"minutes": 0}}))
    run = door.init().run(command, *(["--yes", "--skip-preview"] if command == "up" else [])).failed()
    assert run.output.count("portico:wait.minutes = 0: must be a whole number from 1 to 60") == 1
    assert "Traceback" not in run.output
    assert "unhandled error" not in run.output


def test_without_a_mistake_the_cloud_is_asked(door, asked):
    """The other test can fail: with these credentials `up` does speak to the cloud."""
    door.say(said())
    door.init().up().failed()
    _, questions = asked
    assert questions
