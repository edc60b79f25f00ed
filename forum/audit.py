"""The audit log: verbs of the staff note here what was done; the panel shows it."""

from core import clock
from core.db import session
from forum.viewers import Viewer
from models import Act

_NAME, _DETAIL = 255, 2000


def note(
    by: Viewer, kind: str, *, user_id: int | None = None, category_id: int | None = None, topic_id: int | None = None,
    post_id: int | None = None, name: str = "", detail: str = "",
) -> None:  # fmt: skip
    """Writes down, in the running transaction, what somebody of the staff did, to what, and with which words."""
    session().add(
        Act(
            at=clock.now(), by_id=by.id or None, kind=kind, user_id=user_id, category_id=category_id,
            topic_id=topic_id, post_id=post_id, name=name[:_NAME], detail=detail[:_DETAIL],
        )
    )  # fmt: skip
