"""how much happens in each hour, day and month

Revision ID: 0030
Revises: 0029
Created: 2026-11-28 19:00:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('counts',
    sa.Column('span', sa.String(length=5), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=15), nullable=False),
    sa.Column('number', ID, nullable=False),
    sa.PrimaryKeyConstraint('span', 'at', 'kind', name=op.f('pk_counts'))
    )
    op.create_table('count_marks',
    sa.Column('kind', sa.String(length=15), nullable=False),
    sa.Column('counted', ID, nullable=False),
    sa.Column('seen', ID, nullable=False),
    sa.PrimaryKeyConstraint('kind', name=op.f('pk_count_marks'))
    )


def downgrade() -> None:
    op.drop_table('count_marks')
    op.drop_table('counts')
