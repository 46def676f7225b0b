"""The PWS sheets on paper: one PDF a kecamatan, a page a village, with a contents page."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import UnknownCodeError, suggest
from geodata.layers import no_progress
from planner.ilp.three_answers import CLASS_COLORS
from planner.reports.outputs import answer_record
from planner.reports.plan_folder import plan_outputs, write_plan_folder
from planner.reports.senders.cells import shown
from planner.reports.typeset import typeset, typeset_pages
from planner.reports.village_sheets.drawing import Drawing, sign
from planner.reports.village_sheets.facts import SheetFacts
from planner.reports.village_sheets.ways import NearestWays
from planner.reports.workbook.paper import ink

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.layers import Layers, Progress, SourceRecord
    from planner.ilp.model import Ilp

PWS_OUTPUTS = plan_outputs("pws", "pws-*.pdf")
# More of a name or sentence than this says nothing more on paper; a sign shows where one was cut.
NAME, SENTENCE = 60, 400
# Up to so much a page is sure to hold everything, all at once (a test sets such a page).
PLAIN_NAME, PLAIN_FACT, PLAIN_SENTENCE, PLAIN_KINDS, PLAIN_GROUPS = 30, 100, 150, 4, 6


def write_booklets(
    ilp: Ilp,
    out: str | Path,
    *,
    lang: str = "id",
    district: str = "",
    inputs: Sequence[SourceRecord] = (),
    progress: Progress = no_progress,
) -> list[Path]:
    """Write the PWS sheets, one PDF a kecamatan, and ``run.json``; returns the files written.

    Parameters
    ----------
    ilp
        The answers.
    out
        The output folder; one written before is replaced as a whole.
    lang
        ``id`` or ``en``.
    district
        Code or name of one kecamatan; all when empty.
    inputs
        Files that went in besides those of the layers.
    progress
        Told the name of each kecamatan.

    Returns
    -------
    files
        In order of their names, in ``out``.

    Raises
    ------
    UnknownCodeError
        There is no such kecamatan, or several of that name.
    KeyError
        Another language.
    WorkspaceError
        ``out`` holds something that was not written by this, or another process is writing it.
    DiskError
        The disk is full or refuses. After any error ``out`` is as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> with TemporaryDirectory() as folder:
    ...     written = write_booklets(Ilp(find_gaps(demo_layers(12))), Path(folder, "pws"))
    >>> [file.name for file in written]
    ['pws-99.01.01-rekaan.pdf', 'run.json']
    """
    chosen = districts_of(ilp.gaps.layers, district)
    record = {**answer_record("pws", ilp.gaps, inputs), "lang": lang, "districts": list(chosen), "seed": None}
    booklet = Booklet(ilp, lang)

    def write(stage: Path) -> None:
        for code, name in chosen.items():
            progress(f"{code} {name}".strip())
            (stage / _file_name(code, name)).write_bytes(booklet.pdf(code))

    return write_plan_folder(Path(out), PWS_OUTPUTS, record, write)


def districts_of(layers: Layers, asked: str = "") -> dict[str, str]:
    """Return the kecamatan of an area, or the one that is asked for: names by code, sorted.

    Parameters
    ----------
    layers
        The study area.
    asked
        A code or a name; all when empty.

    Raises
    ------
    UnknownCodeError
        There is no such kecamatan, or several of that name.

    Examples
    --------
    >>> from planner.pipeline import demo_layers
    >>> districts_of(demo_layers(12), "rekaan")
    {'99.01.01': 'Rekaan'}
    """
    villages = layers.villages
    names: dict[str, str] = villages.groupby("district_code")["district_name"].first().sort_index().to_dict()
    if not asked:
        return names
    found = {c: n for c, n in names.items() if asked in (c, n) or asked.casefold() == n.casefold()}
    if not found:
        hint = suggest(asked, [*names, *(n for n in names.values() if n)])
        msg = f"there is no kecamatan {asked!r} in this area.{hint}"
        raise UnknownCodeError(msg)
    if len(found) > 1:
        msg = f"{len(found)} kecamatan are called {asked!r}: name one of {', '.join(found)}"
        raise UnknownCodeError(msg)
    return found


class Booklet:
    """The sheets of an area's kecamatan.

    Parameters
    ----------
    ilp
        The answers.
    lang
        ``id`` or ``en``.

    Raises
    ------
    KeyError
        Another language.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> Booklet(Ilp(find_gaps(demo_layers(12))), "en").pdf("99.01.01")[:5]
    b'%PDF-'
    """

    def __init__(self, ilp: Ilp, lang: str) -> None:
        self.ilp, self.lang = ilp, lang
        self.facts, self.drawing, self.ways = SheetFacts(ilp, lang), Drawing(ilp, lang), NearestWays(ilp.gaps)
        self._says_more = bool(self.facts.assumed or self.facts.on_foot)
        self.source = files("planner").joinpath("data/pws.typ").read_text("utf-8")

    def pdf(self, district: str) -> bytes:
        """Return the PDF of a kecamatan's villages, in order of their codes.

        Parameters
        ----------
        district
            Its code.
        """
        data, images = self._set(district)
        return typeset(self.source, data, files=images, tags=False)

    def pictures(self, district: str, *, ppi: float) -> tuple[bytes, ...]:
        r"""Return the pages of the same as PNG, to be looked at before the file is taken.

        Parameters
        ----------
        district
            Its code.
        ppi
            Pixels an inch.

        Examples
        --------
        >>> from planner.pipeline import Ilp, demo_layers, find_gaps
        >>> pages = Booklet(Ilp(find_gaps(demo_layers(12))), "id").pictures("99.01.01", ppi=20)
        >>> {page[:4] for page in pages}
        {b'\x89PNG'}
        """
        data, images = self._set(district)
        return typeset_pages(self.source, data, files=images, ppi=ppi)

    def _set(self, district: str) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return what the source reads: its data, and images by name."""
        villages = self.ilp.gaps.layers.villages
        mine = villages[villages["district_code"] == district].sort_index()
        pages = [self._page(code) for code in mine.index]
        ways = self.ways.of(mine.index.tolist())
        images = {f"{code}.svg": self.drawing.draw(code, ways[code]).encode("utf-8") for code in mine.index}
        images |= {f"{kind}.svg": sign(kind).encode("utf-8") for kind in self.ilp.kinds}
        facts, name = self.facts, str(mine["district_name"].iloc[0])
        data = {
            "lang": self.lang, "t": facts.texts_of(mine.index), "area": shown(facts.area, NAME),
            "pages": pages,
            # Without a name the code stands in its place, and not behind it too.
            "district": shown(name or district, NAME), "code": district if name else "",
            "kinds": [shown(k, NAME) for k in map(facts.heading, self.ilp.kinds)],
            "legend": [{"label": facts.kind(k), "image": f"{k}.svg"} for k in self.ilp.kinds],
            "standard": shown(facts.standard, SENTENCE), "sources": shown(facts.sources, SENTENCE),
            "way": facts.way, "assumed": shown(facts.assumed, SENTENCE),
            "on_foot": shown(facts.on_foot, SENTENCE),
        }  # fmt: skip
        return data, images

    def _page(self, code: str) -> dict[str, Any]:
        page: dict[str, Any] = _shortened(self.facts.of(code))
        for kind in page["kinds"]:
            kind["fill"] = CLASS_COLORS[kind["class"]]
            kind["ink"] = ink(kind["fill"])
        head = str(page["head"])
        begins = head.casefold().startswith("puskesmas")
        title = self.facts.t["pws_head"]
        # "Kepala Puskesmas Puskesmas X" is no title.
        page["head"] = f"{title} {head[len('puskesmas') :].strip() if begins else head}".strip()
        page["map"] = f"{code}.svg"
        # Nobody knows how many lines these take.
        page["long"] = _is_long(page) or self._says_more
        return page


def _is_long(page: Mapping[str, Any]) -> bool:
    """Return whether a sheet may need more than one page at the plain size of letters."""
    kinds, groups = page["kinds"], page["groups"]
    longest = {
        PLAIN_NAME: [page["name"], page["puskesmas"], page["district"], *(k["unit"] for k in kinds)],
        PLAIN_FACT: [page["visits"], page["referral"]],
        PLAIN_SENTENCE: [page["next"], *(k["reason"] for k in kinds)],
    }
    too_long = any(len(text) > most for most, texts in longest.items() for text in texts)
    return too_long or len(kinds) > PLAIN_KINDS or len(groups) > PLAIN_GROUPS


def _shortened(value: Any, most: int = SENTENCE) -> Any:  # noqa: ANN401 - text, or lists and dicts of it
    if isinstance(value, dict):
        return {
            k: _shortened(v, SENTENCE if k in ("reason", "next", "visits", "referral") else NAME)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [_shortened(v, most) for v in value]
    return shown(value, most)


def _file_name(code: str, name: str) -> str:
    """Return a name that any disk takes."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40]
    return f"pws-{code}-{slug}.pdf".replace("-.pdf", ".pdf")
