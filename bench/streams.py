"""Thousands of live readers of one topic, in a process of their own."""

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType

from core.config import ROOT

PATIENCE = 30
"""Seconds after which a signal that has not arrived is lost."""


class Readers:
    """So many open streams; knows when the last of them was told something."""

    def __init__(self, port: int, topic: int, number: int) -> None:
        command = [sys.executable, "-m", "bench.streams", str(port), str(topic), str(number)]
        self._running = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self) -> "Readers":
        assert self._line() == "open", "The streams did not open."
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._running.kill()
        self._running.wait()

    def expect(self) -> Callable[[], float]:
        """Begins to wait for a signal to all; returns what tells when (time.monotonic) the last of them had it."""
        assert self._running.stdin
        self._running.stdin.write("expect\n")
        assert self._line() == "ready"
        return lambda: float(json.loads(self._line()))

    def _line(self) -> str:
        assert self._running.stdout
        return self._running.stdout.readline().strip()


class _Crowd:
    def __init__(self) -> None:
        self.missing = 0
        self.told: set[int] = set()
        self.all_told = asyncio.Event()

    def hear(self, reader: int) -> None:
        if self.missing and reader not in self.told:
            self.told.add(reader)
            self.missing -= 1
            if not self.missing:
                self.all_told.set()


async def _read(
    number: int, port: int, topic: int, crowd: _Crowd, opened: asyncio.Semaphore, gate: asyncio.Queue
) -> None:
    async with opened:  # a few at a time: they are authorised in threads
        lines, out = await asyncio.open_connection("127.0.0.1", port)
        out.write(
            f"GET /events?topic={topic} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        try:
            await lines.readuntil(b"event: hello")
        except asyncio.IncompleteReadError as ended:
            sys.exit(f"A stream was refused: {ended.partial[:200]!r}")
    gate.put_nowait(number)
    while line := await lines.readline():
        if line.startswith(b"data: topic-") and b" new " in line:
            crowd.hear(number)
    sys.exit(f"Stream {number} ended.")


async def _be(port: int, topic: int, number: int) -> None:
    crowd, opened, gate = _Crowd(), asyncio.Semaphore(20), asyncio.Queue()
    tasks = [asyncio.create_task(_read(each, port, topic, crowd, opened, gate)) for each in range(number)]
    for _ in range(number):
        await gate.get()
    print("open", flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        crowd.missing, crowd.told = number, set()
        crowd.all_told.clear()
        print("ready", flush=True)
        try:
            await asyncio.wait_for(crowd.all_told.wait(), PATIENCE)
        except TimeoutError:
            sys.exit(f"{crowd.missing} of {number} streams heard nothing for {PATIENCE} s.")
        print(json.dumps(time.monotonic()), flush=True)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asyncio.run(_be(*map(int, sys.argv[1:4])))
