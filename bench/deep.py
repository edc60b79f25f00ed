"""Deep pages: whether the middle and the end of a huge topic or category cost what the beginning does.

    .venv/bin/python -m bench.deep                      SQLite, in a temporary folder
    DATABASE_URL=postgresql://… .venv/bin/python -m bench.deep --data /tmp/deep

The pages are asked in process, in turns, so that whatever else the machine does hits all of them alike, and each time
without anything that was kept, so that each is made from the database. With --data
the community is kept and used again; --explain shows the slowest statement of each page that costs too much.
"""

import os
import sys
import tempfile

import click
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from app import create_app
from bench import asking
from bench.asking import Place
from cli import generate_shapes as shapes
from cli.prepare import prepare
from core import config as environment
from core import db
from core.db import session
from core.pages import encode
from forum import categories, posting, topics
from models import Post, Topic

ALLOWED = 1.3
"""How much more than the first page of its list a page may cost."""


@click.command(help=__doc__.splitlines()[0])
@click.option("--posts", default=100_000, show_default=True, help="Posts of the huge topic.")
@click.option("--topics", "number", default=200_000, show_default=True, help="Topics of the huge category.")
@click.option("--rounds", default=60, show_default=True, help="How often each page is asked.")
@click.option("--data", help="A folder to keep the community in.")
@click.option("--member", is_flag=True, help="Ask as somebody who is logged in, not as a guest.")
@click.option("--explain", is_flag=True, help="Show the plan of the slowest statement of each page that is over.")
def main(posts: int, number: int, rounds: int, data: str | None, member: bool, explain: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(environment.read({**os.environ, "LIVERY_DATA": data or folder}))
        with app.app_context():
            prepare()
            lists = _lists(*_shapes(posts, number), number)
            reader = asking.reader() if member else None
            engine = db.db.engine
            db.db.session.remove()
        ask = asking.asker(app, reader, forgetting=True)
        asking.measure(ask, [place for places in lists.values() for place in places], rounds)
        over = _report(f"{engine.dialect.name}, {'member' if member else 'guest'}", lists)
        for place in over if explain else ():
            asking.explain(engine, ask, place)
    sys.exit(1 if over else 0)


def _shapes(posts: int, number: int) -> tuple[Topic, int]:
    """The huge topic and the id of the huge category, made where they are missing."""
    query = select(Topic).where(Topic.posts == posts)
    if session().scalar(query.limit(1)) is None:
        shapes.huge_topic(posts)
    crowd = select(Topic.category_id).group_by(Topic.category_id).having(func.count() >= number)
    category = session().scalar(crowd.limit(1)) or shapes.huge_category(number)
    return session().scalars(query.limit(1)).one(), category


def _lists(topic: Topic, category: int, number: int) -> dict[str, list[Place]]:
    """What is measured: for each list the first page, and then those that must not cost more."""
    path, last = f"/topic/{topic.id}/{topic.slug}", topic.last_number
    size = posting.settings.per_page
    deep = [last // 2, last - 10]
    pages = number // topics.settings.per_page
    lists = {
        "topic, at a post": [Place(f"{post:,}", f"{path}/{post}") for post in (1, *deep)],
        "topic, newest first": [
            Place(f"page {page:,}", f"{path}?sort=newest_to_oldest&page={page}")
            for page in (1, last // size // 2, last // size)
        ],
        "topic, most votes": [
            Place("page 1", f"{path}?sort=most_votes"),
            *(
                Place(f"row {offset:,}", f"{path}?sort=most_votes&cursor={_by_votes(topic.id, offset)}")
                for offset in deep
            ),
            Place(f"at post {deep[0]:,}", f"{path}/{deep[0]}?sort=most_votes"),
        ],
    }
    for sort, column in topics.SORTS.items():
        head = f"{_category_path(category)}?sort={sort}"
        lists[f"category, {sort}"] = [
            Place("page 1", head),
            *(
                Place(f"page {page:,}", f"{head}&cursor={_by_topic(category, column, page)}")
                for page in (pages // 10, pages * 9 // 10)
            ),
        ]
    return lists


def _category_path(category: int) -> str:
    place = categories.find(category)
    assert place is not None
    return place.path


def _by_votes(topic_id: int, offset: int) -> str:
    row = session().execute(
        select(Post.score, Post.number)
        .where(Post.topic_id == topic_id, Post.number > 1)
        .order_by(Post.score.desc(), Post.number)
        .limit(1)
        .offset(offset)
    )
    return encode("after", *row.one())


def _by_topic(category: int, column: InstrumentedAttribute, page: int) -> str:
    size = topics.settings.per_page
    row = session().execute(
        select(column, Topic.id)
        .where(Topic.category_id == category, Topic.pinned_at.is_(None))
        .order_by(column.desc(), Topic.id.desc())
        .limit(1)
        .offset((page - 1) * size - 1)
    )
    return encode(*row.one())


def _report(title: str, lists: dict[str, list[Place]]) -> list[Place]:
    over = []
    click.echo(f"\n{title:<34}{'page':>16}{'median':>11}{'ratio':>8}")
    for name, places in lists.items():
        for place in places:
            ratio = place.median / places[0].median
            mark = ""
            if ratio > ALLOWED:
                mark = "  OVER"
                over.append(place)
            click.echo(f"{name:<34}{place.name:>16}{place.median:>8.2f} ms{ratio:>8.2f}{mark}")
    return over


if __name__ == "__main__":
    main()
