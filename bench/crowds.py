"""Crowds: replies a second by 1, 8 and 32 writers, live readers of one process, and a flood of guests beside a member.

    .venv/bin/python -m bench.crowds                    SQLite, in a temporary folder
    DATABASE_URL=postgresql://… .venv/bin/python -m bench.crowds --only writers

The site is a fresh one in a process of its own. What the readers and the guests themselves use up is not the site's: they
live in other processes, on the same machine.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from bench import asking, flood, servers
from bench.streams import Readers
from cli.torture_crowd import Crowd
from cli.torture_site import Site

READERS, REACHED, SLOWED = 2_000, 1.0, 1.10
"""Live readers of one process; the seconds in which a reply reaches all; how much slower ordinary requests may be."""
FLOOD, DISTURBED = 500, 1.5
"""Guest requests a second, and how many times its p95 of quiet times a member's page may take meanwhile."""


@click.command(help=__doc__.splitlines()[0])
@click.option("--seconds", default=20.0, show_default=True, help="How long each crowd stays.")
@click.option("--only", default="", help="Crowds whose names hold this: writers, readers, flood.")
def main(seconds: float, only: str) -> None:
    over = False
    for name, crowd in CROWDS.items():
        if only in name:
            lines, too_much = crowd(seconds)
            click.echo("\n".join(lines))
            over |= too_much
    sys.exit(1 if over else 0)


def writers(seconds: float) -> tuple[list[str], bool]:
    """Replies a second, and what one costs beside a hello."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        hello = _cost_of_hello(Path(folder))
        for number in (1, 8, 32):
            site, crowd = _crowded(Path(folder) / str(number), members=number * (3 + int(seconds * 3)))
            try:
                crowd.begin(writers=1, readers=0)
                crowd.wait_for(20, 60)  # everything is imported and kept
                used, before, begun = _clock(site), len(crowd.told.acknowledged), time.monotonic()
                at_first = used()
                crowd.begin(writers=number - 1, readers=0)
                time.sleep(seconds)
                took, written = time.monotonic() - begun, len(crowd.told.acknowledged) - before
                cost = (used() - at_first) / max(1, written)
                told = crowd.end()
            finally:
                site.stop()
            strange = {status: count for status, count in told.writes.items() if status != "303"}
            lines.append(
                f"{number:>3} writers: {written / took:6.0f} replies a second, {cost * 1000:.1f} ms of processor time each "
                f"({cost / hello:.0f} hellos), slowest {told.slowest:.2f} s{f', refused {strange}' if strange else ''}"
            )
    return lines, False


def readers(seconds: float) -> tuple[list[str], bool]:
    """Ordinary requests beside thousands of open streams, and how soon a reply reaches all of them."""
    with tempfile.TemporaryDirectory() as folder:
        site, crowd = _crowded(Path(folder), members=20)
        try:
            path, cookie = asking.anew(f"/topic/{crowd.topic}/what-will-be-left"), crowd.members[1].cookie
            alone, quiet = _asked(site, path, cookie, seconds)
            with Readers(site.port, crowd.topic, READERS) as all_of_them:
                among, busy = _asked(site, path, cookie, seconds)
                reached = [_reaches(all_of_them, crowd, number) for number in range(15)]
            memory = servers.memory_of(servers.pids_of(site.server))
        finally:
            crowd.end()
            site.stop()
    slower = busy / quiet
    late = max(reached)
    return [
        f"{READERS:,} live readers of one process: a member's page costs {slower:.2f} times what it does without them "
        f"(at most {SLOWED}; p50 {alone:.1f} ms alone, {among:.1f} ms among them); a reply reaches all in "
        f"{statistics.median(reached):.2f} s (median of {len(reached)}), {late:.2f} s at the latest (at most {REACHED}); "
        f"{memory} MB for the process"
    ], slower > SLOWED or late > REACHED


def flooded(seconds: float) -> tuple[list[str], bool]:
    """A member's pages in quiet times and under a flood of guests."""
    with tempfile.TemporaryDirectory() as folder:
        site, crowd = _crowded(Path(folder), members=40, LIVERY_TRUSTED_PROXIES="127.0.0.1")
        try:
            path, cookie = f"/topic/{crowd.topic}/what-will-be-left", crowd.members[1].cookie
            quiet = _times(site, asking.anew(path), cookie, seconds)
            with flood.guests(site.port, [path, "/", "/recent", "/categories", "/tags", "/popular"], FLOOD) as told:
                time.sleep(2)
                busy = _times(
                    site, asking.anew(path), cookie, 3 * seconds
                )  # a minute, if the others stay for twenty seconds
        finally:
            crowd.end()
            site.stop()
    ratio = _centile(busy, 0.95) / _centile(quiet, 0.95)
    return [
        f"{told['a second']:.0f} guest requests a second for {told['seconds']:.0f} s (asked for {FLOOD}; answers "
        f"{told['answers']}): a member's p95 is {ratio:.2f} times that of quiet times (at most {DISTURBED}; "
        f"{_centile(quiet, 0.95):.1f} and {_centile(busy, 0.95):.1f} ms)"
    ], ratio > DISTURBED


CROWDS: dict[str, Callable[[float], tuple[list[str], bool]]] = {
    "writers": writers,
    "readers": readers,
    "flood": flooded,
}


def _crowded(folder: Path, members: int, **environ: str) -> tuple[Site, Crowd]:
    site = Site(folder, **environ)
    crowd = Crowd(site, members=members)
    site.start()
    return site, crowd


def _cost_of_hello(folder: Path) -> float:
    """Seconds of processor time that a hello costs."""
    server = servers.hello(folder)
    server.start()
    try:
        ask, used = servers.line(server.port, "/", ""), server.clock()
        for _ in range(200):
            ask()
        before = used()
        for _ in range(1000):
            ask()
        return (used() - before) / 1000
    finally:
        server.stop()


def _clock(site: Site) -> Callable[[], float]:
    return servers.clock_of(servers.pids_of(site.server))


def _asked(site: Site, path: str, cookie: str, seconds: float) -> tuple[float, float]:
    """A page that is asked for again and again: the median in ms, and the processor time of each request."""
    used = _clock(site)
    before = used()
    times = _times(site, path, cookie, seconds)
    return statistics.median(times) * 1000, (used() - before) / len(times)


def _times(site: Site, path: str, cookie: str, seconds: float) -> list[float]:
    ask, times, end = servers.line(site.port, path, cookie), [], time.monotonic() + seconds
    for _ in range(20):
        ask()
    while time.monotonic() < end:
        begun = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begun)
        time.sleep(0.01)  # people read in between
    return times


def _centile(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)] * 1000


def _reaches(readers_: Readers, crowd: Crowd, number: int) -> float:
    """Seconds from the acknowledgement of a reply until every reader was told of it."""
    told = readers_.expect()
    crowd.reply_once(crowd.members[2 + number])
    acknowledged = time.monotonic()
    return max(0.0, told() - acknowledged)


if __name__ == "__main__":
    main()
