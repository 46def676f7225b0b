"""Alembic's way into the migrations, over the connection that ``app.store.connect`` hands it."""

from __future__ import annotations

from alembic import context

from app.store.connect import VERSION_TABLE
from app.store.tables import Base


def run() -> None:
    """Migrate within the transaction of the connection."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        version_table=VERSION_TABLE,
    )
    context.run_migrations()


if __name__ == "env_py":  # Alembic's name for this file when it runs it; a plain import does nothing.
    run()
