"""Digests: a mail from time to time about what one has not seen, for those who want it."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select

from core import clock, mail
from core.db import session, writing
from core.i18n import gettext as _
from core.i18n import mark, ngettext
from core.mail import Item, Letter
from core.pages import Page
from core.settings import Choice, Int, declare
from forum import layout, lists, mailing, notifications, reading
from forum.refusals import Invalid
from forum.topic_rows import TopicRow
from forum.viewers import Viewer
from models import Account, Digest, User

log = logging.getLogger("livery.digests")

EVERY = ("off", "day", "week", "biweek", "month")
NAMES = {
    "off": mark("Never"),
    "day": mark("Every day"),
    "week": mark("Every week"),
    "biweek": mark("Every two weeks"),
    "month": mark("Every month"),
}

settings = declare(
    "digests",
    every=Choice("off", "How often members get a digest by mail before they choose", options=EVERY),
    hour=Int(17, "Hour of the day (UTC) at which digests are sent", low=0, high=23),
    topics=Int(10, "Topics that a digest lists of each sort: top, popular, recent", low=1, high=50),
)

_AT_ONCE = 100
_EACH_RUN = 1000
_LATE = timedelta(hours=12)
"""A digest that could not be sent for so long waits for its next time."""
_NOTICES = 10


@dataclass(frozen=True, slots=True)
class Due:
    """Who gets a digest, how often, when he got (or was spared) the last one, and when the next is due."""

    user_id: int
    name: str
    every: str
    chosen: bool  # by himself; else it is what the site begins with
    sent_at: datetime | None
    next_at: datetime | None


# --- when ---


def last_time(every: str, now: datetime) -> datetime:
    """The latest moment at which digests of a kind were due: each day, on Sundays, on every second, on the 1st."""
    at = now.astimezone(UTC).replace(hour=settings.hour, minute=0, second=0, microsecond=0)
    if at > now:
        at -= timedelta(days=1)
    while not _falls_on(every, at):
        at -= timedelta(days=1)
    return at


def next_time(every: str, now: datetime) -> datetime:
    """The next moment at which digests of a kind are due."""
    at = last_time("day", now) + timedelta(days=1)
    while not _falls_on(every, at):
        at += timedelta(days=1)
    return at


def _falls_on(every: str, at: datetime) -> bool:
    if every == "month":
        return at.day == 1
    sunday = at.isoweekday() == 7
    return every == "day" or (sunday and (every == "week" or at.toordinal() // 7 % 2 == 0))


# --- what somebody chose ---


def chosen(viewer: Viewer) -> str:
    """How often a member wants a digest; empty when he leaves that to the site."""
    row = session().get(Digest, viewer.id)
    return row.every if row else ""


def choose(viewer: Viewer, every: str) -> None:
    """Keeps how often a member wants a digest; what is new is counted from now. Raises Invalid."""
    if every not in ("", *EVERY):
        raise Invalid("digest", _("There is no such digest."))
    row = session().get(Digest, viewer.id)
    if row is None and every:
        session().add(Digest(user_id=viewer.id, every=every, sent_at=clock.now()))
    elif row is not None and row.every != every:
        row.every, row.sent_at = every, clock.now()
    session().flush()


def listed(limit: int = 1000) -> list[Due]:
    """Who gets digests, by name: members with a confirmed address who chose one or left it to the site."""
    query = select(User.id, User.name, _often(), func.coalesce(Digest.every, "") != "", Digest.sent_at)
    query = query.join(Account, Account.user_id == User.id).outerjoin(Digest, Digest.user_id == User.id)
    query = query.where(Account.email_confirmed_at.is_not(None), _often() != "off").order_by(User.name_key).limit(limit)
    now = clock.now()
    return [Due(*row, next_time(row[2], now)) for row in session().execute(query)]


# --- sending ---


def send_due() -> None:
    """Sends the digests whose time has come, in batches. A recurring job; whoever got his gets no second one."""
    now, left = clock.now(), _EACH_RUN
    for every in EVERY[1:]:
        moment = last_time(every, now)
        if now - moment > _LATE:
            continue
        while left > 0 and (people := session().scalars(_waiting(every, moment).limit(min(_AT_ONCE, left))).all()):
            for user_id in people:
                try:
                    send(user_id, every, before=moment)
                except Exception:  # nobody waits for his because another's cannot be written
                    log.exception("The digest for member %s is tried again", user_id)
            left -= len(people)


def send(user_id: int, every: str, *, before: datetime | None = None) -> bool:
    """Sends somebody a digest of what is new since his last one (`before`: unless he got one since then).

    Says whether there was anything to send. What he was told of, or what held nothing, is not told again.
    """
    row = session().get(Digest, user_id, populate_existing=True)
    since = (row.sent_at if row else None) or clock.now() - _span(every)
    found, now = mailing.reader_of(user_id), clock.now()
    letter = _letter(found[0], every, since) if found else None
    with writing() as current:
        current.execute(select(User.id).where(User.id == user_id).with_for_update())
        row = current.get(Digest, user_id, populate_existing=True, with_for_update=True)
        if before is not None and row is not None and row.sent_at is not None and row.sent_at >= before:
            return False  # another process was faster
        if row is None:
            row = Digest(user_id=user_id, every="")
            current.add(row)
        row.sent_at = now
        if found and letter:
            mail.post(found[1], letter)
    return letter is not None


def _waiting(every: str, moment: datetime) -> Select[int]:
    """Those with a confirmed address who were not told since a moment."""
    query = select(Account.user_id).outerjoin(Digest, Digest.user_id == Account.user_id)
    told = Digest.sent_at.is_not(None) & (Digest.sent_at >= moment)
    return query.where(
        Account.email.is_not(None), Account.email_confirmed_at.is_not(None), Account.created_at < moment,
        _often() == every, told.is_not(True),
    ).order_by(Account.user_id)  # fmt: skip


def _often() -> ColumnElement[str]:
    return func.coalesce(func.nullif(Digest.every, ""), settings.every)


def _span(every: str) -> timedelta:
    return timedelta(days={"day": 1, "week": 7, "biweek": 14, "month": 31}.get(every, 7))


# --- what it says ---


def _letter(viewer: Viewer, every: str, since: datetime) -> Letter | None:
    """A digest of what is new for somebody since a moment; None when nothing is."""
    said: list[str | Item] = []
    if notices := _notices(viewer, since):
        said += [ngettext("%(num)s notice that you have not read:", "%(num)s notices that you have not read:",
                          len(notices)), *notices]  # fmt: skip
    told: set[int] = set()
    for heading, rows in _new_topics(viewer, since):
        fresh = [row for row in rows if row.id not in told]
        told.update(row.id for row in fresh)
        if fresh:
            said += [heading, *[Item(row.title, row.path, _facts(row)) for row in fresh]]
    if not said:
        return None
    title, often = layout.settings.title, _(NAMES[every]).lower()
    return Letter(
        subject=_("[%(site)s] What is new", site=title),
        paragraphs=tuple(said),
        action=_("See all that is unread"),
        address="/unread",
        reason=_("You get this digest of %(site)s %(often)s, as your notification settings say.", site=title,
                 often=often),
        name=f"digest-{viewer.id}-{int(since.timestamp())}-{int(clock.now().timestamp())}",
        stream="digest",
        stop=mailing.stop_path(viewer.id, "digest"),
        stop_words=_("No more digests"),
    )  # fmt: skip


def _notices(viewer: Viewer, since: datetime) -> list[Item]:
    rows = notifications.listed(viewer, "unread").rows
    return [
        Item(f"{row.words}: {row.title}" if row.title else row.words, f"/notifications/{row.id}")
        for row in rows
        if row.at > since
    ][:_NOTICES]


def _new_topics(viewer: Viewer, since: datetime) -> Iterable[tuple[str, Sequence[TopicRow]]]:
    """The topics of each sort since a moment that the viewer may see, without his own and those of people he blocks."""
    silent = set(reading.silent(viewer))
    for heading, sort in (
        (_("Top topics:"), "most_votes"),
        (_("Popular topics:"), "most_posts"),
        (_("Recent topics:"), "recently_replied"),
    ):
        page: Page[TopicRow] = lists.new_since(viewer, sort, since)
        rows = [row for row in page.rows if not row.deleted_at and not row.scheduled]
        news = [row for row in rows if row.author_id not in silent or (sort == "recently_replied" and row.unread)]
        yield heading, news[: settings.topics]


def _facts(row: TopicRow) -> str:
    posts = ngettext("%(num)s post", "%(num)s posts", row.posts)
    return f"{posts}, {ngettext('%(num)s vote', '%(num)s votes', row.votes)}" if row.votes > 0 else posts


def _stop(viewer: Viewer) -> None:
    choose(viewer, "off")


mailing.can_stop("digest", mark("A digest of what is new"), _stop)
