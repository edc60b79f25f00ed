"""bookmarks: what people keep to find again

Revision ID: 0018
Revises: 0017
Created: 2026-11-22 19:05:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('bookmarks',
    sa.Column('id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('post_id', ID, nullable=False),
    sa.Column('created_at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_bookmarks_post_id_posts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_bookmarks_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bookmarks')),
    sa.UniqueConstraint('post_id', 'user_id', name=op.f('uq_bookmarks_post_id_user_id'))
    )
    op.create_index('ix_bookmarks_user', 'bookmarks', ['user_id', 'id'])


def downgrade() -> None:
    op.drop_table('bookmarks')
