"""The mark that stops all writing: a file in the data folder that says since when, for what, and whether it was done."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core import clock

NAME = "frozen"


class Stopped(RuntimeError):
    """Writing is stopped already; the message says by what, and how to go on."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Why nothing can be written: "move" or "upgrade", where to, since when, whether it is at work still or was done."""

    why: str
    to: str
    since: datetime
    at_work: bool
    done: bool

    def sentence(self, path: Path) -> str:
        """What it means, for the operator, and what he can do."""
        since = f"{self.since:%Y-%m-%d %H:%M} UTC"
        if self.why == "upgrade":
            again = "" if self.at_work else " that broke off; the next start goes on with it"
            return f"Writing is stopped since {since} by an upgrade{again}."
        to = f" to {self.to}" if self.to else ""
        if self.done:
            back = f"To go back to what was left behind, delete {path}."
            return f"This community was moved{to} at {since}: start Livery with that DATABASE_URL. {back}"
        begun = f"Writing is stopped since {since} by a move{to}"
        return (
            f"{begun}."
            if self.at_work
            else f"{begun} that broke off. To write again (or to move again), delete {path}."
        )


class Held:
    """A mark of one's own."""

    def __init__(self, path: Path, descriptor: int, about: dict[str, object]) -> None:
        self._path, self._descriptor, self._about = path, descriptor, about
        self._write()

    def finish(self) -> None:
        """Says that what stopped the writing is done, and lets the mark stay."""
        self._about["done"] = True
        with suppress(OSError):  # it stays as it is: nothing is written, which is what matters
            self._write()
        os.close(self._descriptor)

    def remove(self) -> None:
        """Lets writing go on, unless the mark is somebody else's by now."""
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._descriptor), self._path.stat()):
                self._path.unlink()
        os.close(self._descriptor)

    def _write(self) -> None:
        text = json.dumps(self._about).encode()
        os.pwrite(self._descriptor, text, 0)
        os.ftruncate(self._descriptor, len(text))


def check(folder: Path) -> None:
    """Raises Stopped where writing is stopped already."""
    if mark := read(folder / NAME):
        raise Stopped(mark.sentence(folder / NAME))


def stop(folder: Path, why: str, to: str = "") -> Held:
    """Stops all writing. Raises Stopped where somebody has done so already, and OSError."""
    path = folder / NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        check(folder)
        raise Stopped("Writing was stopped for a moment just now.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # it goes with the process, however that ends
        return Held(path, descriptor, {"why": why, "to": to, "since": clock.now().isoformat(), "pid": os.getpid()})
    except OSError:
        path.unlink()
        os.close(descriptor)
        raise


@contextmanager
def stopped(folder: Path, why: str) -> Iterator[None]:
    """Nothing is written meanwhile; what stopped the writing before goes on doing so. Raises OSError."""
    forget(folder, why)
    try:
        held = stop(folder, why)
    except Stopped:
        yield
        return
    try:
        yield
    finally:
        held.remove()


def forget(folder: Path, why: str) -> None:
    """Lets writing go on where a process died over what it had stopped it for."""
    mark = read(folder / NAME)
    if mark is not None and mark.why == why and not mark.at_work:
        (folder / NAME).unlink()


def read(path: Path | None) -> Mark | None:
    """What a mark says; None where there is none."""
    if path is None or not path.exists():
        return None
    with suppress(FileNotFoundError), path.open("rb") as file:
        about = _told(file.read())
        since = about.get("since") or datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
        return Mark(
            why=str(about.get("why", "move")),
            to=str(about.get("to", "")),
            since=datetime.fromisoformat(str(since)),
            at_work=_is_held(file.fileno()),
            done=bool(about.get("done")),
        )
    return None


def _told(text: bytes) -> dict[str, object]:
    """What stands in a mark; nothing in one that was just made, or by hand."""
    try:
        about = json.loads(text)
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}


def _is_held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
