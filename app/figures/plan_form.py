"""The form of a plan: what may be chosen, and what was typed as a question to the planner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.areas.apart import OF_AREAS, Here
from app.areas.shapes import areas_together
from geodata.errors import ConfigError, InputError, told_again
from geodata.files.moment import for_a_moment
from planner.pipeline import Ask, Floor, Objective
from planner.siting.measures import default_measures

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import shapely

    from app.areas.apart import Readers
    from app.texts import Texts

MILLION, BILLION = 1e6, 1e9
WORDS = {"juta": MILLION, "million": MILLION, "miliar": BILLION, "milyar": BILLION, "billion": BILLION}
MOST_SITES = 5000
AREA_FILES = (".geojson", ".json", ".gpkg")


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


@dataclass(frozen=True)
class Option:
    """One entry of a choice: its key in the page, its message, and its value in ``Ask``."""

    key: str
    label: str
    value: Any


@dataclass(frozen=True)
class Choice:
    """Something to choose: a field of ``Ask``, the message that names it, and its entries (default first).

    Those that are ``rare`` stand apart.
    """

    field: str
    label: str
    options: tuple[Option, ...]
    rare: bool = False

    def value(self, key: str) -> Any:  # noqa: ANN401 - whatever the field of ``Ask`` takes
        """Return what an entry means; the first one's for a key that is none."""
        return next((o.value for o in self.options if o.key == key), self.options[0].value)

    def is_other(self, key: str) -> bool:
        """Return whether an entry means something else than the first one, which nobody has to choose."""
        return bool(self.value(key) != self.options[0].value)


# How much there is: the field of ``Ask`` that the typed number goes into.
BY = Choice(
    "by",
    _("Plan by"),
    (
        Option("units", _("number of sites"), "units"),
        Option("budget_idr", _("budget (Rp)"), "budget_idr"),
        Option("target", _("share of people (%)"), "target"),
    ),
)
# Whatever else may be chosen; a field more of ``Ask`` is a row more.
CHOICES = (
    Choice("objective", _("Best is"), (
        Option("people", _("most people reached"), Objective.PEOPLE),
        Option("villages", _("most villages served"), Objective.VILLAGES),
        Option("person_minutes", _("least travel time of all people"), Objective.PERSON_MINUTES),
        Option("worst_time", _("shortest longest way"), Objective.WORST_TIME),
    )),
    Choice("seasons", _("People count as reached in"), (
        Option("dry", _("the dry season"), ("dry",)), Option("wet", _("the wet season"), ("wet",)),
        Option("both", _("both seasons"), ("dry", "wet")),
    )),
    Choice("backup", _("People count as reached with"), (
        Option("", _("one unit"), None), Option("2", _("two units"), 2),
        Option("3", _("three units"), 3),
    ), rare=True),
    Choice("capacity", _("Units have room for"), (
        Option("", _("everybody within the limit"), False),
        Option("yes", _("as many as their capacity says"), True),
    ), rare=True),
    Choice("floors", _("In every kecamatan at least"), (
        Option("", _("no rule"), ()),
        Option("50", "50%", (Floor("district", 0.5),)), Option("70", "70%", (Floor("district", 0.7),)),
        Option("80", "80%", (Floor("district", 0.8),)), Option("90", "90%", (Floor("district", 0.9),)),
    ), rare=True),
    Choice("min_distance_m", _("Units of the kind apart by"), (
        Option("", _("no rule"), None), Option("1000", "1 km", 1000.0),
        Option("2000", "2 km", 2000.0), Option("5000", "5 km", 5000.0),
    ), rare=True),
    Choice("one_per_village", _("New units"), (
        Option("", _("anywhere"), False),
        Option("one", _("one in a village without any"), True),
    ), rare=True),
    Choice("time_limit_s", _("Search for at most"), (
        Option("60", _("1 minute"), 60.0), Option("15", _("15 seconds"), 15.0),
        Option("300", _("5 minutes"), 300.0),
    ), rare=True),
)  # fmt: skip
# How many years, each with so much as was typed.
YEARS = Choice(
    "years",
    _("Over"),
    (
        Option("", _("one plan, without years"), 0), Option("2", _("2 years, so much in each"), 2),
        Option("3", _("3 years, so much in each"), 3), Option("5", _("5 years, so much in each"), 5),
    ),
)  # fmt: skip
AMOUNTS = {"units": "10", "budget_idr": "", "target": "90"}


def read_form(typed: Mapping[str, str], kind: str, texts: Texts) -> tuple[Ask, dict[str, float]]:
    """Return what was typed as a question, and the costs by measure.

    Raises
    ------
    ConfigError
        A number is none, or money is planned and nobody said what something costs.
    """
    by = BY.value(typed.get("by", ""))
    amount = typed.get("amount", "")
    costs = {}
    for name in default_measures().of_kind(kind):
        said = typed.get(f"cost-{name}", "").strip()
        if said:
            costs[name] = _rupiah(said, texts)
    values: dict[str, Any] = {c.field: c.value(typed.get(c.field, "")) for c in CHOICES}
    values[by] = _amount(by, amount, texts)
    if values["backup"] is not None and values["objective"] is not Objective.PEOPLE:
        raise ConfigError(texts.text(
            "Several units within the limit go with most people reached: choose so, or count with one unit."
        ))  # fmt: skip
    if values["capacity"]:
        _require_plain(values, texts)
    return Ask(**values), costs


def _require_plain(values: Mapping[str, Any], texts: Texts) -> None:
    """Raise ConfigError for what does not go with capacity."""
    other = values["objective"] is not Objective.PEOPLE or values.get("target") is not None
    if other or values["floors"] or values["backup"] is not None or len(values["seasons"]) > 1:
        raise ConfigError(texts.text(
            "Capacity goes with most people reached by sites or budget, in one season, with one unit, and "
            "without a rule for every kecamatan: choose so, or plan without capacity."
        ))  # fmt: skip


def read_years(typed: Mapping[str, str], ask: Ask, texts: Texts, *, today: date) -> tuple[int, ...]:
    """Return the years that a plan is made for, from the next one on; () without years.

    Raises
    ------
    ConfigError
        Years do not go with the rest of what was typed.

    Examples
    --------
    >>> from datetime import date
    >>> from app.texts import Texts
    >>> read_years({"years": "2"}, Ask(units=3), Texts("en"), today=date(2026, 11, 28))
    (2027, 2028)
    """
    number = YEARS.value(typed.get("years", ""))
    if not number:
        return ()
    if ask.target is not None or ask.objective is not Objective.PEOPLE or ask.floors:
        raise ConfigError(texts.text(
            "A plan over years is by sites or budget, for most people reached, and without a rule for every "
            "kecamatan: choose so, or plan without years."
        ))  # fmt: skip
    if ask.backup is not None:
        raise ConfigError(texts.text(
            "A plan over years counts who has one unit within the limit: choose so, or plan without years."
        ))  # fmt: skip
    if ask.capacity:
        raise ConfigError(texts.text(
            "A plan over years takes it that units have room for everybody: choose so, or plan without years."
        ))  # fmt: skip
    if ask.seasons == ("wet",):
        raise ConfigError(texts.text(
            "A plan over years counts who is reached in the dry season, or in both: choose one of them."
        ))  # fmt: skip
    return tuple(range(today.year + 1, today.year + 1 + number))


def _amount(by: str, typed: str, texts: Texts) -> float | int:
    if by == "budget_idr":
        return _rupiah(typed, texts)
    value = texts.parsed(typed)
    if by == "target":
        if value is None or not 0 < value <= 100:
            raise ConfigError(texts.text("Type a share of people above 0 and up to 100 per cent."))
        return value / 100
    if value is None or value != int(value) or not 1 <= value <= MOST_SITES:
        raise ConfigError(texts.text(
            "Type a whole number of sites from 1 to {n}.", n=texts.number(MOST_SITES)
        ))  # fmt: skip
    return int(value)


def _rupiah(typed: str, texts: Texts) -> float:
    value = rupiah(typed)
    if value is None or value <= 0:
        raise ConfigError(texts.text(
            "“{typed}” is no amount of rupiah: write it as 350.000.000 or 350 juta.", typed=typed.strip()[:40]
        ))  # fmt: skip
    return value


def area_of_file(name: str, content: bytes, readers: Readers | None = None) -> shapely.Geometry:
    """Return the areas of a file that somebody chose, together as one (degrees).

    Parameters
    ----------
    name
        Only its ending is taken from it.
    content
        The file.
    readers
        Where it is read; here when None.

    Raises
    ------
    ConfigError
        It is no file of areas.
    """
    ending = Path(name).suffix.lower()
    if ending not in AREA_FILES:
        endings = ", ".join(AREA_FILES)
        msg = f"give a file of areas as {endings}"
        raise ConfigError(msg, why="no_area_ending", endings=endings)
    with for_a_moment("app") as folder:
        file = folder / f"areas{ending}"
        file.write_bytes(content)
        try:
            return (readers or Here()).read(areas_together, file, bounds=OF_AREAS)
        except InputError as error:
            # Where it lay for a moment means nothing to anybody.
            raise told_again(error, str(error).replace(f"{folder}/", "")) from None


def rupiah(text: str) -> float | None:
    """Return an amount of money as people type it; None for anything else.

    Points and commas stand between thousands; with *juta* or *miliar* the last one is a decimal sign.

    Examples
    --------
    >>> rupiah("Rp 350.000.000"), rupiah("1,5 miliar"), rupiah("350000000"), rupiah("1.5")
    (350000000.0, 1500000000.0, 350000000.0, None)
    """
    said = re.sub(r"^rp\.?\s*", "", text.strip().lower())
    number, _space, word = said.partition(" ")
    if word in WORDS and re.fullmatch(r"[0-9]{1,6}([.,][0-9]{1,2})?", number):
        return float(round(float(number.replace(",", ".")) * WORDS[word]))
    if re.fullmatch(r"[0-9]{1,15}|[0-9]{1,3}([.,][0-9]{3}){1,4}", said):
        return float(re.sub(r"[.,]", "", said))
    return None
