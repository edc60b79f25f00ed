"""What every torture uses: sites and servers that end with it, and whether anything was lost, doubled or refused."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.torture_crowd import Crowd, Told
from cli.torture_site import LeftOut, Postgres, Site


@dataclass(frozen=True)
class Plan:
    """How hard, and how long."""

    kills: int
    seconds: float
    writers: int
    readers: int
    seed: int
    posts: int = 0
    """Of the site that is crowded, before anybody comes."""


class Trouble(Exception):
    """What the site did not stand."""


def worker_of(site: Site) -> int:
    """The process that does the server's work."""
    server = site.server.running
    assert server is not None
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    found = [int(word) for word in children.read_text().split()] if children.exists() else []
    return found[-1] if found else 0


def still_answered(crowd: Crowd, when: str) -> None:
    if not crowd.wait_for(10, 60):
        raise Trouble(f"nobody could write {when}: {dict(crowd.told.writes)}")


def check(site: Site, crowd: Crowd, but: str = "nothing") -> None:
    wrong = crowd.troubles() + [line for line in site.doctor() if but not in line]
    if wrong:
        raise Trouble("; ".join(wrong))


def only(site: Site, told: Told, writes: set[str], reads: set[str]) -> None:
    """Nobody was told anything else; lines that broke because their process was killed are no answers."""
    strange = {status: number for status, number in told.writes.items() if status.isdigit() and status not in writes}
    strange |= {status: number for status, number in told.reads.items() if status.isdigit() and status not in reads}
    if strange:
        raise Trouble(f"somebody was told {strange}; the log: {site.errors()}")


@contextmanager
def a_site(place: Path, **about: object) -> Iterator[Site]:
    site = Site(place / "data", **about)
    try:
        yield site
    except RuntimeError as error:
        raise Trouble(str(error)) from error
    finally:
        site.stop()


@contextmanager
def a_postgres(place: Path) -> Iterator[Postgres]:
    server = Postgres(place)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def a_small_disk(place: Path) -> Iterator[Path]:
    """A file system of 32 MB in memory."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "livery-torture", str(place)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603
        raise LeftOut("a small file system cannot be mounted here (it takes root)")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)  # noqa: S603, S607
