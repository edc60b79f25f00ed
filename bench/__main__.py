"""`bin/bench`: everything that is measured, in one run on one machine, as ratios; kept in RESULTS.md with a plot."""

import os
import platform
import re
import signal
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click

from bench import crowds, growth, pages, plot, servers
from bench.asking import Place

HERE = Path(__file__).parent
STARTS, AT_REST, LOADED, FIRST = 5, 150, 300, 1.0
"""How often the start is measured; megabytes of a process at rest and after load; seconds to the first answer."""


SECTIONS = ("Pages", "Start", "Crowds", "Growth")
"""The sections of RESULTS.md, by the first words of their titles."""
_INTRODUCTION = """# What Livery costs

Made by `bin/bench`. A lone time means nothing: what counts are the ratios to a Flask hello behind the same server, and to \
nginx serving the same bytes, measured in turns in the same run."""
_HOW_PAGES = (
    "Processor time of the serving processes for a request while {} readers ask at once, each over a connection that he "
    "keeps, in hellos and µs; “alone” is the same for one reader, whose every request finds the server's threads asleep. "
    "Times and rates are those of one reader. A “member” page is put together for each request; “again” is the same page for "
    "a member who had it within the last minute and for whom nothing has changed since, so that it is sent as it was. "
    "Guests have nothing unread, and may search here, which a site does not let them as it begins. The hello runs as "
    "granian starts it, without what Livery asks of the system for itself (docs/decisions/0022-requests-take-turns.md)."
)


@dataclass
class Report:
    """The sections of RESULTS.md, and whether anything is worse than it may be."""

    sections: dict[str, list[str]] = field(default_factory=dict)
    over: bool = False
    _open: str = ""

    def begin(self, title: str) -> None:
        """Begins a section: what is said from now on stands in it."""
        self._open = title.split()[0]
        self.sections[self._open] = []
        self.say(f"## {title}", "", _about(), "")

    def say(self, *lines: str, over: bool = False) -> None:
        """Prints lines, and keeps them."""
        self.sections[self._open] += lines
        self.over |= over
        click.echo("\n".join(lines))

    def write(self, file: Path) -> None:
        """Puts the sections into the file in place of those of the same name; the others stay as their last run left them."""
        text = file.read_text() if file.exists() else ""
        before = {each.split()[0]: [f"## {each.rstrip()}"] for each in re.split(r"^## ", text, flags=re.MULTILINE)[1:]}
        known = before | self.sections
        ordered = ["\n".join(known[name]).rstrip() for name in SECTIONS if name in known]
        file.write_text("\n\n".join([_INTRODUCTION, *ordered]) + "\n")


@click.command(help=__doc__.splitlines()[0])
@click.option("--posts", default=10_000, show_default=True, help="Posts of the community whose pages are measured.")
@click.option("--sizes", default="10000,100000,1000000,10000000", show_default=True, help="Sizes for the growth.")
@click.option("--rounds", default=9, show_default=True, help="How often each page has its turn.")
@click.option("--seconds", default=20.0, show_default=True, help="How long each crowd stays.")
@click.option("--data", help="A folder to keep the communities in.")
@click.option(
    "--only", multiple=True, type=click.Choice(SECTIONS, case_sensitive=False), help="A section; the others stay."
)
@click.option("--quick", is_flag=True, help="Small and short, and nothing is written.")
def main(
    posts: int, sizes: str, rounds: int, seconds: float, data: str | None, only: tuple[str, ...], quick: bool
) -> None:
    if quick:
        posts, sizes, rounds, seconds = 2_000, "2000,10000", 3, 4.0
    report, wanted = Report(), set(only or SECTIONS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(data or temporary)
        if "Pages" in wanted:
            _pages(report, folder, posts, rounds)
        if "Start" in wanted:
            _start_and_memory(report, folder, posts)
        if "Crowds" in wanted:
            _crowds(report, seconds)
        if "Growth" in wanted:
            grown = _growth(report, folder, [int(size) for size in sizes.split(",")], 4 * rounds)
            if not quick:
                (HERE / "results.svg").write_text(plot.growth_svg(grown))
    if not quick:
        report.write(HERE / "RESULTS.md")
    sys.exit(1 if report.over else 0)


def _about() -> str:
    where = "PostgreSQL" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite"
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} processors, {platform.machine()}, Python "
        f"{platform.python_version()}, {where}, load {os.getloadavg()[0]:.1f} at the beginning."
    )


def _pages(report: Report, folder: Path, posts: int, rounds: int) -> None:
    known = pages.prepared(folder / "site", posts)
    with tempfile.TemporaryDirectory() as servers_:
        found = pages.measured(Path(servers_), folder / "site", known, 2 * rounds, 80)
    hello = found[0]
    head = [
        "page",
        "hellos",
        "may be",
        "alone",
        "CPU, µs",
        "requests a second",
        "of hello's",
        "p50, ms",
        "p95",
        "p99",
        "queries",
        "bytes",
    ]
    report.begin(f"Pages of a community of {posts:,} posts")
    report.say(_HOW_PAGES.format(pages.AT_ONCE), "", *_table_head(head))
    for page in found:
        limit = pages.limit_of(page)
        rate, of_hello = 1 / statistics.mean(page.times), statistics.mean(hello.times) / statistics.mean(page.times)
        figures = [
            f"{page.ratio:.2f}", str(limit or ""), f"{page.alone_of(hello):.2f}", f"{page.cost * 1e6:.0f}",
            f"{rate:.0f}", f"{of_hello:.2f}", *(f"{page.centile(share):.2f}" for share in (0.5, 0.95, 0.99)),
            str(page.queries), f"{page.size:,}",
        ]  # fmt: skip
        report.say(f"| {page.name} | {' | '.join(figures)} |", over=bool(limit and page.ratio > limit))
    if of_nginx := pages.of_nginx(found):
        times, alone = of_nginx
        words = f"A guest's topic page costs {times:.1f} times what nginx takes to serve the same bytes (at most {pages.OF_NGINX})"
        report.say("", f"{words}; asked for alone, {alone:.1f} times.", over=times > pages.OF_NGINX)
    else:
        report.say("", "There is no nginx on this machine, so nothing is compared with it.")


def _table_head(names: list[str]) -> list[str]:
    return [f"| {' | '.join(names)} |", f"|---{'|---:' * (len(names) - 1)}|"]


def _start_and_memory(report: Report, folder: Path, posts: int) -> None:
    report.begin("Start and memory")
    known = pages.prepared(folder / "site", posts)
    with tempfile.TemporaryDirectory() as place:
        hello, starts, hellos = servers.hello(Path(place)), [], []
        for _ in range(STARTS):
            hellos.append(hello.start())
            hello.stop()
        site = servers.livery(folder / "site")
        # whoever filled the database left it in the log; ended in peace, a server puts it where it belongs
        site.start("/healthz")
        site.process.kill(signal.SIGTERM)
        for _ in range(STARTS):
            starts.append(site.start("/healthz"))
            site.stop()
    site.start()
    try:
        for path in ("/", "/recent", "/categories"):
            servers.line(site.port, path, "")()
        rest = site.memory
        for page in known:
            ask = servers.line(site.port, page.path, page.cookie)
            for _ in range(300):
                ask()
        loaded = site.memory
    finally:
        site.stop()
    first = statistics.median(starts)
    report.say(
        f"First answer {first:.2f} s after the start (median of {STARTS}; at most {FIRST}), a hello's {statistics.median(hellos):.2f} s. "
        f"The largest process takes {rest} MB at rest (at most {AT_REST}) and {loaded} MB after load (at most {LOADED}).",
        over=first > FIRST or rest > AT_REST or loaded > LOADED,
    )


def _crowds(report: Report, seconds: float) -> None:
    report.begin("Crowds")
    for crowd in crowds.CROWDS.values():
        lines, over = crowd(seconds)
        report.say(*(f"- {re.sub(r' +', ' ', each.strip())}" for each in lines), over=over)


def _growth(report: Report, folder: Path, sizes: list[int], rounds: int) -> dict[str, dict[int, Place]]:
    grown = growth.measured(folder / "growth", sizes, rounds)
    head = ["page, nothing kept", f"{sizes[0]:,} posts", *(f"{size:,}" for size in sizes[1:])]
    report.begin(f"Growth (each may cost {growth.ALLOWED} times what it does in the smallest)")
    report.say(*_table_head(head))
    for name, places in grown.items():
        times = [f"{growth.ratio(grown, name, size):.2f}" for size in sizes[1:]]
        report.say(f"| {name} | {places[sizes[0]].median:.2f} ms | {' | '.join(times)} |")
    report.say("", "![How the cost of each page grows with the community](results.svg)", over=bool(growth.over(grown)))
    return grown


if __name__ == "__main__":
    main()
