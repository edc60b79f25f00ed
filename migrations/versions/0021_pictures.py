"""pictures

Revision ID: 0021
Revises: 0020
Created: 2026-11-22 21:12:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('users', sa.Column('picture', sa.String(length=40), server_default=sa.text("''"), nullable=False))
    op.add_column('users', sa.Column('cover', sa.String(length=40), server_default=sa.text("''"), nullable=False))
    op.add_column('uploads', sa.Column('purpose', sa.String(length=10), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('uploads') as batch_op:
        batch_op.drop_column('purpose')
    with op.batch_alter_table('users') as batch_op:
        batch_op.drop_column('cover')
        batch_op.drop_column('picture')
