"""What the torture is done to: a site of its own in processes of its own, with its own Redis and PostgreSQL."""

import http.client
import os
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from core.config import ROOT

_OURS = ("HOST", "PORT", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")


class LeftOut(Exception):
    """A torture that cannot be done on this machine; the message says why."""


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


class Process:
    """A program that is started, killed and started again; what it says goes into a file."""

    def __init__(self, command: list[str], log: Path, environ: dict[str, str] | None = None) -> None:
        self.command, self.log, self.environ = command, log, environ
        self.running: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as file:
            self.running = subprocess.Popen(  # noqa: S603
                self.command, cwd=ROOT, env=self.environ, stdout=file, stderr=file, start_new_session=True
            )

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Ends it with all its children, at once by default."""
        if self.running is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, number)
            self.running.wait()
            self.running = None


class Site:
    """A Livery in a folder, at a port."""

    def __init__(self, folder: Path, *, worker: bool = False, **environ: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, free_port()
        kept = {name: value for name, value in os.environ.items() if name not in _OURS and "LIVERY" not in name}
        self.environ = {
            **kept, "LIVERY_DATA": str(folder), "PORT": str(self.port), "LIVERY_DEMO": "0", "SECRET_KEY": "torture" * 6,
            "LIVERY_SLOW_QUERY": "0", **environ,
        }  # fmt: skip
        self.log = folder / "log.txt"
        self.server = Process([sys.executable, "-m", "cli.main", "serve"], self.log, self.environ)
        self.worker = Process([sys.executable, "-m", "cli.main", "worker"], self.log, self.environ) if worker else None

    def start(self) -> float:
        """Starts it, and returns how many seconds the first answer took."""
        began = time.monotonic()
        self.server.start()
        if self.worker and self.worker.running is None:
            self.worker.start()
        while time.monotonic() < began + 60:
            if self.ask("/healthz") == 200:
                return time.monotonic() - began
            time.sleep(0.02)
        raise RuntimeError(f"The site did not start:\n{self.log.read_text()[-2000:]}")

    def kill_worker(self) -> None:
        """kill -9 of the worker alone."""
        assert self.worker is not None
        self.worker.kill()

    def start_worker(self) -> None:
        """Starts it again, as systemd would."""
        assert self.worker is not None
        self.worker.start()

    def stop(self) -> None:
        """Ends all of it."""
        for process in (self.server, self.worker):
            if process:
                process.kill()

    def ask(self, path: str) -> int:
        """The status of an address; 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def becomes(self, path: str, status: int, seconds: float = 30) -> bool:
        """Waits until an address answers so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.ask(path) == status:
                return True
            time.sleep(0.1)
        return False

    def livery(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of bin/livery on this site."""
        command = [sys.executable, "-m", "cli.main", *words]
        return subprocess.run(command, cwd=ROOT, env=self.environ, capture_output=True, text=True, check=False)  # noqa: S603

    def errors(self) -> str:
        """What the errors that nobody foresaw end with, as the log has them."""
        if not self.log.exists():
            return "none"
        traces = re.findall(r'failed with 500".* trace="(.*)"$', self.log.read_text(), re.MULTILINE)
        ends = [
            re.findall(r"\\n([\w.]+(?:Error|Exception|Exit|Failed|Interrupt)\b[^\\]{0,200})", trace) for trace in traces
        ]
        found = Counter(each[-1] for each in ends if each)
        return "; ".join(f"{number} × {end}" for end, number in found.most_common(5)) or "none"

    def doctor(self) -> list[str]:
        """What the doctor finds wrong."""
        found = self.livery("doctor")
        wrong = [line.strip() for line in found.stdout.splitlines() if "WRONG" in line]
        return wrong or ([found.stderr[-500:]] if found.returncode else [])


class Redis(Process):
    """A Redis of our own, which keeps nothing."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if not program:
            raise LeftOut("there is no redis-server on this machine")
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        super().__init__([*command, "--dir", str(folder)], folder / "redis.txt")

    def pause(self, number: int) -> None:
        """Sends it a signal: stopped, it takes calls and answers none."""
        assert self.running is not None
        self.running.send_signal(number)


class _Talk(socketserver.StreamRequestHandler):
    """What a mail server says to one who calls (RFC 5321), or nothing at all while it hangs."""

    server: "MailServer"

    def handle(self) -> None:
        if self.server.hanging.is_set():
            self.rfile.read()  # until who called gives up
            return
        self._say("220 torture")
        to: list[str] = []
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            word = line[:4].upper()
            if word == "RCPT":
                to.append(line[line.index("<") + 1 : line.index(">")])
            if word == "DATA":
                self._say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.server.taken += to
                to = []
            self._say("221 bye" if word == "QUIT" else "250 good")
            if word == "QUIT":
                return

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server of our own, which takes what it is sent, or answers no call while it is `hanging`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"
        self.hanging = threading.Event()
        self.taken: list[str] = []

    def __enter__(self) -> "MailServer":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()


class Postgres:
    """A PostgreSQL cluster of our own, in a folder; or a replica of one that runs."""

    def __init__(self, folder: Path, of: "Postgres | None" = None) -> None:
        self.port, self.folder = free_port(), folder / "pg"
        self.url = f"postgresql://torture@127.0.0.1:{self.port}/postgres"
        self._as_user: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            if subprocess.run([*self._as_user, "true"], capture_output=True, check=False).returncode:  # noqa: S603
                raise LeftOut("PostgreSQL does not run as root, and there is no user postgres")
            shutil.chown(folder, "postgres", "postgres")
            folder.chmod(0o755)
        if of is None:
            self._run("initdb", "-D", str(self.folder), "-U", "torture", "-A", "trust", "-E", "UTF8", "--locale=C")
        else:
            address = ("-h", "127.0.0.1", "-p", str(of.port), "-U", "torture")
            self._run("pg_basebackup", *address, "-D", str(self.folder), "-R", "-c", "fast")

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=60"
        self._run("pg_ctl", "-D", str(self.folder), "-o", options, "-l", f"{self.folder}/log.txt", "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder), "-m", mode, "-w", "stop", check=False)

    def pause(self, number: int) -> None:
        """Sends a signal to every process of the cluster: stopped, it answers nobody."""
        head = int((self.folder / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{head}/task/{head}/children").read_text().split()
        for process in (head, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def _run(self, name: str, *words: str, check: bool = True) -> None:
        places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
        program = shutil.which(name) or (str(places[0]) if places else "")
        if not program:
            raise LeftOut(f"there is no {name} on this machine")
        command = [*self._as_user, program, *words]
        done = subprocess.run(  # noqa: S603
            command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
        )
        if check and done.returncode:
            raise LeftOut(f"{name} failed: {done.stderr.strip()[-200:]}")
