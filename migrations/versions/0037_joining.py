"""invitations, terms, and the codes that open the set-up of a new site

Revision ID: 0037
Revises: 0036
Created: 2026-11-28 19:40:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('invitations',
    sa.Column('id', ID, nullable=False),
    sa.Column('inviter_id', ID, nullable=True),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('email_key', sa.String(length=320), nullable=False),
    sa.Column('group_ids', sa.JSON(), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('until', core.db.Moment(timezone=True), nullable=False),
    sa.Column('taken_at', core.db.Moment(timezone=True), nullable=True),
    sa.Column('withdrawn_at', core.db.Moment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['inviter_id'], ['users.id'], name=op.f('fk_invitations_inviter_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_invitations_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations'))
    )
    op.create_index('ix_invitations_inviter', 'invitations', ['inviter_id', 'id'])
    op.create_index('ix_invitations_user_id', 'invitations', ['user_id'])
    op.create_index('ix_invitations_email_key', 'invitations', ['email_key'])
    op.create_table('terms',
    sa.Column('id', ID, nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('again', sa.Boolean(), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_terms_by_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_terms'))
    )
    op.create_table('acceptances',
    sa.Column('user_id', ID, nullable=False),
    sa.Column('terms_id', ID, nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['terms_id'], ['terms.id'], name=op.f('fk_acceptances_terms_id_terms'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_acceptances_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'terms_id', name=op.f('pk_acceptances'))
    )
    op.add_column('registrations', sa.Column('terms_id', ID, server_default=sa.text('0'), nullable=False))
    op.create_table('set_up_codes',
    sa.Column('id', ID, nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_set_up_codes'))
    )


def downgrade() -> None:
    op.drop_table('set_up_codes')
    op.drop_column('registrations', 'terms_id')
    op.drop_table('acceptances')
    op.drop_table('terms')
    op.drop_table('invitations')
