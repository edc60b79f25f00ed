"""search

The index, the queue of what it has still to take in, and the triggers that fill the queue: so no write can forget it.

Revision ID: 0007
Revises: 0006
Created: 2026-11-22 17:40:00.000000
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

# trigger, table, moment, under which condition, what it does
_NOTE = "insert into search_queue (kind, target_id) values ('{kind}', {row}.{key})"
_TRIGGERS = [
    ("search_post_written", "posts", "insert", "", _NOTE.format(kind="post", row="new", key="id")),
    ("search_post_changed", "posts", "update of html, author_id, topic_id, created_at",
     "old.html {differs} new.html or old.author_id {differs} new.author_id or old.topic_id {differs} new.topic_id"
     " or old.created_at {differs} new.created_at", _NOTE.format(kind="post", row="new", key="id")),
    ("search_topic_written", "topics", "insert", "", _NOTE.format(kind="title", row="new", key="id")),
    ("search_title_changed", "topics", "update of title, author_id, created_at, first_post_id",
     "old.title {differs} new.title or old.author_id {differs} new.author_id"
     " or old.created_at {differs} new.created_at or old.first_post_id {differs} new.first_post_id",
     _NOTE.format(kind="title", row="new", key="id")),
    ("search_topic_moved", "topics", "update of category_id", "old.category_id {differs} new.category_id",
     _NOTE.format(kind="topic", row="new", key="id")),
    ("search_tag_given", "topic_tags", "insert", "", _NOTE.format(kind="topic", row="new", key="topic_id")),
    ("search_tag_taken", "topic_tags", "delete", "", _NOTE.format(kind="topic", row="old", key="topic_id")),
]
_GONE = [
    ("search_post_gone", "posts", "delete from search_posts where rowid = old.id"),
    ("search_topic_gone", "topics", "delete from search_titles where rowid = old.id"),
]


def upgrade() -> None:
    op.create_table('search_queue',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=5), nullable=False),
    sa.Column('target_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_queue'))
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    (_on_sqlite if sqlite else _on_postgresql)()
    # What is here already is taken in by the recurring job, in batches; each topic brings its posts.
    op.execute("insert into search_queue (kind, target_id) select 'topic', id from topics order by id")


def _on_sqlite() -> None:
    for kind in ("posts", "titles"):
        op.execute(
            f"create virtual table search_{kind} using fts5(title, body, marks, prefix='2 3',"
            " tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co M*'\")"
        )
    for name, table, moment, condition, action in _TRIGGERS:
        when = f" when {condition.format(differs='is not')}" if condition else ""
        op.execute(f"create trigger {name} after {moment} on {table}{when} begin {action}; end")
    for name, table, action in _GONE:
        op.execute(f"create trigger {name} after delete on {table} begin {action}; end")


def _on_postgresql() -> None:
    for kind, table in (("posts", "posts"), ("titles", "topics")):
        op.execute(
            f"create table search_{kind} (id bigint primary key references {table} (id) on delete cascade,"
            " title text not null, body text not null, words tsvector not null)"
        )
        op.execute(f"create index ix_search_{kind}_words on search_{kind} using gin (words) with (fastupdate = off)")
        op.execute(f"alter table search_{kind} alter column words set statistics 1000")
    for name, table, moment, condition, action in _TRIGGERS:
        op.execute(
            f"create function {name}() returns trigger language plpgsql as"
            f" $$ begin {action}; return null; end $$"
        )
        when = f" when ({condition.format(differs='is distinct from')})" if condition else ""
        op.execute(f"create trigger {name} after {moment} on {table} for each row{when} execute function {name}()")


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    triggers = [(name, table) for name, table, *_ in _TRIGGERS]
    if sqlite:
        triggers += [(name, table) for name, table, _ in _GONE]
    for name, table in triggers:
        op.execute(f"drop trigger {name}" if sqlite else f"drop trigger {name} on {table}")
        if not sqlite:
            op.execute(f"drop function {name}()")
    op.execute("drop table search_titles")
    op.execute("drop table search_posts")
    op.drop_table('search_queue')
