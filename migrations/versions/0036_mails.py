"""the log of mails

Revision ID: 0036
Revises: 0035
Created: 2026-11-28 19:10:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mails',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('address', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('tries', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('done_at', core.db.Moment(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mails'))
    )
    op.create_index('ix_mails_state', 'mails', ['state', 'id'])
    op.create_index('ix_mails_at', 'mails', ['at'])


def downgrade() -> None:
    op.drop_table('mails')
