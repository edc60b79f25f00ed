"""tombstones: what was purged

Revision ID: 0009
Revises: 0008
Created: 2026-11-22 18:00:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('tombstones',
    sa.Column('id', ID, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('target_id', ID, nullable=False),
    sa.Column('purged_by_id', ID, nullable=False),
    sa.Column('purged_at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['purged_by_id'], ['users.id'], name=op.f('fk_tombstones_purged_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tombstones')),
    sa.UniqueConstraint('kind', 'target_id', name=op.f('uq_tombstones_kind_target_id'))
    )


def downgrade() -> None:
    op.drop_table('tombstones')
