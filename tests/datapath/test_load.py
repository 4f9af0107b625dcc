"""The load client itself: it counts what a stall hides, and notices a server that is gone."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.datapath.load import Load, Report, Request, under


def report(*answers):
    """Requests every 0.1 s: how long each took; None is one that failed after half a second."""
    return Report(
        tuple(
            Request(
                round(number / 10, 1),
                0.5 if took is None else took,
                "" if took is not None else "OSError",
                "",
            )
            for number, took in enumerate(answers)
        ),
        slow_from=0.25,
    )


@pytest.mark.parametrize(
    ("answers", "gap"),
    [
        ((0.01, 0.01, 0.01), 0.0),
        ((0.01, None, 0.01), 0.1),
        ((0.01, None, None, 0.01, None, 0.01), 0.2),
        ((0.01, 0.35, 0.01), 0.1),
        ((0.01, 0.45, 0.35, 0.25, 0.01), 0.3),
        ((0.01, None, None), 0.1),
    ],
    ids=["none", "one", "two", "slow", "a stall that several waited for", "to the end"],
)
def test_the_longest_gap_is_what_a_client_would_have_waited(answers, gap):
    assert report(*answers).gap == pytest.approx(gap)


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"X-Real-Ip: 192.0.2.1\r\n")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Answer) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def test_every_request_to_a_good_server_is_answered_and_says_who_was_seen(server):
    with under(Load("127.0.0.1", "example.org", port=server.server_port)) as client:
        pass
    result = client.stop()
    assert result.sent > 100
    assert not result.failed
    assert set(result.seen) == {"192.0.2.1"}


def test_a_server_that_stops_is_noticed(server):
    with under(Load("127.0.0.1", "example.org", port=server.server_port)) as client:
        server.shutdown()
        server.server_close()
        time.sleep(0.5)
    result = client.stop()
    assert len(result.failed) > 50
    assert result.gap > 1
