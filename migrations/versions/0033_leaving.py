"""people whose account was deleted

Revision ID: 0033
Revises: 0032
Created: 2026-11-28 19:40:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('users', sa.Column('left_at', core.db.Moment(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('users', 'left_at')
