"""Screening: whose posts wait for a moderator, and why."""

import re

from sqlalchemy import select

from core.db import session
from core.i18n import gettext as _
from core.settings import Bool, Int, declare
from forum import categories
from forum.privileges import MODERATE, rights
from forum.refusals import Forbidden, Invalid
from forum.viewers import Viewer
from models import User

settings = declare(
    "queue",
    on=Bool(False, "Posts wait for a moderator, by the rules below and in the categories that say so"),
    newcomer_posts=Int(1, "So many first posts of everybody wait (0: none)", high=1000),
    link_posts=Int(5, "Posts with links wait until somebody has written so many (0: they never wait)", high=1000),
)
_LINK = re.compile(r"https?://|www\.|\]\(", re.IGNORECASE)


class Waits(Forbidden):
    """What was written must wait for a moderator; `why` says by which rule."""

    def __init__(self, why: str) -> None:
        super().__init__(_("This waits until a moderator has looked at it."))
        self.why = why


def why(author: Viewer, category_id: int, source: str) -> str:
    """Why a text must wait (newcomer, links, category), or nothing. Moderators of the place never wait."""
    if not settings.on or author.screened or MODERATE in rights(author, category_id):
        return ""
    place = categories.find(category_id)
    if place is not None and place.queued:
        return "category"
    if not (settings.newcomer_posts or settings.link_posts):
        return ""
    written = session().scalar(select(User.posts).where(User.id == author.id)) or 0
    if written < settings.newcomer_posts:
        return "newcomer"
    return "links" if written < settings.link_posts and _LINK.search(source) else ""


def require_free(author: Viewer, category_id: int, source: str) -> None:
    """Raises Waits for a text that a moderator must see first."""
    reason = why(author, category_id, source)
    if reason:
        raise Waits(reason)


def check_edit(editor: Viewer, category_id: int, before: str, after: str) -> None:
    """Raises Invalid for an edit that brings in links that would have waited."""
    if len(_LINK.findall(after)) > len(_LINK.findall(before)) and why(editor, category_id, after) == "links":
        raise Invalid("body", _("Posts with links wait for a moderator while you are new: write a new post for them."))
