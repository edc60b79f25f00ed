"""skins of ones own

Revision ID: 0002
Revises: 0001
Created: 2026-11-22 15:50:00.862474
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('custom_skins',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('base', sa.String(length=20), nullable=False),
    sa.Column('colours', sa.JSON(), nullable=False),
    sa.Column('body_font', sa.String(length=60), nullable=False),
    sa.Column('heading_font', sa.String(length=60), nullable=False),
    sa.Column('changed_at', core.db.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custom_skins')),
    sa.UniqueConstraint('name', name=op.f('uq_custom_skins_name')),
    sa.UniqueConstraint('slug', name=op.f('uq_custom_skins_slug'))
    )



def downgrade() -> None:

    op.drop_table('custom_skins')
