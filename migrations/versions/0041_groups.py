"""groups: a cover, whether people may ask to join, and the categories whose posts the page shows

Revision ID: 0041
Revises: 0040
Created: 2026-11-28 23:15:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('groups', sa.Column('cover', sa.String(length=40), server_default=sa.text("''"), nullable=False))
    op.add_column('groups', sa.Column('requests', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.add_column('groups', sa.Column('shown_in', sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('groups') as batch_op:
        batch_op.drop_column('shown_in')
        batch_op.drop_column('requests')
        batch_op.drop_column('cover')
