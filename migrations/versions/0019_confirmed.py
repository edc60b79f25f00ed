"""confirmed

Revision ID: 0019
Revises: 0018
Created: 2026-11-22 19:02:49.917616
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('accounts', sa.Column('email_confirmed_at', core.db.Moment(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('accounts') as batch_op:
        batch_op.drop_column('email_confirmed_at')
