"""A service that is not HTTP and speaks first: `python speaker.py ADDRESS PORT [PROXY_PORT]`.

It greets with the client's address, `hello 198.51.100.10`, and sends back what it gets. On PROXY_PORT it
expects a PROXY protocol v2 header first and greets whom that names. It ends with its standard input, which
reaches it through whatever put it where it runs. Standard library alone.
"""

from __future__ import annotations

import ipaddress
import socketserver
import struct
import sys
import threading
from contextlib import suppress

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


class Plain(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with suppress(OSError):
            if client := self._client():
                self.wfile.write(f"hello {client}\n".encode())
                while said := self.request.recv(65536):
                    self.wfile.write(said)

    def _client(self) -> str:
        return str(self.client_address[0])


class Proxied(Plain):
    rbufsize = 0

    def _client(self) -> str:
        """PROXY protocol specification, 2.2; nobody where it is a check's."""
        head = self.rfile.read(16)
        if len(head) < 16 or head[:12] != SIGNATURE:
            return ""
        addresses = self.rfile.read(struct.unpack("!H", head[14:])[0])
        return str(ipaddress.IPv4Address(addresses[:4])) if head[12] & 0xF == 1 else ""


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    block_on_close = False


if __name__ == "__main__":
    for port, handler in zip(sys.argv[2:], (Plain, Proxied), strict=False):
        server = Server((sys.argv[1], int(port)), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
