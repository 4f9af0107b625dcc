"""An application that takes its time, as users' do: slow answers, slow uploads, silent web sockets.

`python application.py ADDRESS PORT`. GET /?wait=SECONDS answers after that; PUT / answers with how many bytes
came; GET /forwarded with what X-Forwarded-For and -Proto say; GET /echo is a web socket that sends back what
it gets (RFC 6455). It ends with its standard input, which reaches it through whatever put it where it runs.
Standard library alone.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, 1.3"""


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/echo":
            self._echo()
            return
        if wait := re.search(r"[?&]wait=(\d+)", self.path):
            time.sleep(int(wait[1]))
        forwarded = self.headers.get("X-Forwarded-For"), self.headers.get("X-Forwarded-Proto")
        self._answer(str(forwarded) if self.path == "/forwarded" else "hello")

    def do_PUT(self) -> None:
        self._answer(str(self._read_body()))

    def _read_body(self) -> int:
        if length := self.headers.get("Content-Length"):
            return len(self.rfile.read(int(length)))
        size = 0
        while count := int(self.rfile.readline().split(b";")[0], 16):
            size += len(self.rfile.read(count))
            self.rfile.readline()
        self.rfile.readline()
        return size

    def _answer(self, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def _echo(self) -> None:
        key = self.headers["Sec-WebSocket-Key"] + GUID
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        accepted = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_header("Sec-WebSocket-Accept", accepted)
        self.end_headers()
        self.close_connection = True
        # A short text in one frame, masked as a client has to: that is all that is understood.
        while len(head := self.rfile.read(2)) == 2 and head[0] == 0x81:
            mask, size = self.rfile.read(4), head[1] & 0x7F
            said = bytes(byte ^ mask[place % 4] for place, byte in enumerate(self.rfile.read(size)))
            self.wfile.write(bytes([0x81, size]) + said)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
