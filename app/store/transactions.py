"""Transactions of one database, for everything that is kept in it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.store.connect import WRITES, shown, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


class Transactions:
    """Reads and writes of an engine; each raises StoreError when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        what = f"{shown(self._engine.url)} cannot be read"
        with told(self._engine.url, what), Session(self._engine) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        what = f"{shown(self._engine.url)} cannot be changed"
        with told(self._engine.url, what), Session(self._writer) as session, session.begin():
            yield session
