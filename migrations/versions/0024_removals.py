"""removals of spammers, and networks that are kept out

Revision ID: 0024
Revises: 0023
Created: 2026-11-22 21:00:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('network_bans',
    sa.Column('id', ID, nullable=False),
    sa.Column('network', sa.String(length=50), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('by_id', ID, nullable=True),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('until', core.db.Moment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_network_bans_by_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_network_bans')),
    sa.UniqueConstraint('network', name=op.f('uq_network_bans_network'))
    )
    op.create_table('removals',
    sa.Column('id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('by_id', ID, nullable=True),
    sa.Column('sanction_id', ID, nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('undone_at', core.db.Moment(timezone=True), nullable=True),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('topics', sa.JSON(), nullable=False),
    sa.Column('posts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_removals_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['sanction_id'], ['sanctions.id'], name=op.f('fk_removals_sanction_id_sanctions'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_removals_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_removals'))
    )
    op.create_index('ix_removals_user', 'removals', ['user_id', 'id'])


def downgrade() -> None:
    op.drop_table('removals')
    op.drop_table('network_bans')
