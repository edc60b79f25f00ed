"""How many topics of a category carry a tag: counted once, here, and kept by the verbs from then on.

Revision ID: 0003
Revises: 0002
Created: 2026-11-22 17:35:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "category_tags",
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tag_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topics", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name="fk_category_tags_category_id_categories", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_category_tags_tag_id_tags", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("category_id", "tag_id", name="pk_category_tags"),
    )
    op.create_index("ix_category_tags_most_used", "category_tags", ["category_id", sa.text("topics DESC"), "tag_id"])
    op.execute(
        "INSERT INTO category_tags (category_id, tag_id, topics)"
        " SELECT category_id, tag_id, count(*) FROM topics JOIN topic_tags ON topic_tags.topic_id = topics.id"
        " WHERE deleted_at IS NULL AND NOT scheduled GROUP BY category_id, tag_id"
    )


def downgrade() -> None:
    op.drop_table("category_tags")
