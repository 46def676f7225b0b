"""Scenarios, their trail, drafts and accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "scenarios",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("name_key", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("updated_by", sa.String, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scenarios"),
    )
    live = sa.column("archived", sa.Boolean) == sa.false()
    op.create_index(
        "uq_scenarios_live_name",
        "scenarios",
        ["area", "name_key"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("area", sa.String),
        sa.Column("scenario_id", sa.String),
        sa.Column("scenario_name", sa.String),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        sa.ForeignKeyConstraint(["scenario_id"], ["scenarios.id"], name="fk_changes_scenario_id"),
    )
    op.create_index("ix_changes_area", "changes", ["area"])
    op.create_index("ix_changes_scenario_id", "changes", ["scenario_id"])
    op.create_table(
        "drafts",
        sa.Column("token", sa.String, nullable=False),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("scenario_id", sa.String),
        sa.Column("scenario_version", sa.Integer),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_drafts"),
        sa.ForeignKeyConstraint(["scenario_id"], ["scenarios.id"], name="fk_drafts_scenario_id"),
    )
    op.create_index("ix_drafts_area_account", "drafts", ["area", "account"])
    op.create_table(
        "accounts",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password_hash", sa.String),
        sa.PrimaryKeyConstraint("name", name="pk_accounts"),
        sa.CheckConstraint("role IN ('viewer', 'editor')", name=op.f("ck_accounts_role")),
    )
