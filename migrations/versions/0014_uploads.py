"""uploads

Revision ID: 0014
Revises: 0013
Created: 2026-11-22 18:17:10.406705
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('uploads',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('width', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('height', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('alt', sa.String(length=500), nullable=False),
    sa.Column('variants', sa.JSON(), nullable=False),
    sa.Column('created_at', core.db.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_uploads_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads')),
    sa.UniqueConstraint('key', name=op.f('uq_uploads_key'))
    )
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.create_index('ix_uploads_created', ['created_at'], unique=False)
        batch_op.create_index('ix_uploads_user', ['user_id', 'id'], unique=False)

    op.create_table('upload_links',
    sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('upload_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_upload_links_post_id_posts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_upload_links_upload_id_uploads'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', 'upload_id', name=op.f('pk_upload_links'))
    )
    with op.batch_alter_table('upload_links', schema=None) as batch_op:
        batch_op.create_index('ix_upload_links_upload', ['upload_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('upload_links', schema=None) as batch_op:
        batch_op.drop_index('ix_upload_links_upload')

    op.drop_table('upload_links')
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.drop_index('ix_uploads_user')
        batch_op.drop_index('ix_uploads_created')

    op.drop_table('uploads')
