"""A service that speaks first, behind a guest's real HAProxy, and its client.

Runs on the guest's own Python, in /mnt: serves haproxy.cfg in front of two nodes, of which one has the
service and none a controller, and prints as JSON what the client got. Standard library alone.
"""

import json
import socket
import socketserver
import subprocess
import threading
import time

DOOR, WEB, NODE = ("127.0.0.1", 2222), ("127.0.0.1", 80), ("127.0.1.10", 30022)
SENT = bytes(range(256)) * 1000


class Service(socketserver.BaseRequestHandler):
    """Greets, then sends back what it gets."""

    def handle(self):
        self.request.sendall(b"SSH-2.0-")
        while said := self.request.recv(65536):
            self.request.sendall(said)


def greeting():
    """What comes unasked, and after how long."""
    began = time.monotonic()
    with socket.create_connection(DOOR, 5) as client:
        client.settimeout(10)
        try:
            got = client.recv(8)
        except OSError as error:
            got = str(error).encode()
    return got.decode(), time.monotonic() - began


def echoed():
    with socket.create_connection(DOOR, 5) as client:
        threading.Thread(target=lambda: (client.sendall(SENT), client.shutdown(socket.SHUT_WR))).start()
        got = b""
        while more := client.recv(65536):
            got += more
    return got


def main():
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True
        block_on_close = False

    server = Server(NODE, Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    haproxy = subprocess.Popen(["haproxy", "-db", "-f", "haproxy.cfg"])
    time.sleep(4)
    greetings = [greeting() for _ in range(10)]
    whole = echoed()
    with socket.create_connection(WEB, 5) as client:
        client.settimeout(10)
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        web = client.recv(8)
    server.shutdown()
    server.server_close()
    time.sleep(4)
    gone = greeting()
    haproxy.kill()
    print(
        json.dumps(
            {
                "greetings": [said for said, _ in greetings],
                "slowest": max(seconds for _, seconds in greetings),
                "whole": whole == b"SSH-2.0-" + SENT,
                "web": web.decode(),
                "gone": gone,
            }
        )
    )


main()
