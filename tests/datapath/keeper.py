"""A controller of somebody's own: HTTPS behind PROXY protocol v2, and a health endpoint.

`python keeper.py ADDRESS HTTPS_PORT HEALTH_PORT CERTIFICATE`. It answers every request with the client's
address. It ends with its standard input, which reaches it through whatever put it where it runs. Standard
library alone.
"""

from __future__ import annotations

import ipaddress
import socket
import socketserver
import ssl
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = str(self.client_address[0]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Plain(socketserver.ThreadingTCPServer):
    """An HTTPServer would first ask a DNS for its own name, which a node of the sandbox has none for."""

    allow_reuse_address = daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Who hangs up is nobody's affair."""


class Secure(Plain):
    """Each connection begins with a header, then TLS (PROXY protocol specification, 2.2)."""

    def finish_request(self, request: socket.socket, _: object) -> None:  # type: ignore[override]
        head = request.recv(16, socket.MSG_WAITALL)
        addresses = request.recv(struct.unpack("!H", head[14:])[0], socket.MSG_WAITALL)
        client = str(ipaddress.IPv4Address(addresses[:4]))
        with tls.wrap_socket(request, server_side=True) as secure:
            Handler(secure, (client, 0), self)


if __name__ == "__main__":
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[4])
    for kind, port in ((Secure, sys.argv[2]), (Plain, sys.argv[3])):
        server = kind((sys.argv[1], int(port)), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
