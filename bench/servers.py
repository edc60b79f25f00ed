"""The servers that are measured side by side: Livery, a Flask hello, and nginx serving the bytes of one answer."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from pathlib import Path

from cli.torture_site import Process, free_port


class Server:
    """A server at a port, and what its processes used up."""

    def __init__(self, process: Process, port: int) -> None:
        self.process, self.port = process, port

    def start(self, path: str = "/") -> float:
        """Starts it; returns how many seconds the first answer took."""
        begun = time.monotonic()
        self.process.start()
        while time.monotonic() < begun + 120:
            try:
                connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
                connection.request("GET", path)
                connection.getresponse().read()
                return time.monotonic() - begun
            except (OSError, HTTPException):
                time.sleep(0.01)
        raise RuntimeError(f"No answer at port {self.port}:\n{self.process.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Ends it."""
        self.process.kill()

    @property
    def pids(self) -> list[int]:
        """Its processes, children included."""
        return pids_of(self.process)

    @property
    def memory(self) -> int:
        """Megabytes that belong to its working process alone, or are shared with the others by halves (PSS)."""
        return memory_of(self.pids)

    def clock(self) -> Callable[[], float]:
        """A function that tells the seconds of processor time which its processes have used."""
        return clock_of(self.pids)


def pids_of(process: Process) -> list[int]:
    """The processes of a program that was started, children included."""
    assert process.running is not None
    group = str(process.running.pid)
    found = subprocess.run(["ps", "-eo", "pid=,pgid="], capture_output=True, text=True, check=True)
    return [int(pid) for pid, pgid in map(str.split, found.stdout.splitlines()) if pgid == group]


def memory_of(pids: list[int]) -> int:
    """Megabytes that the largest process has for itself, with its part of what it shares (PSS)."""
    return max(_pss(pid) for pid in pids) // 1024


def clock_of(pids: list[int]) -> Callable[[], float]:
    """A function that tells the seconds of processor time which processes have used."""
    return lambda: sum(_used(pid) for pid in pids)


def line(port: int, path: str, cookie: str) -> Callable[[], int]:
    """A function that asks for a page over one kept connection, and tells the bytes of the answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = _headers(cookie)

    def ask() -> int:
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
        except RemoteDisconnected:  # the line was idle for too long while others had their turns
            connection.close()
            return ask()
        body = answer.read()
        assert answer.status == 200, f"{path} answers {answer.status}"
        return len(body)

    return ask


def lines(port: int, path: str, cookie: str, number: int) -> Callable[[], None]:
    """A function that asks for a page over so many kept connections at once, and waits for all the answers."""
    connections = [HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(number)]
    headers = _headers(cookie)

    def send() -> None:
        for connection in connections:
            connection.request("GET", path, headers=headers)

    def ask() -> None:
        try:
            send()
            answers = [connection.getresponse() for connection in connections]
        except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):  # idle for too long
            for connection in connections:
                connection.close()
            return ask()
        for answer in answers:
            answer.read()
            assert answer.status == 200, f"{path} answers {answer.status}"
        return None

    return ask


def _headers(cookie: str) -> dict[str, str]:
    return {"Accept-Encoding": "zstd, br, gzip", **({"Cookie": cookie} if cookie else {})}


def livery(data: Path, **environ: str) -> Server:
    """Livery over a data folder."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIVERY_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # a machine of tests may forbid what every other one keeps
    kept |= {"LIVERY_DATA": str(data), "PORT": str(port), "HOST": "127.0.0.1", "LIVERY_DEMO": "0", **environ}
    return Server(Process([sys.executable, "-m", "cli.main", "serve"], data / "server.txt", kept), port)


def hello(folder: Path) -> Server:
    """A Flask hello behind the same server."""
    port = free_port()
    command = ["--interface", "asginl", "--factory", "bench.hello:make", "--port", str(port), "--log-level", "error"]
    command = [sys.executable, "-m", "granian", *command, "--no-ws", "--workers", "1"]
    return Server(Process(command, folder / "hello.txt"), port)


def nginx(folder: Path, body: bytes) -> Server | None:
    """An nginx that serves these bytes as a file; None where there is none."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        return None
    port = free_port()
    (folder / "page.html").write_bytes(body)
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.txt;"
        f"{'user root;' if os.geteuid() == 0 else ''}"
        "events {} http { access_log off; sendfile on; keepalive_requests 1000000; types { text/html html; }"
        f"client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};"
        f"uwsgi_temp_path {folder}; scgi_temp_path {folder};"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; add_header Content-Encoding br;"
        " add_header Cache-Control no-cache; add_header Vary Accept-Encoding; } }"
    )
    return Server(Process([program, "-c", f"{folder}/nginx.conf", "-p", str(folder)], folder / "nginx.txt"), port)


def _used(pid: int) -> float:
    nanoseconds = 0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            nanoseconds += int((task / "schedstat").read_text().split()[0])
    except (OSError, ValueError):
        return 0.0
    return nanoseconds / 1e9


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
