"""widget dates: from when and until when a widget is shown

Revision ID: 0012
Revises: 0011
Created: 2026-11-22 18:45:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('widgets', sa.Column('starts_at', core.db.Moment(timezone=True), nullable=True))
    op.add_column('widgets', sa.Column('ends_at', core.db.Moment(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('widgets', 'ends_at')
    op.drop_column('widgets', 'starts_at')
