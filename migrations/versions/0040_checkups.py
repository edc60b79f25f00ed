"""what the checks of the site itself found

Revision ID: 0040
Revises: 0039
Created: 2026-11-28 22:50:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('findings',
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('well', sa.Boolean(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('remedy', sa.Text(), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_findings'))
    )


def downgrade() -> None:
    op.drop_table('findings')
