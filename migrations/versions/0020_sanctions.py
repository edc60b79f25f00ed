"""sanctions, the texts for them, notes of the staff, and the log of what it did

Revision ID: 0020
Revises: 0019
Created: 2026-11-22 21:00:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('reason_texts',
    sa.Column('id', ID, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reason_texts'))
    )
    op.create_table('acts',
    sa.Column('id', ID, nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('by_id', ID, nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('user_id', ID, nullable=True),
    sa.Column('category_id', ID, nullable=True),
    sa.Column('topic_id', ID, nullable=True),
    sa.Column('post_id', ID, nullable=True),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_acts_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_acts_user_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_acts'))
    )
    op.create_index('ix_acts_by', 'acts', ['by_id', 'id'])
    op.create_index('ix_acts_kind', 'acts', ['kind', 'id'])
    op.create_index('ix_acts_user', 'acts', ['user_id', 'id'])
    op.create_table('sanctions',
    sa.Column('id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by_id', ID, nullable=True),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('until', core.db.Moment(timezone=True), nullable=True),
    sa.Column('lifted_at', core.db.Moment(timezone=True), nullable=True),
    sa.Column('lifted_by_id', ID, nullable=True),
    sa.Column('lifted_reason', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_sanctions_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['lifted_by_id'], ['users.id'], name=op.f('fk_sanctions_lifted_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sanctions_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sanctions'))
    )
    op.create_index('ix_sanctions_user', 'sanctions', ['user_id', 'id'])
    op.create_table('staff_notes',
    sa.Column('id', ID, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('by_id', ID, nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_staff_notes_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_staff_notes_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_notes'))
    )
    op.create_index('ix_staff_notes_user', 'staff_notes', ['user_id', 'id'])


def downgrade() -> None:
    op.drop_table('staff_notes')
    op.drop_table('sanctions')
    op.drop_table('acts')
    op.drop_table('reason_texts')
