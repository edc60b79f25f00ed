"""drafts of edits

Revision ID: 0008
Revises: 0007
Created: 2026-11-22 18:07:51.803364
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    seen = sa.Column('seen', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True)
    op.add_column('drafts', seen)


def downgrade() -> None:
    op.drop_column('drafts', 'seen')
