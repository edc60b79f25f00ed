"""the letters of people's names and addresses, so that SQLite finds a part of one without reading them all

(PostgreSQL reads 100,000 names in a few milliseconds; an index of letters there needs an extension.)

Revision ID: 0042
Revises: 0041
Created: 2026-11-29 09:05:00
"""

from alembic import op

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None

_TRIGGERS = [
    ("search_people_user", "users", "insert", "id"),
    ("search_people_named", "users", "update of name_key", "id"),
    ("search_people_account", "accounts", "insert", "user_id"),
    ("search_people_addressed", "accounts", "update of email_key", "user_id"),
]
_FILL = (
    "insert into search_people (rowid, letters) select users.id, users.name_key || char(10) || ifnull(email_key, '')"
    " from users join accounts on accounts.user_id = users.id"
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("create virtual table search_people using fts5(letters, tokenize='trigram', detail='none')")
    for name, table, moment, key in _TRIGGERS:
        op.execute(
            f"create trigger {name} after {moment} on {table} begin"
            f" delete from search_people where rowid = new.{key}; {_FILL} where users.id = new.{key}; end"
        )
    op.execute(
        "create trigger search_people_gone after delete on accounts begin"
        " delete from search_people where rowid = old.user_id; end"
    )
    op.execute(_FILL)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in [*(name for name, *_rest in _TRIGGERS), "search_people_gone"]:
        op.execute(f"drop trigger {name}")
    op.execute("drop table search_people")
