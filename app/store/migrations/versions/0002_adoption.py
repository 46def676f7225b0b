"""ILP adoption, and the record of its changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "adoption",
        sa.Column("area", sa.String, nullable=False),
        sa.Column("facility_id", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("date", sa.String),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("target_year", sa.Integer),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_by", sa.String, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("area", "facility_id", name="pk_adoption"),
    )
    op.create_table(
        "adoption_changes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("facility_id", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("old", sa.JSON, nullable=False),
        sa.Column("new", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_adoption_changes"),
    )
    op.create_index("ix_adoption_changes_area", "adoption_changes", ["area"])
