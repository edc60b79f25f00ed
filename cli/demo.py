"""The demo community: read from demo/, written through the same tables as everything else."""

import tomllib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from core import clock
from core.config import ROOT
from core.db import session, writing
from forum import accounts, categories, groups, handles, layout, tags, text
from forum.slugs import name_key, slugify
from models import Account, Category, Post, Topic, User, Vote

FOLDER = ROOT / "demo"
BADGES = {"Team": ("#1d4ed8", "star"), "Translators": ("#7c3aed", "translate")}
_LOCKED_ACCOUNT = "!"
"""No password opens the accounts of the demo's people."""


def database_is_empty() -> bool:
    """Whether there are no categories and no people yet (an administrator alone does not count)."""
    return not session().scalar(select(func.count()).select_from(Category)) and (
        (session().scalar(select(func.count()).select_from(User)) or 0) <= 1
    )


def load() -> None:
    """Loads the whole demo community in one transaction."""
    with writing():
        people = _people()
        places = _places()
        now = clock.now()
        for path in sorted((FOLDER / "topics").glob("*.toml")):
            _topic(tomllib.loads(path.read_text()), people, places, now)
        _count(people)
        ai = places["AI Insights"]
        layout.arrange(
            [
                ("list-ul", "Categories", "/categories", "everyone"),
                ("envelope", "Unread", "/unread", "members"),
                ("clock", "Recent", "/recent", "everyone"),
                ("cpu", "AI Insights", f"/category/{ai.id}/{ai.slug}", "everyone"),
                ("tags", "Tags", "/tags", "everyone"),
                ("fire", "Popular", "/popular", "everyone"),
                ("people", "Users", "/users", "everyone"),
                ("shield-check", "Groups", "/groups", "everyone"),
            ]
        )
        layout.add_widget("brand", "A community forum in any skin: pick one at the foot of the side bar.")
        layout.add_widget(
            "footer",
            "<p>Livery runs this community. Posts are written in "
            '<a href="https://commonmark.org/" rel="nofollow">Markdown</a>.</p>',
            trusted=True,
        )


def _people() -> dict[str, User]:
    made = {}
    rows = tomllib.loads((FOLDER / "people.toml").read_text())["person"]
    badges = {
        name: groups.create(name, title=name, colour=colour, icon=icon, visibility="public")
        for name, (colour, icon) in BADGES.items()
    }
    for place, row in enumerate(rows):
        joined = clock.now() - timedelta(days=row["joined"], minutes=place)
        user = User(
            name=row["name"], name_key=name_key(row["name"]), slug=handles.free(row["name"]), about=row["about"],
            colour=place % accounts.COLOURS, badges=[], joined_at=joined,
            last_seen_at=clock.now() - timedelta(hours=place * 5),
        )  # fmt: skip
        session().add(user)
        session().flush()
        handles.claim(row["name"], "user", user.id)
        session().add(Account(user_id=user.id, password_hash=_LOCKED_ACCOUNT, preferences={}, created_at=joined))
        if row["group"] == "Moderators":
            groups.join(user.id, groups.builtin_groups()["moderators"])
        elif row["group"]:
            groups.join(user.id, badges[row["group"]].id)
        made[user.name] = user
    return made


def _places() -> dict[str, Category]:
    made: dict[str, Category] = {}
    for row in tomllib.loads((FOLDER / "categories.toml").read_text())["category"]:
        parent = row.pop("parent", None)
        made[row["name"]] = categories.create(**row, parent_id=made[parent].id if parent else None)
    return made


def _topic(row: dict[str, Any], people: dict[str, User], places: dict[str, Category], now: datetime) -> None:
    def ago(days: float) -> datetime:
        return now - timedelta(days=days)

    current = session()
    author, begun = people[row["by"]], ago(row["days_ago"])
    topic = Topic(
        category_id=places[row["category"]].id, author_id=author.id, title=row["title"],
        slug=slugify(row["title"], "topic"), created_at=begun, published_at=begun, last_post_at=begun,
        views=row.get("views", 0),
    )  # fmt: skip
    if row.get("pinned"):
        topic.pinned_at = begun
    if row.get("locked"):
        topic.locked_at, topic.locked_by_id = ago(row["post"][-1]["days_ago"]), people["Tobias"].id
    if row.get("moved_from"):
        topic.moved_from_id, topic.moved_at = places[row["moved_from"]].id, begun + timedelta(hours=3)
    if row.get("deleted"):
        topic.deleted_at, topic.deleted_by_id = ago(0.5), people[row["deleted_by"]].id
        topic.deleted_reason = row.get("deleted_reason", "")
    if row.get("scheduled_in_days"):
        topic.scheduled, topic.published_at = True, now + timedelta(days=row["scheduled_in_days"])
    current.add(topic)
    current.flush()
    posts: list[Post] = []
    for number, post in enumerate(row["post"], 1):
        at = topic.published_at if topic.scheduled else ago(post["days_ago"])
        posts.append(_post(topic, number, post, posts, people, at))
    topic.last_number = topic.posts = len(posts)
    topic.posters = len({post.author_id for post in posts})
    topic.first_post_id, topic.last_post_id = posts[0].id, posts[-1].id
    topic.last_post_at = posts[-1].created_at
    topic.votes = posts[0].score
    current.flush()
    tags.put(topic.id, row.get("tags", []))
    if not (topic.scheduled or topic.deleted_at):
        categories.count(topic.category_id, topics=1, posts=topic.posts)
        tags.count(topic, 1)


def _post(
    topic: Topic, number: int, row: dict[str, Any], earlier: list[Post], people: dict[str, User], at: datetime
) -> Post:
    source = row["body"].strip()
    known = {person.slug: f"/user/{person.slug}" for person in people.values()}
    html = text.render(source, known)
    ups, downs = row.get("up", []), row.get("down", [])
    parent = earlier[row["reply_to"] - 1] if row.get("reply_to") else None
    post = Post(
        topic_id=topic.id, number=number, author_id=people[row["by"]].id, reply_to_id=parent.id if parent else None,
        source=source, html=html, excerpt=text.excerpt(html), render_version=text.RENDER_VERSION,
        published_at=at, created_at=at,
        ups=len(ups), downs=len(downs), score=len(ups) - len(downs),
    )  # fmt: skip
    session().add(post)
    session().flush()
    session().add_all(
        Vote(post_id=post.id, user_id=people[name].id, value=value, created_at=at)
        for names, value in ((ups, 1), (downs, -1))
        for name in names
    )
    if parent:
        parent.replies += 1
        parent.last_reply_at = at
    return post


def _count(people: dict[str, User]) -> None:
    current = session()
    current.flush()
    shown = select(Topic.id).where(Topic.deleted_at.is_(None), ~Topic.scheduled)
    for user in people.values():
        current.execute(
            update(User)
            .where(User.id == user.id)
            .values(
                posts=select(func.count()).where(Post.author_id == user.id, Post.topic_id.in_(shown)).scalar_subquery(),
                topics=select(func.count()).where(Topic.author_id == user.id, Topic.id.in_(shown)).scalar_subquery(),
                reputation=select(func.coalesce(func.sum(Post.score), 0))
                .where(Post.author_id == user.id)
                .scalar_subquery(),
            )
        )
