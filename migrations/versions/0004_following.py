"""following

Revision ID: 0004
Revises: 0003
Created: 2026-11-22 17:34:49.917616
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_TABLES = (
    # table, its second column, what that refers to, whether a state is chosen
    ('topic_follows', 'topic', 'topics', True),
    ('category_follows', 'category', 'categories', True),
    ('tag_follows', 'tag', 'tags', False),
    ('person_follows', 'person', 'users', False),
    ('blocks', 'person', 'users', False),
)


def upgrade() -> None:
    for table, word, target, chosen in _TABLES:
        column = f'{word}_id'
        state = [sa.Column('state', sa.String(length=10), nullable=False)] if chosen else []
        op.create_table(
            table,
            sa.Column('user_id', _ID, nullable=False),
            sa.Column(column, _ID, nullable=False),
            *state,
            sa.ForeignKeyConstraint(
                ['user_id'], ['users.id'], name=op.f(f'fk_{table}_user_id_users'), ondelete='CASCADE'
            ),
            sa.ForeignKeyConstraint(
                [column], [f'{target}.id'], name=op.f(f'fk_{table}_{column}_{target}'), ondelete='CASCADE'
            ),
            sa.PrimaryKeyConstraint('user_id', column, name=op.f(f'pk_{table}')),
        )
        op.create_index(f'ix_{table}_{word}', table, [column, 'state'] if chosen else [column])


def downgrade() -> None:
    for table, word, _target, _chosen in reversed(_TABLES):
        op.drop_index(f'ix_{table}_{word}', table)
        op.drop_table(table)
