"""Bulk: one act on many topics of a category; what is refused for one topic does not stop the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.i18n import gettext as _
from forum import deletions, locking, topic_tools
from forum.refusals import Invalid, Refusal
from forum.viewers import Viewer
from models import Topic

MOST = 200
ACTS: dict[str, Callable[[Viewer, int], None]] = {
    "lock": lambda who, key: topic_tools.lock(who, key, locked=True),
    "open": lambda who, key: topic_tools.lock(who, key, locked=False),
    "pin": lambda who, key: topic_tools.pin(who, key, pinned=True),
    "unpin": lambda who, key: topic_tools.pin(who, key, pinned=False),
    "delete": lambda who, key: deletions.delete_topic(who, key),
    "restore": lambda who, key: deletions.restore_topic(who, key),
}
INVERSE = {"lock": "open", "open": "lock", "pin": "unpin", "unpin": "pin", "delete": "restore", "restore": "delete"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act: the topics that it changed, and the first reason why others were left as they are."""

    changed: list[int]
    refused: int
    reason: str


def apply(doer: Viewer, category_id: int, topic_ids: Sequence[int], act: str, *, to: int | None = None) -> Outcome:
    """Does one thing to some topics of a category; `move` needs where `to`. Raises Invalid."""
    if act != "move" and act not in ACTS:
        raise Invalid("act", _("Choose what to do with the topics."))
    if act == "move" and to is None:
        raise Invalid("to", _("Choose the category to move the topics to."))
    if not topic_ids or len(topic_ids) > MOST:
        raise Invalid("topic", _("Select up to %(most)s topics.", most=MOST))
    changed, reasons = [], []
    for topic in locking.topics(topic_ids):
        before = _state(topic)
        if topic.category_id != category_id:
            reasons.append(_("It stands in another category now."))
            continue
        try:
            if act == "move":
                topic_tools.move(doer, topic.id, to or 0)
            else:
                ACTS[act](doer, topic.id)
        except Refusal as refusal:
            reasons.append(refusal.reason)
            continue
        if _state(topic) != before:
            changed.append(topic.id)
    return Outcome(changed, len(reasons), reasons[0] if reasons else "")


def _state(topic: Topic) -> tuple[bool, bool, bool, int]:
    return bool(topic.locked_at), bool(topic.pinned_at), bool(topic.deleted_at), topic.category_id
