"""tag rules

Revision ID: 0023
Revises: 0022
Created: 2026-11-22 21:36:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('categories', sa.Column('template', sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column('categories', sa.Column('tags_allowed', sa.JSON(), nullable=True))
    op.add_column('categories', sa.Column('tags_least', NUMBER, server_default=sa.text('0'), nullable=False))
    op.add_column('categories', sa.Column('tags_most', NUMBER, nullable=True))
    op.add_column('tags', sa.Column('staff', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('tags') as batch_op:
        batch_op.drop_column('staff')
    with op.batch_alter_table('categories') as batch_op:
        for name in ('tags_most', 'tags_least', 'tags_allowed', 'template'):
            batch_op.drop_column(name)
