"""Search: what quick results and full searches cost in a large community, with rare words and with common ones.

    .venv/bin/python -m bench.search                      SQLite, in a temporary folder
    DATABASE_URL=postgresql://… .venv/bin/python -m bench.search --data /tmp/search

The pages are asked in process as a member. With --data the community is kept and used again; --explain shows the plan
of the slowest statement of each search that costs too much.
"""

import os
import sys
import tempfile
from collections import Counter
from urllib.parse import urlencode

import click
from sqlalchemy import func, select

from app import create_app
from bench import asking
from bench.asking import Place
from cli import generate as maker
from cli import search_index
from cli.prepare import prepare
from core import config as environment
from core import db
from core.db import session
from core.search import words
from forum.text import plain
from models import Category, Post, Tag, User

QUICK, FULL = 50.0, 150.0
"""Milliseconds that the 95th of a hundred quick results and full searches may take."""


@click.command(help=__doc__.splitlines()[0])
@click.option("--posts", default=500_000, show_default=True, help="Posts of the community.")
@click.option("--rounds", default=100, show_default=True, help="How often each search is asked.")
@click.option("--data", help="A folder to keep the community in.")
@click.option("--explain", is_flag=True, help="Show the plan of the slowest statement of each search that is over.")
def main(posts: int, rounds: int, data: str | None, explain: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(environment.read({**os.environ, "LIVERY_DATA": data or folder}))
        with app.app_context():
            prepare()
            if (session().scalar(select(func.count()).select_from(Post)) or 0) < posts:
                maker.generate(posts // 250, posts // 16, posts, 1)
                search_index.catch_up()
            reader, searches = asking.reader(), _searches()
            engine = db.db.engine
            share = session().scalar(select(func.count()).select_from(Post))
            db.db.session.remove()
        ask = asking.asker(app, reader, ("/search/quick",))
        asking.measure(ask, searches, rounds)
        over = _report(f"{engine.dialect.name}, {share:,} posts", searches)
        for search in over if explain else ():
            asking.explain(engine, ask, search)
    sys.exit(1 if over else 0)


def _searches() -> list[Place]:
    common, half, rare = _common_words()
    busy, quiet = _people()
    small, tag = _place(), session().scalars(select(Tag.name).order_by(Tag.topics).limit(1)).one()
    full = {
        "a word in nearly all": common,
        "a word in 60 %": half,
        "a rare word": rare,
        "a word that is not there": "xylophone",
        "two common words": f"{common} {half}",
        "a phrase": f'"{rare} {common}"',
        "common, without a common": f"{common} -{half}",
        "common, by one who wrote much": f"{half} author:{busy}",
        "common, by one who wrote little": f"{half} author:{quiet}",
        "common, in a small category": f"{half} category:{small}",
        "common, with a rare tag": f"{half} tag:{tag}",
        "common, two years ago": f"{half} before:2025-01",
        "common, a day long ago": f"{half} after:2024-03-03 before:2024-03-04",
        "in titles": f"in:title {rare}",
        "all posts of one": f"author:{busy}",
    }
    searches = [Place(f"full: {name}", _address("/search", q=words), FULL) for name, words in full.items()]
    for sort in ("newest", "votes"):
        searches.append(Place(f"full: a word in 60 %, by {sort}", _address("/search", q=half, sort=sort), FULL))
    searches.append(Place("full: a word in 60 %, page 50", _address("/search", q=half, page="50"), FULL))
    typed = [
        common[:1],
        common[:2],
        common,
        half,
        half[:2],
        half[:3],
        half[:-1],
        f"{common} {half[:2]}",
        rare[:3],
        rare,
    ]
    searches += [Place(f"quick: {text}", _address("/search/quick", q=text), QUICK) for text in dict.fromkeys(typed)]
    return searches


def _address(path: str, **query: str) -> str:
    return f"{path}?{urlencode(query)}"


def _common_words() -> tuple[str, str, str]:
    """A word that stands in nearly all posts, one in about 60 %, and one in few, of a sample."""
    bodies = session().scalars(select(Post.html).order_by(Post.id.desc()).limit(3000)).all()
    counts = Counter(word for body in bodies for word in set(words.split(plain(body))))
    shares = {word: number / len(bodies) for word, number in counts.items() if len(word) > 2}
    half = min(shares, key=lambda word: (abs(shares[word] - 0.6), word))
    click.echo(f"“{half}” stands in {shares[half]:.0%} of the posts.")
    return max(shares, key=lambda word: (shares[word], word)), half, min(shares, key=lambda word: (shares[word], word))


def _people() -> tuple[str, str]:
    written = select(User.slug).where(User.posts > 3).order_by(User.posts.desc(), User.id)
    slugs = session().scalars(written).all()
    return slugs[0], slugs[-1]


def _place() -> int:
    return session().scalars(select(Category.id).where(Category.posts > 0).order_by(Category.posts).limit(1)).one()


def _report(title: str, searches: list[Place]) -> list[Place]:
    over = [search for search in searches if search.centile(0.95) > search.allowed]
    click.echo(f"\n{title:<44}{'median':>12}{'p95':>12}")
    for search in searches:
        mark = "  OVER" if search in over else ""
        click.echo(f"{search.name:<44}{search.centile(0.5):>9.1f} ms{search.centile(0.95):>9.1f} ms{mark}")
    return over


if __name__ == "__main__":
    main()
