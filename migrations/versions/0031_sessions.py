"""sessions: each log-in can be seen and ended

Revision ID: 0031
Revises: 0030
Created: 2026-11-28 19:00:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('sessions',
    sa.Column('id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('epoch', ID, nullable=False),
    sa.Column('browser', sa.String(length=40), nullable=False),
    sa.Column('system', sa.String(length=40), nullable=False),
    sa.Column('network', sa.String(length=64), nullable=False),
    sa.Column('begun_at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('seen_at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sessions_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sessions'))
    )
    op.create_index('ix_sessions_user', 'sessions', ['user_id', 'id'])
    op.create_index('ix_sessions_seen', 'sessions', ['seen_at'])


def downgrade() -> None:
    op.drop_table('sessions')
