"""names that people had before, and addresses that are not confirmed yet

Revision ID: 0032
Revises: 0031
Created: 2026-11-28 19:20:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('former_names',
    sa.Column('id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('name_key', sa.String(length=60), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_former_names_user_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_former_names_by_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_former_names'))
    )
    op.create_index('ix_former_names_name_key', 'former_names', ['name_key'])
    op.create_index('ix_former_names_user', 'former_names', ['user_id', 'id'])
    op.add_column('accounts', sa.Column('email_wanted', sa.String(length=320), nullable=True))


def downgrade() -> None:
    op.drop_column('accounts', 'email_wanted')
    op.drop_table('former_names')
