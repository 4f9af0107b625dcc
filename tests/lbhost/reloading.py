"""Changes of a guest's real HAProxy while clients keep their connections, and what the workers then hold.

Runs on the guest's own Python, in /mnt: takes how many reloads and how many connections each as JSON on its
command line, and prints as JSON what was there after each reload. Standard library alone.
"""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

DOOR, STATUS, NODE = ("127.0.0.1", 80), ("127.0.0.1", 61404), "0.0.0.0"
FILE = Path("haproxy.cfg")
KB = 1024
PAUSE = 0.3


async def node(reader, writer):
    """Says back what it hears after the PROXY v2 header."""
    try:
        head = await reader.readexactly(16)
        await reader.readexactly(int.from_bytes(head[14:], "big"))
        while said := await reader.readline():
            writer.write(said)
            await writer.drain()
    except (OSError, EOFError):
        pass
    finally:
        writer.close()


async def health(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
    writer.close()


async def generation():
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(*STATUS)
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            answer = await reader.read(-1)
            writer.close()
            return answer.rpartition(b"\r\n\r\n")[2].decode()
    except (OSError, TimeoutError):
        return ""


async def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < end, "it does not come"
        await asyncio.sleep(0.02)


async def lives(connection):
    """Whether a byte that is sent comes back."""
    reader, writer = connection
    try:
        async with asyncio.timeout(5):
            writer.write(b"still there\n")
            await writer.drain()
            return await reader.readline() == b"still there\n"
    except (OSError, TimeoutError):
        return False


def held():
    """The number of HAProxy's processes, and MiB that they hold, what they share counted once."""
    pss = count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() != "haproxy":
                continue
            lines = (folder / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        count += 1
        sizes = {line.partition(":")[0]: line.split()[1] for line in lines[1:]}
        pss += int(sizes["Pss"])
    return count, pss / KB


async def main():
    told = json.loads(sys.argv[1])
    text = FILE.read_text()
    await asyncio.start_server(node, NODE, 30080)
    await asyncio.start_server(health, NODE, 30082)
    FILE.write_text(text.replace("@generation@", f"{0:016}"))
    master = await asyncio.create_subprocess_exec("haproxy", "-W", "-f", str(FILE))

    async def serves(number):
        await until(lambda: same(number))

    async def same(number):
        return await generation() == f"{number:016}"

    await serves(0)
    lasting, after = [], []
    for number in range(told["reloads"] + 1):
        if number:
            FILE.write_text(text.replace("@generation@", f"{number:016}"))
            # A master that has just forked does not hear the signal yet.
            await asyncio.sleep(PAUSE)
            os.kill(master.pid, signal.SIGUSR2)
            await serves(number)
        kept = []
        for _ in range(told["connections"]):
            kept.append(await asyncio.open_connection(*DOOR))
            assert await lives(kept[-1])
        lasting.append(kept)
        after.append(held())
    living = [sum([await lives(each) for each in kept]) for kept in lasting]
    master.terminate()
    await master.wait()
    print(json.dumps({"after": after, "living": living}))


asyncio.run(main())
