"""Notifications: who is told of what, and the list of what one was told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from core import cache, clock, pending
from core.changes import of_member
from core.db import session, writing
from core.events import subscribe
from core.i18n import gettext as _
from core.i18n import mark
from core.pages import Page, decode, encode
from core.settings import Int, declare
from forum import (
    accounts,
    categories,
    group_mentions,
    live,
    notice_words,
    notices,
    permissions,
    reading,
    text,
    viewers,
)
from forum.deletions import PostDeleted
from forum.following import PersonFollowed
from forum.posts import PostCreated
from forum.refusals import Invalid
from forum.topics import TopicCreated
from forum.transfers import PostsMoved, TopicForked, TopicsMerged
from forum.viewers import Viewer
from forum.votes import VoteCast
from models import (
    Block,
    CategoryFollow,
    Group,
    Handle,
    Notice,
    PersonFollow,
    Post,
    ReadTopic,
    TagFollow,
    Topic,
    TopicFollow,
    TopicTag,
    User,
)

KINDS = {
    "mention": mark("Somebody mentions you"),
    "reply": mark("A reply in a topic that you watch"),
    "topic": mark("A new topic in a category, with a tag or by a person that you follow"),
    "vote": mark("A vote for a post of yours"),
    "follow": mark("Somebody follows you"),
}
CHANNELS = ("site", "mail", "none")
MOST = 100
_OF_GROUPS = ("invited", "asks", "let_in")

settings = declare(
    "notifications",
    per_page=Int(20, "Notices on a page", low=5, high=100),
    keep_days=Int(30, "Days after which a read notice is forgotten; an unread one stays twelve times as long", low=1),
    mail_delay=Int(60, "Seconds that a notice waits before it is told by mail; read meanwhile, it is not", high=86400),
)


@dataclass(slots=True)
class NoticeRow:
    """A notice as the list shows it."""

    id: int
    kind: str
    at: datetime
    read: bool
    words: str
    title: str | None
    colour: int
    picture: str
    name: str


# --- what one was told ---


def waiting(viewer: Viewer) -> int:
    """How many notices are unread; 100 stands for any number above 99. No query when nothing changed."""
    if viewer.guest:
        return 0
    rows = cache.keep_one_of("notices", viewer.id, lambda: _waiting(viewer.id), "viewers", of_member(viewer.id))
    read, opened = reading.held(viewer), notices.opened(viewer.id)
    return sum(not (key in opened or _covered(kind, topic, number, read)) for key, kind, topic, number in rows)


def listed(viewer: Viewer, only: str = "", *, cursor: str = "") -> Page[NoticeRow]:
    """A page of a person's notices, the newest first; of one kind, or only the unread. Raises BadCursor."""
    query = (
        select(Notice, Topic.title)
        .outerjoin(Topic, Topic.id == Notice.topic_id)
        .where(Notice.user_id == viewer.id)
        .order_by(Notice.at.desc(), Notice.id.desc())
        .limit(settings.per_page + 1)
    )
    if only == "unread":
        query = query.where(Notice.read_at.is_(None))
    elif only:
        query = query.where(Notice.kind == only)
    if cursor:
        at, last = decode(cursor, datetime, int)
        query = query.where((Notice.at < at) | (Notice.at == at) & (Notice.id < last))
    found = session().execute(query).all()
    size, rows = settings.per_page, found[: settings.per_page]
    following = encode(rows[-1][0].at, rows[-1][0].id) if len(found) > size else None
    shown = _rows(viewer, [(row[0], row[1]) for row in rows])
    if only == "unread":
        shown = [row for row in shown if not row.read]
    return Page(shown, 1 if not cursor else None, following)


def shown(viewer: Viewer, notice: Notice, title: str | None) -> NoticeRow:
    """A notice as the list shows it."""
    return _rows(viewer, [(notice, title)])[0]


def target(viewer: Viewer, notice_id: int) -> str:
    """Where a notice leads; it counts as read from now on. Unknown ones lead back to the list."""
    row = session().scalar(select(Notice).where(Notice.id == notice_id, Notice.user_id == viewer.id))
    if row is None:
        return "/notifications"
    if row.read_at is None:
        pending.hold(notices.OPENED, viewer.id, row.id, 1)
        reading.tell_pages(viewer.id)
    if row.kind == "flag":
        return f"/moderation/flags/{row.key.removeprefix('flag-')}"
    if row.kind in ("queue", "newcomer"):
        return "/moderation" if row.key == row.kind else "/post-queue"
    if row.kind in _OF_GROUPS:
        group = session().scalar(select(Group.slug).where(Group.id == int(row.key.rpartition("-")[2])))
        return f"/groups/{group}" if group else "/notifications"
    if row.kind == "warning":
        return f"/user/{viewer.slug}/record"
    if row.post_id is not None:
        return f"/post/{row.post_id}"
    slug = session().scalar(select(User.slug).where(User.id == row.actors[0])) if row.actors else None
    return f"/user/{slug}" if slug else "/notifications"


def read_all(viewer: Viewer, until: datetime | None = None) -> None:
    """Marks all notices as read that came before a moment."""
    before = Notice.at <= (until or clock.now())
    mine = update(Notice).where(Notice.user_id == viewer.id, Notice.read_at.is_(None), before)
    session().execute(mine.values(read_at=clock.now()))


def read_one(viewer: Viewer, notice_id: int) -> None:
    """Marks a notice as read."""
    notices.read(viewer.id, [notice_id])


def channel(preferences: dict[str, object], kind: str) -> str:
    """How somebody wants to hear of a kind: on the site, there and by mail, or not at all."""
    chosen = preferences.get(f"notify_{kind}", "site")
    return str(chosen) if chosen in CHANNELS else "site"


def choose(viewer: Viewer, channels: dict[str, str]) -> None:
    """Keeps how a member wants to hear of each kind. Raises Invalid."""
    if set(channels) != set(KINDS) or not set(channels.values()) <= set(CHANNELS):
        raise Invalid("channel", _("There is no such way to be told."))
    accounts.prefer(viewer, **{f"notify_{kind}": way for kind, way in channels.items()})


def flush() -> None:
    """Marks as read what people opened; a recurring job."""
    for user_id in pending.owners(notices.OPENED):
        opened = pending.of(notices.OPENED, user_id)
        with writing():
            notices.read(user_id, opened)
        pending.settle(notices.OPENED, user_id, opened)


def prune() -> None:
    """Forgets old notices: read ones after some days, unread ones twelve times as late. A recurring job."""
    days = timedelta(days=settings.keep_days)
    old = Notice.read_at.is_not(None) & (Notice.at < clock.now() - days) | (Notice.at < clock.now() - 12 * days)
    with writing() as current:
        for _batch in range(100):
            some = select(Notice.id).where(old).limit(1000)
            if not current.execute(delete(Notice).where(Notice.id.in_(some.scalar_subquery()))).rowcount:  # type: ignore[attr-defined]
                return


# --- who is told ---


@subscribe(PostCreated)
def tell_of_reply(event: PostCreated) -> None:
    """Tells those who are mentioned in a reply, and those who watch its topic; nobody twice."""
    post = session().get(Post, event.post_id)
    topic = session().get(Topic, post.topic_id) if post else None
    if post is None or topic is None or post.deleted_at or topic.scheduled:
        return
    watchers = select(TopicFollow.user_id).where(TopicFollow.topic_id == topic.id, TopicFollow.state == "watch")
    _tell(topic, post, {"mention": _mentioned(post), "reply": session().scalars(watchers).all()})


@subscribe(TopicCreated)
def tell_of_topic(event: TopicCreated) -> None:
    """Tells those who are mentioned in a new topic, and those who follow its author, a tag, or its category."""
    topic = session().get(Topic, event.topic_id)
    post = session().get(Post, topic.first_post_id) if topic and topic.first_post_id else None
    if post is None or topic is None or topic.deleted_at:
        return
    current = session()
    people = current.scalars(select(PersonFollow.user_id).where(PersonFollow.person_id == topic.author_id)).all()
    tagged = current.scalars(
        select(TagFollow.user_id)
        .join(TopicTag, TopicTag.tag_id == TagFollow.tag_id)
        .where(TopicTag.topic_id == topic.id)
    ).all()
    followers = {*people, *tagged, *_watching(topic.category_id)}
    _tell(topic, post, {"mention": _mentioned(post), "topic": followers})


@subscribe(PersonFollowed)
def tell_of_follower(event: PersonFollowed) -> None:
    """Tells a person that somebody follows him."""
    with writing():
        way = _wants(event.person_id, "follow", event.user_id)
        if way != "none" and not _blocks(event.person_id, event.user_id):
            notices.tell(event.person_id, "follow", "follow", event.user_id, mail_at=_mail_at(way))


@subscribe(VoteCast)
def tell_of_vote(event: VoteCast) -> None:
    """Tells an author that somebody likes his post; a vote that is taken back is not told."""
    post = session().get(Post, event.post_id)
    if post is None:
        return
    key = f"vote-{post.id}"
    with writing() as current:
        if event.value != 1:
            notices.take_back(key, event.user_id)
            return
        chosen = current.get(TopicFollow, {"user_id": post.author_id, "topic_id": post.topic_id})
        ignored = chosen is not None and chosen.state == "ignore"
        way = _wants(post.author_id, "vote", event.user_id)
        if not ignored and way != "none" and not _blocks(post.author_id, event.user_id):
            notices.tell(
                post.author_id, "vote", key, event.user_id,
                topic_id=post.topic_id, post_id=post.id, mail_at=_mail_at(way),
            )  # fmt: skip


@subscribe(PostDeleted)
def forget_deleted(event: PostDeleted) -> None:
    """Takes back what was told of a post that was deleted."""
    with writing():
        for user_id in notices.forget_post(event.post_id):
            live.nudge(user_id, "bell")


def follow_moved(event: PostsMoved | TopicForked | TopicsMerged) -> None:
    """Makes notices of posts lead, and count as read, where these posts stand now."""
    with writing():
        notices.follow_posts((event.from_id, event.into_id))


for _kind in (PostsMoved, TopicForked, TopicsMerged):
    subscribe(_kind)(follow_moved)  # type: ignore[arg-type]


def _tell(topic: Topic, post: Post, groups: dict[str, Iterable[int]]) -> None:
    """Tells each person once, by the first group that he is in; in batches, so that no lock is held for long."""
    told: set[int] = {post.author_id}
    for kind, people in groups.items():
        wanted = [each for each in sorted(set(people)) if each not in told]
        told.update(wanted)
        for begin in range(0, len(wanted), 100):
            with writing():
                for user_id in wanted[begin : begin + 100]:
                    if (way := _way(user_id, kind, topic, post)) != "none":
                        notices.tell(
                            user_id, kind, f"topic-{topic.id}", post.author_id,
                            topic_id=topic.id, post_id=post.id, number=post.number, seen=_seen(user_id, topic),
                            mail_at=_mail_at(way),
                        )  # fmt: skip


def _mail_at(way: str) -> datetime | None:
    return clock.now() + timedelta(seconds=settings.mail_delay) if way == "mail" else None


def _way(user_id: int, kind: str, topic: Topic, post: Post) -> str:
    """How somebody is told of a post: not at all where he may not read it, blocks its author or has read it."""
    current = session()
    viewer = viewers.member(user_id)
    if viewer is None or not permissions.read_topic(viewer, topic) or _blocks(user_id, post.author_id):
        return "none"
    chosen = current.get(TopicFollow, {"user_id": user_id, "topic_id": topic.id})
    if (chosen is not None and chosen.state == "ignore") or _seen(user_id, topic) >= post.number:
        return "none"
    return channel(viewer.preferences, kind)


def _seen(user_id: int, topic: Topic) -> int:
    """Up to which number somebody has read a topic, as far as that is known apart from his marks."""
    row = session().get(ReadTopic, {"user_id": user_id, "topic_id": topic.id})
    return max(row.number if row else 0, pending.of(reading.HELD, user_id).get(topic.id, 0))


def _mentioned(post: Post) -> Sequence[int]:
    """Those whom a post mentions by their own names, and those in groups that its author may mention."""
    names, author = sorted(text.mentioned(post.source))[:50], viewers.member(post.author_id)
    query = select(Handle.target_id).where(Handle.handle.in_(names), Handle.kind == "user")
    own = session().scalars(query).all() if names else []
    return [*own, *(group_mentions.reached(author, names) if author else ())]


def _watching(category_id: int) -> set[int]:
    """Those who watch a category, or one above without having chosen otherwise nearer to it."""
    place = categories.find(category_id)
    if place is None:
        return set()
    near_first = [place, *reversed(categories.ancestors(place))]
    rows = session().execute(
        select(CategoryFollow.user_id, CategoryFollow.category_id, CategoryFollow.state).where(
            CategoryFollow.category_id.in_([each.id for each in near_first])
        )
    )
    chosen: dict[int, dict[int, str]] = {}
    for user_id, key, state in rows:
        chosen.setdefault(user_id, {})[key] = state
    return {
        user_id
        for user_id, states in chosen.items()
        if next(states[each.id] for each in near_first if each.id in states) == "watch"
    }


def _wants(user_id: int, kind: str, actor_id: int) -> str:
    viewer = viewers.member(user_id)
    return channel(viewer.preferences, kind) if viewer is not None and user_id != actor_id else "none"


def _blocks(user_id: int, person_id: int) -> bool:
    return session().get(Block, {"user_id": user_id, "person_id": person_id}) is not None


# --- words ---


def _waiting(user_id: int) -> list[tuple[int, str, int | None, int]]:
    columns = (Notice.id, Notice.kind, Notice.topic_id, Notice.number)
    query = select(*columns).where(Notice.user_id == user_id, Notice.read_at.is_(None)).limit(MOST)
    return [(row.id, row.kind, row.topic_id, row.number) for row in session().execute(query)]


def _covered(kind: str, topic_id: int | None, number: int, read: dict[int, int]) -> bool:
    return kind != "vote" and topic_id is not None and read.get(topic_id, -1) >= number


def _rows(viewer: Viewer, found: Sequence[tuple[Notice, str | None]]) -> list[NoticeRow]:
    wanted = {actor for notice, _title in found for actor in notice.actors[:2]}
    query = select(User.id, User.name, User.colour, User.picture).where(User.id.in_(wanted))
    people = {row.id: row for row in session().execute(query)} if wanted else {}
    held, opened = reading.held(viewer), notices.opened(viewer.id)
    rows = []
    for notice, title in found:
        names = [people[actor].name for actor in notice.actors[:2] if actor in people]
        face = people.get(notice.actors[0]) if notice.actors else None
        done = notice.read_at is not None or notice.id in opened
        done = done or _covered(notice.kind, notice.topic_id, notice.number, held)
        who = notice_words.who(names, len(notice.actors))
        rows.append(
            NoticeRow(
                notice.id, notice.kind, notice.at, done, notice_words.sentence(notice.kind, who, len(notice.actors)), title,
                face.colour if face else 0, face.picture if face else "", face.name if face else "?",
            )
        )  # fmt: skip
    return rows
