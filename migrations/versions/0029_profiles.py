"""signatures, and the administrator's fields of profiles

Revision ID: 0029
Revises: 0028
Created: 2026-11-28 19:10:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('profile_fields',
    sa.Column('id', ID, nullable=False),
    sa.Column('position', ID, nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('icon', sa.String(length=40), nullable=False),
    sa.Column('hint', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('longest', ID, nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('required', sa.Boolean(), nullable=False),
    sa.Column('visibility', sa.String(length=10), nullable=False),
    sa.Column('reputation', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_profile_fields'))
    )
    op.create_table('profile_entries',
    sa.Column('user_id', ID, nullable=False),
    sa.Column('field_id', ID, nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['field_id'], ['profile_fields.id'], name=op.f('fk_profile_entries_field_id_profile_fields'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_profile_entries_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'field_id', name=op.f('pk_profile_entries'))
    )
    op.create_index('ix_profile_entries_field_id', 'profile_entries', ['field_id'])
    op.add_column('users', sa.Column('signature', sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column('users', sa.Column('signature_html', sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('users') as batch_op:
        batch_op.drop_column('signature_html')
        batch_op.drop_column('signature')
    op.drop_index('ix_profile_entries_field_id', table_name='profile_entries')
    op.drop_table('profile_entries')
    op.drop_table('profile_fields')
