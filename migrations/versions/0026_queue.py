"""the queue of posts that a moderator looks at first

Revision ID: 0026
Revises: 0025
Created: 2026-11-22 21:00:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('queued',
    sa.Column('id', ID, nullable=False),
    sa.Column('author_id', ID, nullable=False),
    sa.Column('category_id', ID, nullable=False),
    sa.Column('topic_id', ID, nullable=True),
    sa.Column('reply_to_id', ID, nullable=True),
    sa.Column('reply', sa.Boolean(), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('tags', sa.String(length=500), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('send_key', sa.String(length=40), nullable=True),
    sa.Column('why', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('version', ID, nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('decided_at', core.db.Moment(timezone=True), nullable=True),
    sa.Column('decided_by_id', ID, nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('post_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_queued_author_id_users'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['category_id'], ['categories.id'], name=op.f('fk_queued_category_id_categories'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_queued_decided_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_queued_post_id_posts'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['reply_to_id'], ['posts.id'], name=op.f('fk_queued_reply_to_id_posts'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_queued_topic_id_topics'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_queued')),
    sa.UniqueConstraint('author_id', 'send_key', name=op.f('uq_queued_author_id_send_key'))
    )
    op.create_index('ix_queued_author', 'queued', ['author_id', 'id'])
    op.create_index('ix_queued_state', 'queued', ['state', 'id'])
    op.add_column('categories', sa.Column('queued', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    op.drop_column('categories', 'queued')
    op.drop_table('queued')
