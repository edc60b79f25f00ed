"""What the search index has still to take in. The index itself is made by its migration, for each database its own."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class SearchQueue(Model):
    """A post or topic that was written or changed: triggers note it, and the transaction's end takes it in.

    `kind` is post, title (a topic's title and first post) or topic (its title and all its posts).
    """

    __tablename__ = "search_queue"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(5))
    target_id: Mapped[int]
