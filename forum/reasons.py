"""Reasons: the administrator's texts for those who warn, mute, ban or refuse."""

from collections.abc import Mapping

from sqlalchemy import func, select

from core.db import session
from core.i18n import gettext as _
from core.i18n import mark
from forum import audit, panel
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from models import ReasonText

RIGHT = "admin:users"
KINDS = {"any": mark("everything"), "warn": mark("warnings"), "mute": mark("mutes"), "ban": mark("bans"),
         "queue": mark("what is not posted"), "newcomer": mark("newcomers who are refused")}  # fmt: skip
_TITLE, _BODY, _MOST = 80, 1000, 100


def index(viewer: Viewer) -> list[ReasonText]:
    """All texts. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return among()


def among() -> list[ReasonText]:
    """All texts, for whoever sanctions somebody."""
    return list(session().scalars(select(ReasonText).order_by(func.lower(ReasonText.title)).limit(_MOST)))


def ready(kind: str) -> list[tuple[int, str]]:
    """The texts that are ready for one kind of words: id and name."""
    return [(each.id, each.title) for each in among() if each.kind in ("any", kind)]


def get(viewer: Viewer, text_id: int) -> ReasonText:
    """A text. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    found = session().get(ReasonText, text_id, populate_existing=True)
    if found is None:
        raise Missing
    return found


def words(text_id: int | None, own: str) -> str:
    """What somebody is told: the chosen text, and what was written besides. Raises Invalid."""
    chosen = session().get(ReasonText, text_id) if text_id else None
    said = "\n\n".join(each for each in (chosen.body if chosen else "", own.replace("\r", "").strip()) if each)
    if not said:
        raise Invalid("reason", _("Say why: the person is shown these words."))
    if len(own) > _BODY or "\x00" in own:
        raise Invalid("reason", _("A reason has at most %(most)s letters.", most=_BODY))
    return said


def keep(viewer: Viewer, text_id: int | None, form: Mapping[str, str]) -> None:
    """Writes a new text, or changes one. Raises Forbidden, Missing, Invalid."""
    panel.guard(viewer, RIGHT)
    title, body = " ".join(form.get("title", "").split()), form.get("body", "").replace("\r", "").strip()
    if not title or len(title) > _TITLE or "\x00" in title:
        raise Invalid("title", _("It needs a name of at most %(most)s letters.", most=_TITLE))
    if not body or len(body) > _BODY or "\x00" in body:
        raise Invalid("body", _("It needs words, at most %(most)s letters.", most=_BODY))
    if form.get("kind") not in KINDS:
        raise Invalid("kind", _("Choose what it is for."))
    row = get(viewer, text_id) if text_id else ReasonText()
    row.kind, row.title, row.body = form["kind"], title, body
    session().add(row)
    session().flush()
    audit.note(viewer, "reason.kept", name=title)


def remove(viewer: Viewer, text_id: int) -> None:
    """Removes a text; what was said with it stays said. Raises Forbidden, Missing."""
    row = get(viewer, text_id)
    audit.note(viewer, "reason.removed", name=row.title)
    session().delete(row)
    session().flush()
