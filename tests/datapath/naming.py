"""The DNS of a cluster that has none: `python naming.py ADDRESS PORT NAME IP`.

It answers for NAME.default.svc, whatever follows, with one address, and for nothing else (RFC 1035, 4). It
ends with its standard input. Standard library alone.
"""

from __future__ import annotations

import ipaddress
import socketserver
import struct
import sys
import threading

HOST, NO_NAME = 1, 3
"""A type of question, and a code of answers."""


class Names(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        asked, answers = self.request
        labels, at = [], 12
        while size := asked[at]:
            labels.append(asked[at + 1 : at + 1 + size].decode())
            at += size + 1
        question, kind = asked[12 : at + 5], struct.unpack("!H", asked[at + 1 : at + 3])[0]
        known = labels[:3] == [name, "default", "svc"]
        count = int(known and kind == HOST)
        head = asked[:2] + struct.pack("!HHHHH", 0x8180 | (0 if known else NO_NAME), 1, count, 0, 0)
        record = struct.pack("!HHHIH", 0xC00C, HOST, 1, 5, 4) + address.packed
        answers.sendto(head + question + record * count, self.client_address)


if __name__ == "__main__":
    name, address = sys.argv[3], ipaddress.IPv4Address(sys.argv[4])
    server = socketserver.ThreadingUDPServer((sys.argv[1], int(sys.argv[2])), Names)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
