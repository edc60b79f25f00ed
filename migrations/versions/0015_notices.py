"""notices

Revision ID: 0015
Revises: 0014
Created: 2026-11-22 18:48:49.917616
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_OTHERS = (('user', False), ('topic', True), ('post', True))


def upgrade() -> None:
    op.create_table(
        'notices',
        sa.Column('id', _ID, nullable=False),
        sa.Column('user_id', _ID, nullable=False),
        sa.Column('key', sa.String(length=40), nullable=False),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('topic_id', _ID, nullable=True),
        sa.Column('post_id', _ID, nullable=True),
        sa.Column('number', _ID, nullable=False),
        sa.Column('newest_id', _ID, nullable=False),
        sa.Column('actors', sa.JSON(), nullable=False),
        sa.Column('at', core.db.Moment(timezone=True), nullable=False),
        sa.Column('read_at', core.db.Moment(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [f'{word}_id'], [f'{word}s.id'], name=op.f(f'fk_notices_{word}_id_{word}s'), ondelete='CASCADE'
            )
            for word, _optional in _OTHERS
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notices')),
        sa.UniqueConstraint('user_id', 'key', name=op.f('uq_notices_user_id_key')),
    )
    op.create_index(op.f('ix_notices_topic_id'), 'notices', ['topic_id'])
    op.create_index(op.f('ix_notices_post_id'), 'notices', ['post_id'])
    op.create_index('ix_notices_newest', 'notices', ['user_id', 'at', 'id'])
    unread = sa.text('read_at IS NULL')
    op.create_index('ix_notices_unread', 'notices', ['user_id'], sqlite_where=unread, postgresql_where=unread)


def downgrade() -> None:
    op.drop_table('notices')
