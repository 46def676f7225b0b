"""The ILP adoption board: what is known of each puskesmas, and what an editor typed; no widgets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from app.areas.names import district_names
from geodata.adoption import LONGEST_DOCUMENT, is_later, iso_date, today_in_indonesia, whole_year
from geodata.errors import ConfigError
from planner.supply.stages import UNKNOWN, Adoption, adoption_table, progress, puskesmas_of

if TYPE_CHECKING:
    from datetime import date

    from app.areas.area import Area
    from app.store import AdoptionChange, AdoptionEntry, Store
    from app.texts import Texts
    from planner.supply.stages import StageProgress, Stages


def kept_records(store: Store, area: Area) -> list[Adoption]:
    """Return what the store holds of the area's puskesmas; of others nothing."""
    own = set(puskesmas_of(area.layers.facilities))
    return [e.record for e in store.adoption(area.code) if e.record.facility_id in own]


@dataclass(frozen=True)
class BoardLine:
    """One puskesmas on the board; ``entry`` is None as long as nobody said anything of it."""

    facility_id: str
    name: str
    district: str
    record: Adoption
    entry: AdoptionEntry | None

    @property
    def version(self) -> int:
        """The version that a change of it begins from."""
        return self.entry.version if self.entry else 0


@dataclass(frozen=True)
class Board:
    """All that the board shows.

    Attributes
    ----------
    lines
        One a puskesmas of the area, by name.
    progress
        How far the area is.
    strangers
        Ids of kept entries whose facility is no puskesmas of the area any more; they count nowhere.
    trail
        The latest changes, newest first.
    """

    lines: tuple[BoardLine, ...]
    progress: StageProgress
    strangers: tuple[str, ...]
    trail: tuple[AdoptionChange, ...]

    def line(self, facility_id: str) -> BoardLine | None:
        """Return the line of a puskesmas, if it has one."""
        return next((line for line in self.lines if line.facility_id == facility_id), None)


def read_board(area: Area, store: Store, stages: Stages, *, changes: int) -> Board:
    """Return the board of an area as the store has it now, with its latest changes."""
    facilities, villages = area.layers.facilities, area.layers.villages
    ids = puskesmas_of(facilities)
    entries = {e.record.facility_id: e for e in store.adoption(area.code)}
    known = [_counted(e.record, stages) for i, e in entries.items() if i in ids]
    table = adoption_table(facilities, known, stages)
    names = district_names(villages)
    district = {v: names.get(code, "") for v, code in villages["district_code"].items()}
    lines = [
        BoardLine(
            i,
            row.name or i,
            district.get(row.village_code, ""),
            entries[i].record if i in entries else Adoption(i),
            entries.get(i),
        )
        for i, row in zip(ids, table[["name", "village_code"]].itertuples(), strict=True)
    ]
    return Board(
        lines=tuple(sorted(lines, key=lambda line: (line.name.casefold(), line.facility_id))),
        progress=progress(table, target_share=stages.national.share),
        strangers=tuple(i for i in entries if i not in ids),
        trail=tuple(store.adoption_trail(area.code, limit=changes)),
    )


def _counted(record: Adoption, stages: Stages) -> Adoption:
    """Return the record as it counts: a stage that is no longer one of the stages tells nothing."""
    if record.stage in stages.keys:
        return record
    return Adoption(record.facility_id, UNKNOWN, None, record.document, record.target_year)


def values_of(record: Adoption) -> dict[str, str]:
    """Return a record as the fields of its form."""
    year = "" if record.target_year is None else str(record.target_year)
    return {
        "stage": record.stage, "date": record.date or "", "document": record.document, "target_year": year
    }  # fmt: skip


def typed(
    facility_id: str, values: dict[str, str], stages: Stages, texts: Texts, *, today: date | None = None
) -> Adoption:
    """Return what the fields of a form say of a puskesmas.

    Raises
    ------
    ConfigError
        In the user's language: what cannot be, and what to do.
    """
    _ = texts.text
    field = partial(_field, values)
    stage, day, document, year = field("stage"), field("date"), field("document"), field("target_year")
    if stage not in (UNKNOWN, *stages.keys):
        raise ConfigError(_("There is no stage {stage}. Choose one of the list.", stage=stage))
    if day and stage == UNKNOWN:
        raise ConfigError(_("There is a date but no stage. Choose the stage that was reached then."))
    try:
        date_iso = iso_date(day) if day else None
    except ValueError:
        raise ConfigError(_("{text} is no possible date. Write it as 2024-07-22.", text=day)) from None
    if date_iso and is_later(date_iso, today or today_in_indonesia()):
        raise ConfigError(_("The date {text} is still to come. Plans belong in the target year.", text=day))
    if len(document) > LONGEST_DOCUMENT:
        raise ConfigError(_("The document's text is too long: {n} characters at most.", n=LONGEST_DOCUMENT))
    try:
        target_year = whole_year(year) if year else None
    except ValueError:
        raise ConfigError(
            _("{text} is no possible target year. Write one such as 2025.", text=year)
        ) from None
    return Adoption(facility_id, stage, date_iso, document, target_year)


def _field(values: dict[str, str], name: str) -> str:
    return values.get(name, "").strip()
