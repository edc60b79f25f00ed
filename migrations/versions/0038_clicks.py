"""categories: how often a link to another site was followed

Revision ID: 0038
Revises: 0037
Created: 2026-11-28 22:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('categories', sa.Column('clicks', ID, server_default=sa.text('0'), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('categories') as batch_op:
        batch_op.drop_column('clicks')
