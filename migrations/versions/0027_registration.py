"""registrations, and the mode of registering in the place of yes and no

Revision ID: 0027
Revises: 0026
Created: 2026-11-28 19:00:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table('registrations',
    sa.Column('id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('name_key', sa.String(length=60), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('email_key', sa.String(length=320), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('network', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('version', ID, nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('decided_at', core.db.Moment(timezone=True), nullable=True),
    sa.Column('decided_by_id', ID, nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_registrations_decided_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_registrations_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registrations'))
    )
    op.create_index('ix_registrations_user_id', 'registrations', ['user_id'])
    op.create_index('ix_registrations_network', 'registrations', ['network'])
    op.create_index('ix_registrations_state', 'registrations', ['state', 'id'])
    for name, column in (('uq_registrations_name', 'name_key'), ('uq_registrations_email', 'email_key')):
        op.create_index(name, 'registrations', [column], unique=True, sqlite_where=WAITING, postgresql_where=WAITING)
    # the old row stays: a process of the version before goes on reading it, and must not find a word that counts as yes
    op.execute("INSERT INTO settings (name, value) SELECT 'registration.mode', '\"closed\"' FROM settings"
               " WHERE name = 'accounts.registration' AND value = 'false'")


def downgrade() -> None:
    op.execute("DELETE FROM settings WHERE name = 'accounts.registration'")
    op.execute("INSERT INTO settings (name, value) SELECT 'accounts.registration', 'false' FROM settings"
               " WHERE name = 'registration.mode' AND value <> '\"open\"'")
    op.execute("DELETE FROM settings WHERE name = 'registration.mode'")
    op.drop_table('registrations')
