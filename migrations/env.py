"""Alembic's surroundings. Livery calls it with a connection (core/migrate.py); there is no alembic.ini to keep."""

from alembic import context

import models  # noqa: F401  (makes every table known)
from core.db import Base


def ours(name, kind, parents):
    """Whether the models say what something is like: the search index is not theirs (its migration makes it)."""
    return kind != "table" or not name.startswith(("search_posts", "search_titles", "search_people"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
    include_name=ours,
)
with context.begin_transaction():
    context.run_migrations()
