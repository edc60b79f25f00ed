"""groups: who sees and joins them, their owners, requests and invitations

Revision ID: 0016
Revises: 0015
Created: 2026-11-22 19:00:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('groups', sa.Column('visibility', sa.String(length=10), server_default=sa.text("'private'"), nullable=False))
    op.add_column('groups', sa.Column('leavable', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.add_column('memberships', sa.Column('owner', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_table('candidacies',
    sa.Column('group_id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('invited', sa.Boolean(), nullable=False),
    sa.Column('since', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['groups.id'], name=op.f('fk_candidacies_group_id_groups'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_candidacies_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', 'user_id', name=op.f('pk_candidacies'))
    )
    op.create_index('ix_candidacies_user', 'candidacies', ['user_id'])


def downgrade() -> None:
    op.drop_index('ix_candidacies_user', 'candidacies')
    op.drop_table('candidacies')
    op.drop_column('memberships', 'owner')
    op.drop_column('groups', 'leavable')
    op.drop_column('groups', 'visibility')
