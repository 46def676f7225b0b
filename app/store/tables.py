"""The tables, as SQLAlchemy sees them; the scripts in ``migrations`` make the same ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.store.values import Account, Action, AdoptionChange, AdoptionEntry, Change, Draft, Role, Saved
from geodata.adoption import Adoption

if TYPE_CHECKING:
    from sqlalchemy import Dialect


class Utc(TypeDecorator[datetime]):
    """A moment in UTC; SQLite knows no time zones, so there it is kept without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what is stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a time without a time zone"
            raise ValueError(msg)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what was stored, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # PostgreSQL keeps content as json, not jsonb: that would give 1e16 back as a whole number, -0.0 as 0 and
    # the keys in another order.
    type_annotation_map: ClassVar = {datetime: Utc, dict[str, Any]: JSON, str: String}


class ScenarioRow(Base):
    """Saved scenarios; ``name_key`` is unique among an area's live ones."""

    __tablename__ = "scenarios"

    id: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]
    note: Mapped[str] = mapped_column(Text)
    author: Mapped[str]
    content: Mapped[dict[str, Any]]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]
    archived: Mapped[bool]

    def saved(self) -> Saved:
        """Return the row as a value."""
        return Saved(
            id=self.id,
            area=self.area,
            name=self.name,
            note=self.note,
            author=self.author,
            content=self.content,
            version=self.version,
            created_at=self.created_at,
            updated_at=self.updated_at,
            updated_by=self.updated_by,
            archived=self.archived,
        )


LIVE = ScenarioRow.archived == false()
Index(
    "uq_scenarios_live_name",
    ScenarioRow.area,
    ScenarioRow.name_key,
    unique=True,
    sqlite_where=LIVE,
    postgresql_where=LIVE,
)


class ChangeRow(Base):
    """The trail: rows are added, never changed."""

    __tablename__ = "changes"
    __table_args__ = (Index(None, "area"), Index(None, "scenario_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account: Mapped[str]
    action: Mapped[Action] = mapped_column(String)
    area: Mapped[str | None]
    scenario_id: Mapped[str | None] = mapped_column(ForeignKey("scenarios.id"))
    scenario_name: Mapped[str | None]
    detail: Mapped[dict[str, Any]]

    def change(self) -> Change:
        """Return the row as a value."""
        return Change(
            at=self.at,
            account=self.account,
            action=self.action,
            area=self.area,
            scenario_id=self.scenario_id,
            scenario_name=self.scenario_name,
            detail=self.detail,
        )


class DraftRow(Base):
    """Working drafts, one a token."""

    __tablename__ = "drafts"
    __table_args__ = (Index(None, "area", "account"),)

    token: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str]
    account: Mapped[str]
    content: Mapped[dict[str, Any]]
    scenario_id: Mapped[str | None] = mapped_column(ForeignKey("scenarios.id"))
    scenario_version: Mapped[int | None]
    updated_at: Mapped[datetime]

    def draft(self) -> Draft:
        """Return the row as a value."""
        return Draft(
            token=self.token,
            area=self.area,
            account=self.account,
            content=self.content,
            scenario_id=self.scenario_id,
            scenario_version=self.scenario_version,
            updated_at=self.updated_at,
        )


class AccountRow(Base):
    """Accounts; without a password someone signs in by OAuth."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("role IN ('viewer', 'editor')", name="role"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[Role] = mapped_column(String)
    password_hash: Mapped[str | None]

    def account(self) -> Account:
        """Return the row as a value, without the password's hash."""
        return Account(name=self.name, role=self.role)


class AdoptionRow(Base):
    """ILP adoption, one row a puskesmas of an area of which anything was ever said."""

    __tablename__ = "adoption"

    area: Mapped[str] = mapped_column(primary_key=True)
    facility_id: Mapped[str] = mapped_column(primary_key=True)
    stage: Mapped[str]
    # Text: "2024-07" is a month of which nobody knows the day.
    date: Mapped[str | None]
    document: Mapped[str] = mapped_column(Text)
    target_year: Mapped[int | None]
    version: Mapped[int]
    updated_by: Mapped[str]
    updated_at: Mapped[datetime]

    def entry(self) -> AdoptionEntry:
        """Return the row as a value."""
        return AdoptionEntry(
            area=self.area,
            record=Adoption(self.facility_id, self.stage, self.date, self.document, self.target_year),
            version=self.version,
            updated_by=self.updated_by,
            updated_at=self.updated_at,
        )


class AdoptionChangeRow(Base):
    """The record of changes of ILP adoption: rows are added, never changed."""

    __tablename__ = "adoption_changes"
    __table_args__ = (Index(None, "area"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account: Mapped[str]
    area: Mapped[str]
    facility_id: Mapped[str]
    version: Mapped[int]
    old: Mapped[dict[str, Any]]
    new: Mapped[dict[str, Any]]

    def change(self) -> AdoptionChange:
        """Return the row as a value."""
        return AdoptionChange(
            at=self.at,
            account=self.account,
            area=self.area,
            facility_id=self.facility_id,
            version=self.version,
            old=self.old,
            new=self.new,
        )
