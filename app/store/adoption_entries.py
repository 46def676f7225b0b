"""ILP adoption in the store: what is known of each puskesmas, and who changed it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.store.errors import AdoptionConflictError
from app.store.tables import AdoptionChangeRow, AdoptionRow
from app.store.transactions import Transactions
from app.store.values import checked_key, checked_text
from geodata.adoption import LONGEST_DOCUMENT, Adoption, iso_date, whole_year
from geodata.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.orm import Session

    from app.store.values import AdoptionChange, AdoptionEntry

FIELDS = ("stage", "date", "document", "target_year")


class AdoptionBoard(Transactions):
    """The part of the store that keeps ILP adoption."""

    def adoption(self, area: str) -> list[AdoptionEntry]:
        """Return what is known in an area, by facility id; a puskesmas never spoken of has no entry."""
        query = select(AdoptionRow).where(AdoptionRow.area == checked_key("The area", area))
        with self._reading() as session:
            # Sorted here: databases disagree on the order of letters.
            return sorted((r.entry() for r in session.scalars(query)), key=lambda e: e.record.facility_id)

    def set_adoption(
        self, area: str, record: Adoption, *, version: int, account: str
    ) -> AdoptionEntry | None:
        """Return what is known of a puskesmas after ``record`` was written; None if still nothing is.

        What says the same as what is kept changes nothing, whichever version it was made on.

        Parameters
        ----------
        version
            The version that the change was made on; 0 where there was no entry.

        Raises
        ------
        AdoptionConflictError
            The entry is at another version, and says something else; nothing was changed.
        ConfigError
            Text that cannot be stored, an impossible date or year.
        """
        area, account = checked_key("The area", area), checked_key("The account", account)
        record = _checked(record)
        with self._writing() as session:
            old = _entry(session, area, record.facility_id)
            known = old.record if old else Adoption(record.facility_id)
            if record == known:
                return old
            at_version = old.version if old else 0
            now = datetime.now(UTC)
            values = {**_fields(record), "version": version + 1, "updated_by": account, "updated_at": now}
            # The database decides between two that change the same version at once: one matches no row.
            if at_version != version or _rows(session, self._write(area, record, version, values)) != 1:
                current = _entry(session, area, record.facility_id)
                if current is None:
                    msg = f"Nothing is kept of {record.facility_id!r} any more. Load the board again."
                    raise ConfigError(msg)
                if current.record == record:
                    return current
                raise AdoptionConflictError(version, current)
            _note(session, area, known, record, values)
            return _entry(session, area, record.facility_id)

    def adoption_trail(self, area: str, limit: int = 200) -> list[AdoptionChange]:
        """Return the latest changes in an area, newest first."""
        query = (
            select(AdoptionChangeRow)
            .where(AdoptionChangeRow.area == checked_key("The area", area))
            .order_by(AdoptionChangeRow.id.desc())
            .limit(limit)
        )
        with self._reading() as session:
            return [row.change() for row in session.scalars(query)]

    def _write(self, area: str, record: Adoption, version: int, values: dict[str, Any]) -> Executable:
        if version == 0:
            insert = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert
            new = insert(AdoptionRow).values(area=area, facility_id=record.facility_id, **values)
            return new.on_conflict_do_nothing(index_elements=["area", "facility_id"])
        return (
            update(AdoptionRow)
            .where(AdoptionRow.area == area, AdoptionRow.facility_id == record.facility_id)
            .where(AdoptionRow.version == version)
            .values(**values)
        )


def _checked(record: Adoption) -> Adoption:
    """Return the record as it will be kept, or raise ConfigError."""
    document = checked_text("The document", record.document).strip()
    if len(document) > LONGEST_DOCUMENT:
        msg = f"The document has {len(document)} characters. Shorten it to at most {LONGEST_DOCUMENT}."
        raise ConfigError(msg)
    try:
        date = None if record.date is None else iso_date(checked_text("The date", record.date))
        year = None if record.target_year is None else whole_year(record.target_year)
    except ValueError as error:
        msg = f"The date or the target year cannot be kept: {error}. Correct it."
        raise ConfigError(msg) from None
    facility_id = checked_key("The facility's id", record.facility_id)
    return Adoption(facility_id, checked_key("The stage", record.stage), date, document, year)


def _entry(session: Session, area: str, facility_id: str) -> AdoptionEntry | None:
    """Return the entry as the database has it now."""
    row = session.get(AdoptionRow, (area, facility_id), populate_existing=True)
    return row.entry() if row else None


def _rows(session: Session, query: Executable) -> int:
    # PostgreSQL would give up the count of an INSERT, in favour of the keys it returns.
    options = {"synchronize_session": False, "preserve_rowcount": True}
    result = session.execute(query, execution_options=options)
    assert isinstance(result, CursorResult)
    return result.rowcount


def _fields(record: Adoption) -> dict[str, Any]:
    whole = asdict(record)
    return {name: whole[name] for name in FIELDS}


def _note(session: Session, area: str, old: Adoption, new: Adoption, values: dict[str, Any]) -> None:
    """Add an entry to the record of changes, in the transaction of the change."""
    before, after = _fields(old), _fields(new)
    changed = [name for name in FIELDS if before[name] != after[name]]
    session.add(
        AdoptionChangeRow(
            at=values["updated_at"],
            account=values["updated_by"],
            area=area,
            facility_id=new.facility_id,
            version=values["version"],
            old={name: before[name] for name in changed},
            new={name: after[name] for name in changed},
        )
    )
