"""Guests who ask for so many pages a second, whatever is answered, in a process of their own."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.config import ROOT

_LINES = 40


@contextmanager
def guests(port: int, paths: list[str], a_second: int) -> Iterator[dict[str, Any]]:
    """Lets them in; when they are gone the dict says how many answers of which status they had, and how fast."""
    command = [sys.executable, "-m", "bench.flood", str(port), str(a_second), *paths]
    running = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = {}
    try:
        yield told
        assert running.stdin
        assert running.stdout
        running.stdin.close()
        told |= json.loads(running.stdout.readline())
    finally:
        running.kill()
        running.wait()


async def _ask(port: int, due: asyncio.Queue, paths: list[str], answers: Counter) -> None:
    """One connection, over which one guest after the other asks, each from a network of his own."""
    lines, out = await asyncio.open_connection("127.0.0.1", port)
    while True:
        await due.get()
        network = f"10.{random.randrange(256)}.{random.randrange(256)}.7"
        out.write(
            f"GET {random.choice(paths)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: br\r\n"
            f"X-Forwarded-For: {network}\r\nUser-Agent: Mozilla/5.0\r\n\r\n".encode()
        )
        head = await lines.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await lines.readexactly(length)
        answers[head[9:12].decode()] += 1


async def _flood(port: int, a_second: int, paths: list[str]) -> None:
    due: asyncio.Queue = asyncio.Queue()
    answers: Counter = Counter()
    tasks = [asyncio.create_task(_ask(port, due, paths, answers)) for _ in range(_LINES)]
    over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    begun, sent = time.monotonic(), 0
    while not over.done():
        while sent < (time.monotonic() - begun) * a_second and due.qsize() < a_second:
            due.put_nowait(None)
            sent += 1
        await asyncio.sleep(0.005)
        if failed := [task for task in tasks if task.done()]:
            failed[0].result()
    took = time.monotonic() - begun
    print(json.dumps({"answers": answers, "a second": answers.total() / took, "seconds": took}), flush=True)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(_flood(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
