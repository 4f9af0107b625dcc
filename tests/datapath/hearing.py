"""A client of speaker.py: whom it is greeted as, and whether what it sends comes back whole."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

SENT = bytes(range(256)) * 1000


def heard(
    address: str, port: int, source: str = "", before: bytes = b"", patience: float = 10
) -> tuple[str, bool]:
    """The greeting, and whether everything came back after an end of the client's own (half-closed); nothing
    where no connection comes about.

    Args:
        source: the client's own address; empty: any.
        before: what a load balancer sends first.
        patience: how long a word is waited for, in seconds.
    """
    own = (source, 0) if source else None
    with suppress(OSError), socket.create_connection((address, port), 5, own) as client:
        client.settimeout(patience)
        client.sendall(before)
        greeting = b""
        while not greeting.endswith(b"\n"):
            if not (more := client.recv(1)):
                break
            greeting += more

        def speak() -> None:
            with suppress(OSError):
                client.sendall(SENT)
                client.shutdown(socket.SHUT_WR)

        threading.Thread(target=speak).start()
        echo = b""
        while more := client.recv(65536):
            echo += more
        return greeting.decode().strip(), echo == SENT
    return "", False
