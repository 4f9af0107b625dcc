"""Clients that hold connections and do nothing good with them, against a guest's real HAProxy.

Runs on the guest's own Python, in /mnt: takes an attack as JSON on its command line, serves haproxy.cfg in
front of one node, and prints as JSON what the other clients got meanwhile. Standard library alone.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time

DOOR, STATUS, NODE = ("127.0.0.1", 80), ("127.0.0.1", 61404), "127.0.1.10"
GUEST = "127.0.9.9"
"""Where the client comes from that means no harm."""


async def node(reader, writer):
    """Answers after the PROXY v2 header; with more than buffers hold, and no end, where that is asked for."""
    try:
        head = await reader.readexactly(16)
        await reader.readexactly(int.from_bytes(head[14:], "big"))
        asked = await reader.readline()
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello")
        if b"endless" in asked:
            writer.write(bytes(4_000_000))
            await writer.drain()
            await reader.read(-1)
        await writer.drain()
    except (OSError, EOFError):
        pass
    finally:
        writer.close()


async def health(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
    writer.close()


async def opened(source):
    """A connection to the door that takes little from it at a time."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.setblocking(False)
    made.bind((source, 0))
    await asyncio.wait_for(asyncio.get_running_loop().sock_connect(made, DOOR), 5)
    return made


async def asks_and_stays(source):
    made, loop = await opened(source), asyncio.get_running_loop()
    await loop.sock_sendall(made, b"GET / HTTP/1.0\r\n\r\n")
    try:
        async with asyncio.timeout(1):
            while await loop.sock_recv(made, 4096):
                pass
    except TimeoutError:
        pass
    return made


async def says_nothing(source):
    return await opened(source)


async def begins_and_stops(source):
    made = await opened(source)
    await asyncio.get_running_loop().sock_sendall(made, b"GET / HT")
    return made


async def stops_reading(source):
    made = await opened(source)
    await asyncio.get_running_loop().sock_sendall(made, b"GET /endless HTTP/1.0\r\n\r\n")
    return made


async def answers(address, source, patience=2):
    """Whether it answers 200 within so many seconds."""
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(*address, local_addr=(source, 0))
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            answer = await reader.read(-1)
            writer.close()
            return b" 200 " in answer
    except (OSError, TimeoutError):
        return False


def held():
    """How many connections HAProxy has just now."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect("/run/haproxy/admin.sock")
        asked.sendall(b"show info\n")
        said = b"".join(iter(lambda: asked.recv(4096), b"")).decode()
    return int(said.partition("CurrConns: ")[2].split()[0])


async def until(true, seconds=10):
    end = time.monotonic() + seconds
    while not await true():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.1)
    return True


async def main():
    attack = json.loads(sys.argv[1])
    await asyncio.start_server(node, NODE, 30080)
    await asyncio.start_server(health, NODE, 30082)
    haproxy = subprocess.Popen(["haproxy", "-db", "-f", "haproxy.cfg"])
    assert await until(lambda: answers(STATUS, "127.0.0.1"))
    assert await until(lambda: answers(DOOR, GUEST))

    sources = [f"127.0.7.{1 + number % attack['sources']}" for number in range(attack["connections"])]
    way = globals()[attack["way"]]
    # Kept in a variable, so that nobody closes them.
    kept = await asyncio.gather(*(way(each) for each in sources), return_exceptions=True)
    assert len(kept) == len(sources)
    most, clients, status = 0, [], []
    end = time.monotonic() + attack["seconds"]
    while time.monotonic() < end:
        clients.append(await answers(DOOR, GUEST, attack["patience"]))
        status.append(await answers(STATUS, "127.0.0.1"))
        most = max(most, held())
        await asyncio.sleep(0.05)

    async def few():
        return held() < 10

    free = await until(few, 30 if attack["ends"] else 0)
    print(
        json.dumps(
            {
                "held": most,
                "unanswered": clients.count(False),
                "asked": len(clients),
                "status_unanswered": status.count(False),
                "free": free,
            }
        )
    )
    haproxy.kill()


asyncio.run(main())
