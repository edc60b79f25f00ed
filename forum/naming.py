"""Naming: people change their names; the old ones still lead to them, and nobody else gets these."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from core import clock, i18n
from core.db import session
from core.i18n import gettext as _
from core.settings import Bool, Int, declare
from forum import accounts, audit, handles, sanctions
from forum.permissions import YES, Verdict, require
from forum.privileges import rights
from forum.refusals import Invalid, Missing
from forum.slugs import name_key
from forum.viewers import Viewer
from models import FormerName, User

settings = declare(
    "naming",
    allowed=Bool(True, "Members may change their names"),
    days=Int(30, "Days between two changes by a member himself (0: as often as he likes)", high=3650),
)
_LISTED = 100


@dataclass(frozen=True, slots=True)
class Former:
    """A name that somebody had before."""

    name: str
    at: datetime
    by: str | None


def rename_person(viewer: Viewer, person_id: int) -> Verdict:
    """May the viewer change this person's name? Everybody his own now and then, and whoever looks after people."""
    if "admin:users" in rights(viewer):
        return YES if person_id == viewer.id else sanctions.over(viewer, person_id)
    if viewer.guest or person_id != viewer.id:
        return Verdict(False, _("You may not change this name."))
    if not settings.allowed:
        return Verdict(False, _("Names are not changed on this site. Ask an administrator if there is a reason to."))
    own = (FormerName.user_id == viewer.id) & (FormerName.by_id == viewer.id)
    last = session().scalar(select(FormerName.at).where(own).order_by(FormerName.id.desc()).limit(1))
    again = last + timedelta(days=settings.days) if last else clock.now()
    if again > clock.now():
        return Verdict(False, _("You changed your name lately. You can do so again on %(day)s.", day=i18n.exact(again)))
    return YES


def history(viewer: Viewer, person_id: int) -> list[Former]:
    """The names that a person had before, the newest first; for the staff and himself, nothing for anybody else."""
    if not sanctions.see_record(viewer, person_id):
        return []
    query = select(FormerName.name, FormerName.at, User.name.label("by")).outerjoin(User, User.id == FormerName.by_id)
    rows = session().execute(query.where(FormerName.user_id == person_id).order_by(FormerName.id.desc()).limit(_LISTED))
    return [Former(*row) for row in rows]


def rename(viewer: Viewer, person_id: int, name: str) -> None:
    """Gives a person another name; the old one stays his. Raises Forbidden, Invalid, Missing."""
    require(rename_person(viewer, person_id))
    user = session().get(User, person_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise Missing
    old, name = user.name, accounts.check_name(name, own=user.id)
    if name == old:
        raise Invalid("name", _("This is the name already."))
    former = FormerName(user_id=user.id, name=old, name_key=user.name_key, at=clock.now(), by_id=viewer.id)
    session().add(former)
    user.name, user.name_key = name, name_key(name)
    accounts.flush_or_refuse("name", _("This name is taken."))
    user.slug = handles.take(name, user.id)
    session().flush()
    if viewer.id != user.id:
        audit.note(viewer, "person.renamed", user_id=user.id, name=old, detail=name)
