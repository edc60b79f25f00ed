"""Pages: what each costs to serve, to a guest and to a member, beside a Flask hello and beside nginx in the same run.

    .venv/bin/python -m bench.pages                     a community of 10,000 posts, on SQLite
    .venv/bin/python -m bench.pages --posts 1000000 --only topic

A cost is the processor time of the serving processes for a request while eight readers ask at once, each over a
connection that he keeps; the pages, the hello and nginx take turns, so that whatever else the machine does hits all
alike, and the median of the rounds counts. Times are those of one reader alone. So is the cost "alone": each of his
requests finds the threads of the server asleep, and most of what a short answer costs then is to wake them.

A "member" page is put together for each request; "again" is the same page for a member who had it within the last minute
and for whom nothing has changed since, so that it is sent as it was (web/again.py).
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import click
from flask import session as cookie_session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import event, func, select

from app import create_app
from bench import asking, servers
from cli import generate as maker
from cli import search_index
from cli.prepare import prepare
from core import config as environment
from core import db, settings
from core.db import session, writing
from models import Category, Post, Topic, User
from web.auth import log_in

LIMITS = {"guest topic": 0.35, "member topic": 6.0, "member category": 5.0, "member recent": 5.0, "member unread": 5.0}
"""Hellos that a page may cost, be it made anew or sent again."""
AT_ONCE = 8
OF_NGINX = 4.0
"""How often nginx's cost a guest's topic page may cost."""


@dataclass
class Page:
    """A page that is measured, and what was seen of it."""

    name: str
    path: str
    cookie: str = ""
    size: int = 0
    queries: int = 0
    costs: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def cost(self) -> float:
        """Seconds of processor time: the median of the rounds."""
        return statistics.median(self.costs)

    def alone_of(self, hello: "Page") -> float:
        """How many hellos it costs when nothing else is asked."""
        return statistics.median(mine / other for mine, other in zip(self.alone, hello.alone, strict=True))

    @property
    def ratio(self) -> float:
        """How many hellos it costs: the median of the rounds."""
        return statistics.median(self.ratios)

    def centile(self, share: float) -> float:
        """Milliseconds that a share of the requests kept to."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * share))] * 1000


@click.command(help=__doc__.splitlines()[0])
@click.option("--posts", default=10_000, show_default=True, help="Posts of the community.")
@click.option("--rounds", default=21, show_default=True, help="How often each page has its turn.")
@click.option("--requests", "number", default=80, show_default=True, help="Requests of a turn.")
@click.option("--only", default="", help="Pages whose names hold this.")
@click.option("--data", help="A folder to keep the community in.")
def main(posts: int, rounds: int, number: int, only: str, data: str | None) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        pages = [page for page in prepared(Path(data or temporary) / "site", posts) if only in page.name]
        over = report(measured(folder, Path(data or temporary) / "site", pages, rounds, number))
    sys.exit(1 if over else 0)


def prepared(data: Path, posts: int) -> list[Page]:
    """A community of so many posts in a folder, and its pages to be asked."""
    data.mkdir(parents=True, exist_ok=True)
    app = create_app(environment.read({**os.environ, "LIVERY_DATA": str(data)}))
    with app.app_context():
        prepare()
        if (session().scalar(select(func.count()).select_from(Post)) or 0) < posts:
            maker.generate(max(20, posts // 250), posts // 16, posts, 1)
            search_index.catch_up()
        with writing():
            settings.put("reading.per_minute", "0")
            settings.put("reading.crawlers_per_minute", "0")
            settings.put("search.guests", "open")
        reader = asking.reader()
        _leave_unread(int(reader.split(".")[0]))
        paths = _paths()
        db.db.session.remove()
    cookie = session_of(app, reader)
    pages = [Page(f"guest {name}", path) for name, path in paths.items() if name != "unread"]
    pages += [Page(f"member {name}", asking.anew(path), cookie) for name, path in paths.items()]
    pages += [Page(f"again {name}", path, cookie) for name, path in paths.items() if name != "search"]
    for page in pages:
        page.queries = _queries(app, page)
    with app.app_context():
        db.db.engine.dispose()
    return pages


def _leave_unread(reader: int) -> None:
    """Lets the reader have joined when the newest topics had no posts yet, so that two pages of them are unread."""
    newest = select(Topic.last_post_at).order_by(Topic.last_post_at.desc()).offset(40).limit(1)
    with writing() as current:
        current.get_one(User, reader).joined_at = current.scalars(newest).one()


def _paths() -> dict[str, str]:
    topic = session().scalars(select(Topic).where(Topic.posts >= 20).order_by(Topic.posts).limit(1)).one()
    category = session().scalars(select(Category).order_by(Category.topics.desc()).limit(1)).one()
    return {
        "home": "/",
        "category": f"/category/{category.id}/{category.slug}",
        "topic": f"/topic/{topic.id}/{topic.slug}",
        "recent": "/recent",
        "unread": "/unread",
        "search": "/search?q=water",
    }


def session_of(app, reader: str) -> str:
    """The cookie of somebody who has logged in and seen a page: it has the token of his forms."""
    with app.test_request_context():
        log_in(int(reader.split(".")[0]), remember=False)
        generate_csrf()
        signer = app.session_interface.get_signing_serializer(app)
        return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(dict(cookie_session))}"


def _queries(app, page: Page) -> int:
    """The statements behind a page when everything that may be kept is kept."""
    client, seen = app.test_client(use_cookies=False), []
    headers = {"Cookie": page.cookie} if page.cookie else {}
    for _ in range(3):
        assert client.get(page.path, headers=headers).status_code == 200, page.path
    with app.app_context():
        engine = db.db.engine

    def count(connection, cursor, statement, parameters, context, many):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    client.get(page.path, headers=headers)
    event.remove(engine, "before_cursor_execute", count)
    return len([each for each in seen if not each.startswith(("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK"))])


def measured(folder: Path, data: Path, pages: list[Page], rounds: int, number: int) -> list[Page]:
    """Asks all pages in turns; the first of what is returned is the hello, the last nginx, if there is one."""
    site, hello = servers.livery(data), servers.hello(folder)
    site.start()
    hello.start()
    plain = Page("hello", "/")
    turns = [(plain, hello), *((page, site) for page in pages)]
    same = next((page for page in pages if page.name == "guest topic"), None)
    proxy = None
    if same is not None and (proxy := servers.nginx(folder, _body(site, same))):
        proxy.start("/page.html")
        turns.append((Page("nginx", "/page.html"), proxy))
    try:
        lines = [
            Line(
                page, servers.line(server.port, page.path, page.cookie),
                servers.lines(server.port, page.path, page.cookie, AT_ONCE), server.clock(),
            )
            for page, server in turns
        ]  # fmt: skip
        for line in lines:
            for _ in range(20):
                line.page.size = line.ask()
                line.ask_at_once()
        for _ in range(rounds):
            _round(lines, number)
    finally:
        for server in (site, hello, proxy):
            if server:
                server.stop()
    return [page for page, _ in turns]


def _body(site: servers.Server, page: Page) -> bytes:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", page.path, headers={"Accept-Encoding": "br"})
    return connection.getresponse().read()


class Line(NamedTuple):
    """How a page is asked for, once and by several readers at once, and the processor time of its server."""

    page: Page
    ask: Callable[[], int]
    ask_at_once: Callable[[], None]
    clock: Callable[[], float]


def _round(lines: list[Line], number: int) -> None:
    for page, ask, ask_at_once, clock in lines:
        before = clock()
        for _ in range(number):
            begun = time.perf_counter()
            ask()
            page.times.append(time.perf_counter() - begun)
        between = clock()
        for _ in range(-(-number // AT_ONCE)):
            ask_at_once()
        page.alone.append((between - before) / number)
        page.costs.append((clock() - between) / (-(-number // AT_ONCE) * AT_ONCE))
        page.ratios.append(page.costs[-1] / lines[0].page.costs[-1])


def report(pages: list[Page]) -> bool:
    """Prints what was measured; returns whether anything costs more than it may."""
    over = False
    words = f"{'':<18}{'CPU':>9}{'hellos':>8}{'may be':>8}{'alone':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'queries':>9}{'bytes':>9}"
    click.echo(f"\n{words}")
    for page in pages:
        limit = limit_of(page) or 0
        mark = "  OVER" if limit and page.ratio > limit else ""
        over |= bool(mark)
        click.echo(
            f"{page.name:<18}{page.cost * 1e6:>6.0f} µs{page.ratio:>8.2f}{limit or '':>8}{page.alone_of(pages[0]):>8.2f}"
            f"{page.centile(0.5):>8.2f}{page.centile(0.95):>8.2f}{page.centile(0.99):>8.2f}{page.queries:>9}{page.size:>9}{mark}"
        )
    if found := of_nginx(pages):
        times, alone = found
        click.echo(f"A guest's topic page costs {times:.1f} times nginx's (at most {OF_NGINX}; alone {alone:.1f}).")
        over |= times > OF_NGINX
    return over


def limit_of(page: Page) -> float | None:
    """How many hellos a page may cost, if there is a bound."""
    return LIMITS.get(page.name.replace("again", "member"))


def of_nginx(pages: list[Page]) -> tuple[float, float] | None:
    """How often nginx's cost a guest's topic page costs, under load and alone; None where there is no nginx."""
    found = {page.name: page for page in pages}
    if "nginx" not in found or "guest topic" not in found:
        return None
    page, other = found["guest topic"], found["nginx"]
    return page.cost / other.cost, page.alone_of(other)


if __name__ == "__main__":
    main()
