"""revisions: what posts said before they were edited

Revision ID: 0006
Revises: 0005
Created: 2026-11-22 17:40:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('posts', sa.Column('edit_reason', sa.String(length=200), nullable=True))
    op.add_column('posts', sa.Column('version', ID, server_default=sa.text('1'), nullable=False))
    op.add_column('posts', sa.Column('revisions', ID, server_default=sa.text('0'), nullable=False))
    op.create_table('revisions',
    sa.Column('id', ID, nullable=False),
    sa.Column('post_id', ID, nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=True),
    sa.Column('tags', sa.Text(), nullable=True),
    sa.Column('editor_id', ID, nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('edited_at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['editor_id'], ['users.id'], name=op.f('fk_revisions_editor_id_users')),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_revisions_post_id_posts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revisions'))
    )
    op.create_index('ix_revisions_post', 'revisions', ['post_id', 'id'])


def downgrade() -> None:
    op.drop_index('ix_revisions_post', 'revisions')
    op.drop_table('revisions')
    for column in ('revisions', 'version', 'edit_reason'):
        op.drop_column('posts', column)
