"""flags: what was reported, by whom, and what became of it

Revision ID: 0022
Revises: 0021
Created: 2026-11-22 21:00:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('flags',
    sa.Column('id', ID, nullable=False),
    sa.Column('post_id', ID, nullable=True),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('assignee_id', ID, nullable=True),
    sa.Column('reports', ID, nullable=False),
    sa.Column('version', ID, nullable=False),
    sa.Column('opened_at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('changed_at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['assignee_id'], ['users.id'], name=op.f('fk_flags_assignee_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_flags_post_id_posts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_flags_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flags')),
    sa.UniqueConstraint('post_id', name=op.f('uq_flags_post_id'))
    )
    op.create_index('ix_flags_person', 'flags', ['user_id'], unique=True, sqlite_where=sa.text('post_id IS NULL'), postgresql_where=sa.text('post_id IS NULL'))
    op.create_index('ix_flags_state', 'flags', ['state', 'opened_at'])
    op.create_table('flag_events',
    sa.Column('id', ID, nullable=False),
    sa.Column('flag_id', ID, nullable=False),
    sa.Column('by_id', ID, nullable=True),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('words', sa.String(length=1000), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_flag_events_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['flag_id'], ['flags.id'], name=op.f('fk_flag_events_flag_id_flags'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flag_events'))
    )
    op.create_index('ix_flag_events_flag', 'flag_events', ['flag_id', 'id'])
    op.create_table('flag_reports',
    sa.Column('id', ID, nullable=False),
    sa.Column('flag_id', ID, nullable=False),
    sa.Column('by_id', ID, nullable=False),
    sa.Column('reason', sa.String(length=10), nullable=False),
    sa.Column('words', sa.String(length=500), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_flag_reports_by_id_users'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['flag_id'], ['flags.id'], name=op.f('fk_flag_reports_flag_id_flags'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flag_reports')),
    sa.UniqueConstraint('flag_id', 'by_id', name=op.f('uq_flag_reports_flag_id_by_id'))
    )
    op.create_index('ix_flag_reports_by', 'flag_reports', ['by_id', 'at'])


def downgrade() -> None:
    op.drop_table('flag_reports')
    op.drop_table('flag_events')
    op.drop_table('flags')
