"""timeline: what was done to topics

Revision ID: 0010
Revises: 0009
Created: 2026-11-22 18:20:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('topics', sa.Column('events', ID, server_default=sa.text('0'), nullable=False))
    op.create_table('topic_events',
    sa.Column('id', ID, nullable=False),
    sa.Column('topic_id', ID, nullable=False),
    sa.Column('after_number', ID, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('actor_id', ID, nullable=False),
    sa.Column('happened_at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('category_id', ID, nullable=True),
    sa.Column('other_id', ID, nullable=True),
    sa.Column('number', ID, nullable=True),
    sa.Column('words', sa.String(length=255), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_topic_events_actor_id_users')),
    sa.ForeignKeyConstraint(['category_id'], ['categories.id'], name=op.f('fk_topic_events_category_id_categories'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['other_id'], ['topics.id'], name=op.f('fk_topic_events_other_id_topics'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_topic_events_topic_id_topics'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_topic_events'))
    )
    op.create_index('ix_topic_events_other', 'topic_events', ['other_id'])
    op.create_index('ix_topic_events_place', 'topic_events', ['topic_id', 'after_number', 'id'])


def downgrade() -> None:
    op.drop_index('ix_topic_events_place', 'topic_events')
    op.drop_index('ix_topic_events_other', 'topic_events')
    op.drop_table('topic_events')
    op.drop_column('topics', 'events')
