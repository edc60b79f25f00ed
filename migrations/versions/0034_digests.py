"""digests by mail, and sanctions that are told by mail

Revision ID: 0034
Revises: 0033
Created: 2026-11-28 19:40:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('digests',
    sa.Column('user_id', ID, nullable=False),
    sa.Column('every', sa.String(length=10), nullable=False),
    sa.Column('sent_at', core.db.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_digests_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_digests')),
    )
    with op.batch_alter_table('sanctions') as table:
        table.add_column(sa.Column('mailed_at', core.db.Moment(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('sanctions') as table:
        table.drop_column('mailed_at')
    op.drop_table('digests')
