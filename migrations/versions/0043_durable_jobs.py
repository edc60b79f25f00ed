"""durable jobs: calls that were promised, and are done whatever dies meanwhile

Revision ID: 0043
Revises: 0042
Created: 2026-11-30 02:30:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('durable_jobs',
    sa.Column('id', ID, nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('arguments', sa.Text(), nullable=False),
    sa.Column('tries', ID, nullable=False),
    sa.Column('busy', sa.Boolean(), nullable=False),
    sa.Column('lost_at', core.db.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_durable_jobs'))
    )
    op.create_index('ix_durable_jobs_lost_at', 'durable_jobs', ['lost_at'])


def downgrade() -> None:
    op.drop_table('durable_jobs')
