"""Flags: posts and people are reported, and moderators of the place deal with it, each seeing what the other did."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import aliased

from core import clock
from core.db import session, writing
from core.events import emit, subscribe
from core.i18n import gettext as _
from core.i18n import mark
from core.settings import Int, declare
from forum import audit, categories, deletions, notices, permissions, privileges, viewers
from forum.permissions import HIDDEN, YES, Verdict, require
from forum.privileges import MODERATE, rights
from forum.refusals import Conflict, Invalid, Missing, TooMany
from forum.viewers import Viewer, builtin_groups
from models import Flag, FlagEvent, FlagReport, Membership, Post, Topic, User

settings = declare("flags", per_day=Int(20, "Posts and people that somebody may report in a day", low=1, high=1000))

REASONS = {
    "spam": mark("It is advertising or spam"), "rude": mark("It is rude or hurts somebody"),
    "wrong": mark("It stands in the wrong place, or breaks a rule"), "other": mark("Something else"),
}  # fmt: skip
STATES = {"open": mark("open"), "work": mark("in work"), "resolved": mark("resolved"), "rejected": mark("rejected")}
ACTS = {
    "work": "work", "resolved": "resolved", "rejected": "rejected", "deleted": "resolved", "reopened": "open",
}  # fmt: skip
"""What moderators do, and the state that a flag is in then."""
DONE = {
    "work": mark("took it"), "assigned": mark("gave it to"), "resolved": mark("resolved it"),
    "rejected": mark("rejected it"), "deleted": mark("deleted the post and resolved it"),
    "reopened": mark("opened it again"), "note": mark("noted"), "again": mark("it was reported again"),
}  # fmt: skip
SHOWN = ("waiting", "mine", "done")
_WORDS, _NOTE, _LISTED, _TEXT = 500, 1000, 50, 1500


@dataclass(frozen=True)
class Reported:
    """Something was reported, newly or once more."""

    flag_id: int
    by_id: int


@dataclass(frozen=True, slots=True)
class Said:
    """A report, or what a moderator did: who, what, with which words, when."""

    flag_id: int
    kind: str
    words: str
    by: str
    at: datetime


@dataclass(slots=True)
class Case:
    """A flag as the moderators' inbox shows it."""

    id: int
    state: str
    version: int
    reports: int
    opened_at: datetime
    post_id: int | None
    user_id: int
    person: str
    slug: str
    assignee: str | None
    assignee_id: int | None
    title: str | None
    number: int | None
    category_id: int | None
    source: str
    gone: bool
    said: list[Said] = field(default_factory=list)
    history: list[Said] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether nobody need look at it any more."""
        return self.state in ("resolved", "rejected")


# --- who may what ---


def report(viewer: Viewer, author_id: int) -> Verdict:
    """May the viewer report this person, or something of his?"""
    if viewer.guest:
        return Verdict(False, _("Log in to do this."))
    return Verdict(False, _("You cannot report yourself.")) if viewer.id == author_id else YES


def see_flag(viewer: Viewer, category_id: int | None) -> Verdict:
    """May the viewer see a flag on a post in a category, or (none) on a person? Its twin is `visible_flags`."""
    if category_id is None:
        return YES if "ban" in rights(viewer) else HIDDEN
    return YES if MODERATE in rights(viewer, category_id) else HIDDEN


def visible_flags(viewer: Viewer) -> ColumnElement[bool]:
    """The condition under which a list shows a flag (joined with its post and topic): the twin of `see_flag`."""
    moderated = [key for key in categories.forest().by_id if MODERATE in rights(viewer, key)]
    shown: list[ColumnElement[bool]] = [Topic.category_id.in_(moderated)] if moderated else []
    if "ban" in rights(viewer):
        shown.append(Flag.post_id.is_(None))
    return or_(*shown) if shown else false()


# --- what was reported ---


def cases(viewer: Viewer, show: str = "waiting") -> list[Case]:
    """Up to 50 flags that the viewer may see: what waits (the most reported first), his own, or what is done."""
    open_now = Flag.state.in_(("open", "work"))
    query = _rows().where(visible_flags(viewer)).limit(_LISTED)
    if show == "mine":
        query = query.where(open_now, Flag.assignee_id == viewer.id).order_by(Flag.id)
    elif show == "done":
        query = query.where(~open_now).order_by(Flag.changed_at.desc(), Flag.id.desc())
    else:
        query = query.where(open_now).order_by(Flag.reports.desc(), Flag.opened_at, Flag.id)
    return _filled([_case(row) for row in session().execute(query)])


def about_person(viewer: Viewer, person_id: int) -> list[Case]:
    """The newest flags on a person and his posts that the viewer may see, without their words."""
    query = _rows().where(visible_flags(viewer), Flag.user_id == person_id).order_by(Flag.id.desc()).limit(_LISTED)
    return [_case(row) for row in session().execute(query)]


def case(viewer: Viewer, flag_id: int) -> Case:
    """A flag with all that was said. Raises Missing."""
    row = session().execute(_rows().where(Flag.id == flag_id)).one_or_none()
    if row is None:
        raise Missing
    found = _case(row)
    require(see_flag(viewer, found.category_id))
    return _filled([found])[0]


def moderators(category_id: int | None) -> list[Viewer]:
    """Who may deal with flags in a category, or (none) on people; at most 100 are looked at."""
    known = builtin_groups()
    place = categories.find(category_id) if category_id else None
    ways = {0, *([place.id, *(each.id for each in categories.ancestors(place))] if place else [])}
    wanted = {MODERATE} if category_id else {"ban"}
    given = [grant for key in ways for grant in privileges.grants_at(key) if grant[0] in wanted]
    groups = {known["administrators"], *(group for _right, group, _user in given if group)}
    inside = select(Membership.user_id).where(Membership.group_id.in_(groups)).limit(100)
    ids = {*session().scalars(inside), *(user for _right, _group, user in given if user)}
    found = [viewer for key in sorted(ids) if (viewer := viewers.member(key)) is not None]
    return [viewer for viewer in found if see_flag(viewer, category_id)]


# --- reporting ---


def report_post(reporter: Viewer, topic: Any, post_id: int, reason: str, words: str) -> None:
    """Reports a post to the moderators of its category. Raises Forbidden, Missing, Invalid, TooMany."""
    post = session().get(Post, post_id)
    if post is None or post.topic_id != topic.id:
        raise Missing
    require(permissions.see_post(reporter, topic, post))
    require(report(reporter, post.author_id))
    _report(reporter, post.author_id, post.id, reason, words)


def report_person(reporter: Viewer, person_id: int, reason: str, words: str) -> None:
    """Reports a person to those who may ban. Raises Forbidden, Invalid, TooMany."""
    require(permissions.see_users(reporter))
    require(report(reporter, person_id))
    _report(reporter, person_id, None, reason, words)


def _report(reporter: Viewer, user_id: int, post_id: int | None, reason: str, words: str) -> None:
    words = " ".join(words.split())
    if reason not in REASONS:
        raise Invalid("reason", _("Choose what is wrong."))
    if len(words) > _WORDS or "\x00" in words or (reason == "other" and not words):
        raise Invalid("words", _("Say in at most %(most)s letters what is wrong.", most=_WORDS))
    current, present = session(), clock.now()
    # one at a time: two who report the same thing first must find one flag
    current.execute(select(User.id).where(User.id == user_id).with_for_update())
    same = Flag.post_id == post_id if post_id else Flag.post_id.is_(None) & (Flag.user_id == user_id)
    flag = current.scalar(select(Flag).where(same).with_for_update().execution_options(populate_existing=True))
    mine = FlagReport.by_id == reporter.id
    if flag and current.scalar(select(FlagReport.id).where(FlagReport.flag_id == flag.id, mine)):
        return  # he said so before
    today = select(func.count()).where(mine, FlagReport.at > present - timedelta(days=1))
    if (current.scalar(today) or 0) >= settings.per_day:
        raise TooMany(
            _("You have reported %(num)s things today. Thank you; go on tomorrow.", num=settings.per_day), 3600
        )
    if flag is None:
        flag = Flag(post_id=post_id, user_id=user_id, opened_at=present, changed_at=present)
        current.add(flag)
        current.flush()
    elif flag.state in ("resolved", "rejected"):
        flag.state, flag.opened_at, flag.version = "open", present, flag.version + 1
        current.add(FlagEvent(flag_id=flag.id, by_id=None, kind="again", at=present))
    flag.reports, flag.changed_at = flag.reports + 1, present
    current.add(FlagReport(flag_id=flag.id, by_id=reporter.id, reason=reason, words=words, at=present))
    current.flush()
    emit(Reported(flag.id, reporter.id))


@subscribe(Reported)
def tell_moderators(event: Reported) -> None:
    """Tells the moderators of the place that something was reported there."""
    row = session().execute(_rows().where(Flag.id == event.flag_id)).one_or_none()
    if row is None:
        return
    with writing():
        for viewer in moderators(_case(row).category_id):
            if viewer.id not in (event.by_id, row.user_id):
                notices.tell(viewer.id, "flag", f"flag-{event.flag_id}", event.by_id)


# --- dealing with it ---


def deal(viewer: Viewer, flag_id: int, act: str, version: int, words: str = "") -> None:
    """Takes, resolves, rejects or reopens a flag, or deletes the post and resolves it; once more changes nothing.

    `version` is the one that the moderator saw. Raises Missing, Invalid, Forbidden, and Conflict when another was faster.
    """
    seen, flag = case(viewer, flag_id), _locked(flag_id)
    if act not in ACTS:
        raise Invalid("act", _("Choose what to do."))
    last = _last(flag_id)
    if flag.state == ACTS[act] and last is not None and (last.by_id, last.kind) == (viewer.id, act):
        return
    _up_to_date(flag, version, last)
    if act == "deleted":
        _delete(viewer, seen)
    flag.state, flag.version, flag.changed_at = ACTS[act], flag.version + 1, clock.now()
    if act == "work":
        flag.assignee_id = viewer.id
    _happened(viewer, seen, act, words)


def assign(viewer: Viewer, flag_id: int, person_id: int, version: int) -> None:
    """Gives a flag to a moderator. Raises Missing, Invalid, Conflict."""
    seen, flag = case(viewer, flag_id), _locked(flag_id)
    person = viewers.member(person_id)
    if person is None or not see_flag(person, seen.category_id):
        raise Invalid("who", _("This person does not moderate there."))
    _up_to_date(flag, version, _last(flag_id))
    flag.assignee_id, flag.state, flag.version, flag.changed_at = person.id, "work", flag.version + 1, clock.now()
    _happened(viewer, seen, "assigned", person.name)
    if person.id != viewer.id:
        notices.tell(person.id, "flag", f"flag-{flag_id}", viewer.id)


def note(viewer: Viewer, flag_id: int, words: str) -> None:
    """Notes something about a flag, for the other moderators. Raises Missing, Invalid."""
    seen = case(viewer, flag_id)
    if not words.strip():
        raise Invalid("words", _("Write something."))
    _happened(viewer, seen, "note", words)


def _happened(viewer: Viewer, seen: Case, kind: str, words: str) -> None:
    words = words.replace("\r", "").strip()
    if len(words) > _NOTE or "\x00" in words:
        raise Invalid("words", _("At most %(most)s letters, please.", most=_NOTE))
    session().add(FlagEvent(flag_id=seen.id, by_id=viewer.id, kind=kind, words=words, at=clock.now()))
    session().flush()
    audit.note(
        viewer, f"flag.{kind}", user_id=seen.user_id, category_id=seen.category_id, post_id=seen.post_id,
        name=seen.title or seen.person, detail=words,
    )  # fmt: skip


def _delete(viewer: Viewer, seen: Case) -> None:
    post = session().get(Post, seen.post_id) if seen.post_id else None
    if post is None:
        raise Invalid("act", _("There is no post to delete."))
    if post.number == 1:
        deletions.delete_topic(viewer, post.topic_id)
    else:
        deletions.delete_post(viewer, post.topic_id, post.id)


def _locked(flag_id: int) -> Flag:
    flag = session().get(Flag, flag_id, with_for_update=True, populate_existing=True)
    if flag is None:
        raise Missing
    return flag


def _last(flag_id: int) -> FlagEvent | None:
    acts = select(FlagEvent).where(FlagEvent.flag_id == flag_id, FlagEvent.kind != "note")
    return session().scalar(acts.order_by(FlagEvent.id.desc()).limit(1))


def _up_to_date(flag: Flag, version: int, last: FlagEvent | None) -> None:
    if flag.version == version:
        return
    who = session().scalar(select(User.name).where(User.id == last.by_id)) if last else None
    did = _(DONE[last.kind]) if last else _(DONE["again"])
    said = _("%(who)s was faster and %(did)s.", who=who, did=did) if who else _("Meanwhile %(did)s.", did=did)
    raise Conflict(_("%(said)s What you chose was not done: look at it as it stands now.", said=said))


def _rows() -> Any:
    person, assignee = aliased(User), aliased(User)
    query: Any = (
        select(
            Flag.id, Flag.state, Flag.version, Flag.reports, Flag.opened_at, Flag.post_id, Flag.user_id,
            person.name.label("person"), person.slug, assignee.name.label("assignee"), Flag.assignee_id, Topic.title,
            Post.number, Topic.category_id, Post.source, Post.deleted_at, Topic.deleted_at.label("topic_deleted_at"),
        )
        .join(person, person.id == Flag.user_id)
        .outerjoin(assignee, assignee.id == Flag.assignee_id)
        .outerjoin(Post, Post.id == Flag.post_id)
        .outerjoin(Topic, Topic.id == Post.topic_id)
    )  # fmt: skip
    return query


def _case(row: Any) -> Case:
    gone = bool(row.deleted_at or (row.number == 1 and row.topic_deleted_at))
    return Case(*[*row[:14], (row.source or "")[:_TEXT], gone])


def _filled(found: list[Case]) -> list[Case]:
    """Gives flags what was said about them and done with them. Two queries."""
    by_id = {each.id: each for each in found}
    for said in _said(FlagReport, FlagReport.reason, by_id):
        by_id[said.flag_id].said.append(said)
    for said in _said(FlagEvent, FlagEvent.kind, by_id):
        by_id[said.flag_id].history.append(said)
    return found


def _said(table: Any, kind: Any, ids: Iterable[int]) -> list[Said]:
    query = select(table.flag_id, kind, table.words, User.name, table.at).outerjoin(User, User.id == table.by_id)
    rows: Any = session().execute(query.where(table.flag_id.in_(list(ids))).order_by(table.id)) if ids else []
    return [Said(row[0], row[1], row[2], row[3] or "", row[4]) for row in rows]
