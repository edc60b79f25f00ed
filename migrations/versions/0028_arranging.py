"""what an administrator arranges: navigation, widgets, colours of tags

Revision ID: 0028
Revises: 0027
Created: 2026-11-28 19:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

NO, YES, NOTHING = sa.text('false'), sa.text('true'), sa.text("''")


def upgrade() -> None:
    op.add_column('navigation_items', sa.Column('groups', sa.JSON(), nullable=True))
    op.add_column('navigation_items', sa.Column('tooltip', sa.String(length=100), server_default=NOTHING, nullable=False))
    op.add_column('navigation_items', sa.Column('new_window', sa.Boolean(), server_default=NO, nullable=False))
    op.add_column('widgets', sa.Column('kind', sa.String(length=20), server_default=sa.text("'text'"), nullable=False))
    op.add_column('widgets', sa.Column('pages', sa.String(length=20), server_default=NOTHING, nullable=False))
    op.add_column('widgets', sa.Column('options', sa.JSON(), nullable=True))
    op.add_column('widgets', sa.Column('frame', sa.String(length=10), server_default=NOTHING, nullable=False))
    op.add_column('widgets', sa.Column('phones', sa.Boolean(), server_default=YES, nullable=False))
    op.add_column('widgets', sa.Column('groups', sa.JSON(), nullable=True))
    op.execute("UPDATE widgets SET kind = 'html' WHERE trusted")
    op.add_column('tags', sa.Column('colour', sa.String(length=7), server_default=NOTHING, nullable=False))


def downgrade() -> None:
    for table, names in {
        'tags': ('colour',),
        'widgets': ('groups', 'phones', 'frame', 'options', 'pages', 'kind'),
        'navigation_items': ('new_window', 'tooltip', 'groups'),
    }.items():
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.drop_column(name)
