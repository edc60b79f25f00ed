"""moves: where posts stood before

Revision ID: 0017
Revises: 0016
Created: 2026-11-22 18:50:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('topics', sa.Column('merged_into_id', ID, nullable=True))
    op.create_table('moves',
    sa.Column('id', ID, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('from_id', ID, nullable=False),
    sa.Column('into_id', ID, nullable=False),
    sa.Column('mover_id', ID, nullable=False),
    sa.Column('moved_at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['from_id'], ['topics.id'], name=op.f('fk_moves_from_id_topics'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['into_id'], ['topics.id'], name=op.f('fk_moves_into_id_topics'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['mover_id'], ['users.id'], name=op.f('fk_moves_mover_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_moves'))
    )
    op.create_index(op.f('ix_moves_from_id'), 'moves', ['from_id'])
    op.create_index(op.f('ix_moves_into_id'), 'moves', ['into_id'])
    op.create_table('moved_posts',
    sa.Column('move_id', ID, nullable=False),
    sa.Column('post_id', ID, nullable=False),
    sa.Column('topic_id', ID, nullable=False),
    sa.Column('number', ID, nullable=False),
    sa.Column('new_number', ID, nullable=False),
    sa.ForeignKeyConstraint(['move_id'], ['moves.id'], name=op.f('fk_moved_posts_move_id_moves'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_moved_posts_post_id_posts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('move_id', 'post_id', name=op.f('pk_moved_posts'))
    )
    op.create_index('ix_moved_posts_place', 'moved_posts', ['topic_id', 'number'])
    op.create_index('ix_moved_posts_post', 'moved_posts', ['post_id'])


def downgrade() -> None:
    op.drop_table('moved_posts')
    op.drop_table('moves')
    op.drop_column('topics', 'merged_into_id')
