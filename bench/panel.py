"""The control panel: what each of its pages costs beside a member's topic page in the same run, in a big community.

    .venv/bin/python -m bench.panel --data /tmp/somewhere            100,000 people and a million posts, made once
    .venv/bin/python -m bench.panel --data /tmp/somewhere --only users

A cost is the processor time of a request, asked in this process; the topic page has its turn before each other page, and
the median counts. With DATABASE_URL it is the community there, and what that server itself spends is not seen.
"""

import gc
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import click
from sqlalchemy import Select, func, insert, select, text, update

from app import create_app
from bench import asking, pages
from cli import generate as maker
from cli.prepare import prepare
from core import clock, db
from core import config as environment
from core.db import session, writing
from forum import accounts, census, groups
from forum import statistics as figures
from forum.refusals import Invalid
from models import (
    Account,
    Act,
    Candidacy,
    Category,
    CountMark,
    Flag,
    FlagReport,
    Group,
    Membership,
    Post,
    Sanction,
    Tag,
    Topic,
    User,
)

LIMIT = 8.0
"""How many of a member's topic pages a page of the panel may cost."""
KEEPER = "Panel Keeper"


@dataclass
class Page:
    """A page, who asks for it, and the seconds of processor time that it took each time."""

    path: str
    cookie: str
    size: int = 0
    costs: list[float] = field(default_factory=list)

    @property
    def cost(self) -> float:
        """The median."""
        return statistics.median(self.costs)


@click.command(help=__doc__.splitlines()[0])
@click.option("--users", "people", default=100_000, show_default=True, help="People of the community.")
@click.option("--topics", default=60_000, show_default=True, help="Its topics.")
@click.option("--posts", default=1_000_000, show_default=True, help="Its posts.")
@click.option("--rounds", default=7, show_default=True, help="How often each page has its turn.")
@click.option("--only", default="", help="Pages whose addresses hold this.")
@click.option("--data", help="A folder to keep the community in.")
def main(people: int, topics: int, posts: int, rounds: int, only: str, data: str | None) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(data or temporary) / "site"
        place.mkdir(parents=True, exist_ok=True)
        app = create_app(environment.read({**os.environ, "LIVERY_DATA": str(place)}))
        topic, *panel = prepared(app, people, topics, posts)
        over = report(*measured(app, topic, [page for page in panel if only in page.path], rounds))
    sys.exit(1 if over else 0)


def prepared(app, people: int, topics: int, posts: int) -> list[Page]:
    """The community, made where it is missing: a member's topic page, and every page of the panel."""
    with app.app_context():
        prepare()
        if (session().scalar(select(func.count()).select_from(Post)) or 0) < posts:
            maker.generate(people, topics, posts, 1)
        keeper = _administrator()
        _furnish(keeper)
        reader = asking.reader()
        topic = session().scalars(select(Topic).where(Topic.posts == 20).limit(1)).one()
        known = _known()
        db.db.session.remove()
    cookie = pages.session_of(app, f"{keeper}.0")
    first = Page(asking.anew(f"/topic/{topic.id}/{topic.slug}"), pages.session_of(app, reader))
    return [first, *(Page(path, cookie) for path in addresses(app, known))]


def measured(app, topic: Page, panel: list[Page], rounds: int) -> tuple[Page, list[Page]]:
    """Asks all pages in turns, in this process; those that answer with something else are named and left out."""
    client = app.test_client(use_cookies=False)

    def ask(page: Page) -> int:
        before = time.process_time()
        answer = client.get(page.path, headers={"Cookie": page.cookie})
        page.size = len(answer.get_data())
        page.costs.append(time.process_time() - before)
        return answer.status_code

    found = []
    for page in [topic, *panel]:
        status = ask(page)
        if status == 200:
            found.append(page)
        else:
            click.echo(f"left out: {page.path} answers {status}")
    gc.collect()
    gc.freeze()  # as the server does it: else its looks through all modules hit one page or another
    for page in found:
        page.costs.clear()  # what came first filled the caches
    for _ in range(rounds):
        for page in found:
            ask(topic)
            ask(page)
    return topic, found[1:]


def addresses(app, known: dict[str, object]) -> list[str]:
    """Every address of the panel that is read, and those of people in all their kinds."""
    found = {f"/admin/?range={name}" for name in figures.RANGES}
    found |= {f"/admin/users?show={name}" for name in census.FILTERS}
    found |= {f"/admin/users?sort={name}" for name in census.SORTS}
    found |= {f"/admin/users?q={words}" for words in ("anna", "user777", "zebra", "e")}
    found |= {f"/admin/users?show=away12&sort={name}" for name in census.SORTS}
    found |= {f"/admin/users?group={known['group_id']}&sort=posts", "/admin/log?about=person", "/admin/groups?q=club"}
    found |= {f"/admin/users/act?act=ban&person={known['user_id']}"}
    with app.test_request_context():
        address = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if rule.endpoint.startswith("admin.") and "GET" in rule.methods and rule.arguments <= known.keys():
                found.add(address.build(rule.endpoint, {name: known[name] for name in rule.arguments}, method="GET"))
    return sorted(each for each in found if not each.endswith(".csv"))  # files of all rows, and no pages


def _known() -> dict[str, object]:
    """What the variables of addresses are."""

    def one(query: Select) -> object:
        return session().scalars(query.limit(1)).first()

    return {
        "category_id": one(select(Category.id)), "tag": one(select(Tag.name).order_by(Tag.topics.desc())),
        "group_id": one(select(Group.id).where(Group.name == "Club 1")), "user_id": one(select(User.id)),
        "feature": "posts", "name": "per_page",
    }  # fmt: skip


def _administrator() -> int:
    try:
        with writing():
            made = accounts.create(KEEPER, "", "a quiet keeper of the panel")
            groups.make_administrator(made.id)
    except Invalid:
        pass  # he is here from the last time
    return session().scalars(select(User.id).where(User.name == KEEPER)).one()


def _furnish(keeper: int) -> None:
    """Gives the community what the panel lists: addresses, groups, sanctions, flags, a log, and figures of 800 days."""
    if session().scalar(select(Group.id).where(Group.name == "Club 1")):
        return
    present, ids = clock.now(), list(session().scalars(select(Account.user_id).where(Account.user_id != keeper)))
    with writing() as current:
        named = "'user' || CAST(user_id AS VARCHAR) || '@example.org'"
        current.execute(text(f"UPDATE accounts SET email = {named}, email_key = {named} WHERE user_id <> {keeper}"))
        current.execute(update(Account).where(Account.user_id % 20 != 0).values(email_confirmed_at=present))
        for number in range(1, 41):
            club = groups.create(f"Club {number}").id
            inside = ids[number % 7 :: 5 * number]
            current.execute(insert(Membership), [{"group_id": club, "user_id": key, "owner": False} for key in inside])
            current.execute(update(Group).where(Group.id == club).values(members=len(inside)))
            rows = [
                {"group_id": club, "user_id": key, "invited": False, "since": present} for key in ids[5 : 5 + number]
            ]
            current.execute(insert(Candidacy), rows)
        penalty = {"reason": "Spam", "by_id": keeper, "at": present}
        current.execute(
            insert(Sanction),
            [{"user_id": key, "kind": ("warn", "mute", "ban")[key % 3], **penalty} for key in ids[::40]],
        )
        current.execute(
            insert(Act),
            [
                {
                    "at": present,
                    "by_id": keeper,
                    "kind": "person.warn",
                    "user_id": ids[at % len(ids)],
                    "name": "",
                    "detail": "",
                }
                for at in range(100_000)
            ],
        )
        _flags(ids, keeper)
        hour = int(present.timestamp()) // 3600
        figures.flush_visits(
            {(f"visits.{kind}", hour - at): 100 for at in range(800 * 24) for kind in figures.VISITORS}
        )
    while _counted() < (session().scalar(select(func.max(Post.id))) or 0):
        figures.catch_up()


def _counted() -> int:
    return session().scalar(select(CountMark.counted).where(CountMark.kind == "posts")) or 0


def _flags(ids: list[int], keeper: int) -> None:
    present = clock.now()
    posts = session().execute(select(Post.id, Post.author_id).order_by(Post.id.desc()).limit(2000)).all()
    for number, (post_id, author_id) in enumerate(posts):
        state = "resolved" if number % 4 else "open"
        flag = Flag(post_id=post_id, user_id=author_id, state=state, reports=1, opened_at=present, changed_at=present)
        session().add(flag)
        session().flush()
        session().add(FlagReport(flag_id=flag.id, by_id=keeper, reason="spam", at=present))


def report(topic: Page, panel: list[Page]) -> bool:
    """Prints what each page costs; returns whether one costs too much."""
    click.echo(f"\nA member's topic page costs {topic.cost * 1000:.2f} ms of processor time.\n")
    click.echo(f"{'':<50}{'CPU':>10}{'times':>8}{'bytes':>9}")
    over = [page for page in panel if page.cost > LIMIT * topic.cost]
    for page in sorted(panel, key=lambda each: each.cost, reverse=True):
        mark = "  OVER" if page in over else ""
        click.echo(f"{page.path:<50}{page.cost * 1000:>7.2f} ms{page.cost / topic.cost:>8.2f}{page.size:>9}{mark}")
    return bool(over)


if __name__ == "__main__":
    main()
