"""Mailing: notices by mail, a while after they were told and only if they are unread still; and ending that by one click."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, update

from core import clock, mail, tokens
from core.db import session, writing
from core.i18n import gettext as _
from core.i18n import ngettext
from core.mail import Item, Letter
from forum import accounts, layout, notifications, permissions, reading, text, viewers
from forum.refusals import Missing
from forum.viewers import Viewer
from models import Account, Notice, Post, Topic, User

_AT_ONCE = 200
_POSTS = 5
"""So many posts one mail quotes."""
_LETTERS = 1500
_STOPS = timedelta(days=90)
"""So long the link works that ends a kind of mails."""
_others: dict[str, tuple[str, Callable[[Viewer], None]]] = {}


def send_due() -> None:
    """Sends the notices whose time has come. A recurring job; twice at the same time it sends each once."""
    due = select(Notice.id).where(Notice.mail_at <= clock.now()).order_by(Notice.mail_at).limit(_AT_ONCE)
    for notice_id in session().scalars(due).all():
        with writing() as current:
            mine = select(Notice).where(Notice.id == notice_id, Notice.mail_at.is_not(None))
            notice = current.scalar(mine.with_for_update().execution_options(populate_existing=True))
            if notice is None:
                continue
            written = _letter(notice)
            done: dict[str, Any] = {"mail_at": None, **({"mailed_id": notice.newest_id} if written else {})}
            current.execute(update(Notice).where(Notice.id == notice_id).values(**done))
            if written:
                mail.post(*written)


def reader_of(user_id: int) -> tuple[Viewer, str] | None:
    """Somebody to whom mails may be sent, and where: who has confirmed his address and is not banned."""
    account, viewer = session().get(Account, user_id, populate_existing=True), viewers.member(user_id)
    if account is None or viewer is None or not account.email or account.email_confirmed_at is None or viewer.banned:
        return None
    return viewer, account.email


def stop_path(user_id: int, kind: str) -> str:
    """The address that ends a kind of mails for somebody, without a log-in."""
    return f"/unsubscribe/{tokens.make('unsubscribe', user_id, kind, lasts=_STOPS)}"


def can_stop(kind: str, words: str, end: Callable[[Viewer], None]) -> None:
    """Makes mails that are no notices known: what they are, and what ends them for somebody."""
    _others[kind] = (words, end)


def words_of(kind: str) -> str:
    """What the mails of a kind are."""
    return _(notifications.KINDS[kind] if kind in notifications.KINDS else _others[kind][0])


def stopping(code: str) -> tuple[int, str]:
    """Whose mails a code ends, and which kind. Raises Missing for one that is too old or not ours."""
    try:
        user_id, kind = tokens.read("unsubscribe", code)
    except ValueError:
        raise Missing(_("This link is too old. Your settings say which mails you get.")) from None
    if session().get(Account, user_id) is None:
        raise Missing
    return user_id, kind


def stop(code: str) -> None:
    """Sends no more mails of a kind; what was chosen otherwise meanwhile stays. Raises Missing."""
    user_id, kind = stopping(code)
    viewer = viewers.member(user_id)
    if viewer is not None and kind in _others:
        _others[kind][1](viewer)
    elif viewer is not None and notifications.channel(viewer.preferences, kind) == "mail":
        accounts.prefer(viewer, **{f"notify_{kind}": "site"})


def _letter(notice: Notice) -> tuple[str, Letter] | None:
    """What a notice says by mail, and to which address; None when there is nothing (more) to say."""
    found = reader_of(notice.user_id)
    if found is None or notifications.channel(found[0].preferences, notice.kind) != "mail":
        return None
    viewer, to = found
    topic = session().get(Topic, notice.topic_id, populate_existing=True) if notice.topic_id else None
    if notice.topic_id and (topic is None or topic.deleted_at or not permissions.read_topic(viewer, topic)):
        return None
    row = notifications.shown(viewer, notice, topic.title if topic else None)
    if row.read:
        return None
    if topic is not None:
        letter = _of_topic(viewer, notice, topic, row.words)
    else:
        slug = session().scalar(select(User.slug).where(User.id == notice.actors[0])) if notice.actors else ""
        letter = _written(viewer, notice.kind, row.words, (f"{row.words}.",), f"/user/{slug}", ())
    return (to, letter) if letter else None


def _of_topic(viewer: Viewer, notice: Notice, topic: Topic, words: str) -> Letter | None:
    rows = _posts(viewer, notice)
    if not rows:
        return None
    items = [Item(row.name, f"/post/{row.id}", text.excerpt(row.html, _LETTERS)) for row in rows[:_POSTS]]
    more = len(rows) - _POSTS
    rest = (ngettext("And %(num)s more post.", "And %(num)s more posts.", more),) if more > 0 else ()
    first, last = rows[0], rows[min(len(rows), _POSTS) - 1]
    own = f".user-{viewer.id}"
    begin = f"topic-{topic.id}{own}"
    answered = (f"post-{last.reply_to_id}{own}",) if last.reply_to_id else ()
    thread: tuple[str, ...] = (begin, *answered)
    if notice.kind == "vote":
        name, thread = f"vote-{notice.id}-{int(notice.at.timestamp())}{own}", (begin,)
    elif last.number == 1:
        name, thread = begin, ()
    else:
        name = f"post-{last.id}{own}"
    said = (f"{words}: {topic.title}", *items, *rest)
    return _written(viewer, notice.kind, topic.title, said, f"/post/{first.id}", thread, name)


def _posts(viewer: Viewer, notice: Notice) -> list[Any]:
    """The posts that a mail quotes: those that were not mailed yet, of people whom the reader does not block."""
    columns = (Post.id, Post.number, Post.html, Post.reply_to_id, User.name)
    query = select(*columns).join(User, User.id == Post.author_id).where(Post.deleted_at.is_(None))
    if notice.kind == "vote":
        return list(session().execute(query.where(Post.id == notice.post_id)))
    begin = select(Post.number).where(Post.id == notice.post_id).scalar_subquery()
    query = query.where(
        Post.topic_id == notice.topic_id, Post.number.between(begin, notice.number), Post.id > notice.mailed_id,
        Post.author_id.not_in(reading.silent(viewer)),
    )  # fmt: skip
    return list(session().execute(query.order_by(Post.number).limit(100)))


def _written(
    viewer: Viewer, kind: str, subject: str, said: tuple[str | Item, ...], address: str, thread: tuple[str, ...],
    name: str = "", *, stop: str = "",
) -> Letter:  # fmt: skip
    return Letter(
        subject=f"{'Re: ' if thread else ''}[{layout.settings.title}] {subject}",
        paragraphs=said,
        action=_("Read it on the site"),
        address=address,
        reason=_("You get this because of what you chose to be told: %(kind)s.", kind=words_of(kind)),
        name=name,
        thread=thread,
        stream="notices",
        stop=stop or stop_path(viewer.id, kind),
        stop_words=_("No more mails of this kind"),
    )


def _sample(kind: str) -> Letter:
    """An example of a notice by mail; the link that ends such mails ends nobody's."""
    about = {
        "mention": _("Bert mentions you in Glue for oak"), "reply": _("Bert replied in Glue for oak"),
        "topic": _("Bert began the topic Glue for oak"), "vote": _("Bert likes your post in Glue for oak"),
        "follow": _("Bert follows you"),
    }  # fmt: skip
    words = _("Hide glue, if it is to come apart again one day.\n\nOtherwise any white glue will do.")
    said = about.get(kind, _(notifications.KINDS[kind]))
    item = () if kind == "follow" else (Item(_("Bert"), "/post/1", words),)
    return _written(viewers.guest({}), kind, said, (f"{said}.", *item), "/post/1", (), "", stop="/unsubscribe/example")


for _kind, _title in notifications.KINDS.items():
    mail.sample(f"notice-{_kind}", _title, partial(_sample, _kind))
