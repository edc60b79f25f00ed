"""unread

Revision ID: 0013
Revises: 0012
Created: 2026-11-22 17:58:49.917616
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'read_marks',
        sa.Column('user_id', _ID, nullable=False),
        sa.Column('category_id', _ID, nullable=False),
        sa.Column('at', core.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_read_marks_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('user_id', 'category_id', name=op.f('pk_read_marks')),
    )
    op.create_table(
        'read_topics',
        sa.Column('user_id', _ID, nullable=False),
        sa.Column('topic_id', _ID, nullable=False),
        sa.Column('number', _ID, nullable=False),
        sa.Column('forced', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_read_topics_user_id_users'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(
            ['topic_id'], ['topics.id'], name=op.f('fk_read_topics_topic_id_topics'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('user_id', 'topic_id', name=op.f('pk_read_topics')),
    )
    op.create_index('ix_read_topics_topic', 'read_topics', ['topic_id'])
    deleted = sa.text('deleted_at IS NOT NULL')
    op.create_index('ix_posts_deleted', 'posts', ['created_at'], sqlite_where=deleted, postgresql_where=deleted)


def downgrade() -> None:
    op.drop_index('ix_posts_deleted', 'posts')
    op.drop_index('ix_read_topics_topic', 'read_topics')
    op.drop_table('read_topics')
    op.drop_table('read_marks')
