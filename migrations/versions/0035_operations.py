"""errors, slow pages and queries, and jobs that failed

Revision ID: 0035
Revises: 0034
Created: 2026-11-28 18:50:00
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('incidents',
    sa.Column('id', ID, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('shape', sa.Text(), nullable=False),
    sa.Column('times', ID, nullable=False),
    sa.Column('worst', ID, nullable=False),
    sa.Column('first_at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('last_at', core.db.Moment(timezone=True), nullable=False),
    sa.Column('seen_at', core.db.Moment(timezone=True), nullable=True),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incidents')),
    sa.UniqueConstraint('kind', 'digest', name=op.f('uq_incidents_kind_digest'))
    )
    op.create_index('ix_incidents_kind', 'incidents', ['kind', 'last_at', 'id'])
    op.create_table('failed_jobs',
    sa.Column('id', ID, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('arguments', sa.Text(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('trace', sa.Text(), nullable=False),
    sa.Column('times', ID, nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_failed_jobs')),
    sa.UniqueConstraint('digest', name=op.f('uq_failed_jobs_digest'))
    )
    op.create_index('ix_failed_jobs_name', 'failed_jobs', ['name', 'id'])


def downgrade() -> None:
    op.drop_table('failed_jobs')
    op.drop_table('incidents')
