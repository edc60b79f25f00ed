"""Instructions: what a page costs where nothing else on the machine can change it, counted by valgrind.

    .venv/bin/python -m bench.instructions

Processor time depends on who else is there: on a machine that is shared, the same hello takes four times as long after
a rest of two milliseconds. The instructions that a server's processes run for a request do not, so this tells whether
a change made a page cheaper. They are no measure of how many hellos a page costs: what the kernel does for a request,
which is most of a hello, is not among them. Takes some minutes: a server under valgrind is fifty times as slow.
"""

import re
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from bench import pages, servers
from cli.torture_site import Process

WARM = 12
"""Requests of each page ahead of those that count."""
PAGES = ("guest topic", "member topic", "member category", "member recent", "member unread")


@click.command(help=__doc__.splitlines()[0])
@click.option("--posts", default=10_000, show_default=True, help="Posts of the community.")
@click.option("--requests", "number", default=150, show_default=True, help="Requests of a member's page.")
@click.option("--data", help="A folder to keep the community in.")
def main(posts: int, number: int, data: str | None) -> None:
    if not shutil.which("valgrind"):
        raise click.ClickException("There is no valgrind on this machine.")
    with tempfile.TemporaryDirectory() as temporary:
        folder, site = Path(temporary), Path(data or temporary) / "site"
        known = [page for page in pages.prepared(site, posts) if page.name in PAGES]
        hello = _cost(lambda: servers.hello(folder), [pages.Page("hello", "/")], "hello", number * 10)
        click.echo(f"{'hello':<18}{hello / 1000:>8.0f} thousand")
        for page in known:
            # of a short answer more: what a server does besides would weigh too much
            cost = _cost(lambda: servers.livery(site), known, page.name, number if page.cookie else number * 10)
            click.echo(f"{page.name:<18}{cost / 1000:>8.0f} thousand{cost / hello:>8.2f} hellos")


def _cost(make: Callable[[], servers.Server], all_pages: list[pages.Page], name: str, number: int) -> float:
    """Instructions for a request of the page of this name: two runs, one with so many requests more."""
    few, many = (_counted(make(), all_pages, name, more) for more in (0, number))
    return (many - few) / number


def _counted(server: servers.Server, all_pages: list[pages.Page], name: str, more: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        counter = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={folder}/out.%p"]
        plain = server.process
        server.process = Process([*counter, *plain.command], plain.log, plain.environ)
        server.start()
        for page in all_pages:
            ask = servers.line(server.port, page.path, page.cookie)
            for _ in range(WARM + (more if page.name == name else 0)):
                ask()
        server.process.kill(signal.SIGTERM)
        return sum(_summary(file.read_text()) for file in Path(folder).iterdir())


def _summary(counts: str) -> int:
    found = re.search(r"^summary: (\d+)", counts, re.MULTILINE)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main()
