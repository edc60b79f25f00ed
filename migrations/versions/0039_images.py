"""categories: an image in place of the icon

Revision ID: 0039
Revises: 0038
Created: 2026-11-28 22:55:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('categories', sa.Column('image', sa.String(length=40), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('categories') as batch_op:
        batch_op.drop_column('image')
