"""settings log: what was changed, when and by whom

Revision ID: 0011
Revises: 0010
Created: 2026-11-22 18:20:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('setting_changes',
    sa.Column('id', ID, nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('before', sa.Text(), nullable=False),
    sa.Column('after', sa.Text(), nullable=False),
    sa.Column('changed_at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('changed_by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['changed_by_id'], ['users.id'], name=op.f('fk_setting_changes_changed_by_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_setting_changes'))
    )
    op.create_index('ix_setting_changes_name', 'setting_changes', ['name'])


def downgrade() -> None:
    op.drop_index('ix_setting_changes_name', 'setting_changes')
    op.drop_table('setting_changes')
