"""A service that expects a PROXY header and then speaks first, behind a guest's real HAProxy, and its client.

Runs on the guest's own Python, in /mnt: serves haproxy.cfg in front of one node and prints as JSON what the
service saw and the client got. One listener is checked on the service's own port, the other by HTTP on a port
beside it; a third is the controller's, which is asked there too. Standard library alone.
"""

import http.server
import ipaddress
import json
import socket
import socketserver
import struct
import subprocess
import threading
import time

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
NODE, CHECKED = ("127.0.1.10", 30022), ("127.0.1.10", 30023)
SENT = bytes(range(256)) * 1000

commands, questions = set(), set()


def exactly(connection, count):
    got = b""
    while len(got) < count and (more := connection.recv(count - len(got))):
        got += more
    return got


class Service(socketserver.BaseRequestHandler):
    """Reads the header, says whom it names, then sends back what it gets (PROXY protocol, 2.2)."""

    def handle(self):
        head = exactly(self.request, 16)
        if head[:12] != SIGNATURE:
            commands.add("no header")
            return
        addresses = exactly(self.request, struct.unpack("!H", head[14:])[0])
        local = head[12] & 0xF == 0
        commands.add("LOCAL" if local else "PROXY")
        client = "nobody" if local else str(ipaddress.IPv4Address(addresses[:4]))
        self.request.sendall(f"hello {client}\n".encode())
        while said := self.request.recv(65536):
            self.request.sendall(said)


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        questions.add(self.path)
        self.send_response(200 if serves else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


def said_to(port):
    """What a client of an address of its own gets."""
    with socket.create_connection(("127.0.0.1", port), 5, ("127.0.7.7", 0)) as client:
        client.settimeout(10)
        got = b""
        try:
            got += client.recv(6)  # the service speaks first
            threading.Thread(target=lambda: (client.sendall(SENT), client.shutdown(socket.SHUT_WR))).start()
            while more := client.recv(65536):
                got += more
        except OSError:
            pass
    greeting, _, echo = got.partition(b"\n")
    return greeting.decode(errors="replace"), echo == SENT


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    block_on_close = False


serves = True
for where, what in ((NODE, Service), (CHECKED, Health)):
    threading.Thread(target=Server(where, what).serve_forever, daemon=True).start()
haproxy = subprocess.Popen(["haproxy", "-db", "-f", "haproxy.cfg"])
time.sleep(4)
DOORS = {"own": 2222, "beside": 2223, "carried": 2224}
found = {name: said_to(port) for name, port in DOORS.items()}
serves = False
time.sleep(4)
found["unwell"] = {name: said_to(port)[0] for name, port in DOORS.items()}
haproxy.kill()
print(json.dumps({**found, "commands": sorted(commands), "questions": sorted(questions)}))
