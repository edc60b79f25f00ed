"""notices by mail

Revision ID: 0025
Revises: 0024
Created: 2026-11-22 22:05:49.917616
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('notices', sa.Column('mail_at', core.db.Moment(timezone=True), nullable=True))
    number = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.add_column('notices', sa.Column('mailed_id', number, server_default=sa.text('0'), nullable=False))
    waiting = sa.text('mail_at IS NOT NULL')
    op.create_index('ix_notices_mail', 'notices', ['mail_at'], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    op.drop_index('ix_notices_mail', table_name='notices')
    with op.batch_alter_table('notices') as batch_op:
        batch_op.drop_column('mailed_id')
        batch_op.drop_column('mail_at')
