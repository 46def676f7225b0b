"""AREA.yml as text, from what the files of a folder were taken for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import yaml

from geodata.codes import check_regency_code, name_key, parse_village_code, regency_name, regency_of
from geodata.drafting.guess import guesses
from geodata.drafting.guessed import Guess, quoted
from geodata.drafting.headings import SURE, is_to_come
from geodata.drafting.twice import leave_out_twins
from geodata.errors import ConfigError, counted, first_five
from geodata.readers.register import how_to_get_codes
from geodata.vocabulary.spelling import spelling_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HEAD = """\
# A first AREA.yml, written by `jangkau init` from the files of its folder. Behind each line stands how sure
# it is, and what the column holds. Read it through; what is commented out was not decided.
# Then: jangkau build AREA.yml --out WORKSPACE
"""

# Of what somebody has to do so many letters at most, however long the names are that stand in it.
SENTENCES = 500


class Draft(NamedTuple):
    """A first AREA.yml: its text, and what somebody has to know or do before it is built, in sentences."""

    text: str
    notes: tuple[str, ...]


def draft(folder: Path, code: str | None = None, name: str | None = None) -> Draft:
    """Return a first AREA.yml for a folder of files.

    Parameters
    ----------
    folder
        Its files are looked into; folders within it are not.
    code, name
        Of the kabupaten or kota; None: the codes of its villages tell it.

    Raises
    ------
    ConfigError
        No map of villages, or nothing tells which kabupaten it is about.
    InputError
        The code is none.
    """
    found = guesses(folder)
    maps = [g for g in found if g.role == "boundaries"]
    if not maps:
        seen = " ".join(f"{g.path.name}: {g.about}." for g in found)
        msg = f"{folder} has no map of villages (polygons with their names). Put one into it. "
        msg += f"Its files: {seen}" if seen else "It holds no file that can be read."
        raise ConfigError(msg)
    code = _code(maps, found, code)
    known = _villages(found, code)
    boundaries, *spare = sorted(maps, key=lambda g: _fitness(g, code, known), reverse=True)
    named = _name_line(name, code, found, boundaries)
    lines = [HEAD + f'code: "{code}"', f"name: {named}", ""]
    lines += _entry(boundaries, "boundaries")
    # A table of codes knows the kecamatan's names too: it comes before maps.
    found = sorted(found, key=lambda g: g.role == "boundaries")
    # A map of the country tells the codes of a map that has none.
    for guess in spare:
        guess.role = "codes" if guess.regencies and not boundaries.regencies else ""
        guess.about = guess.about if guess.role else f"{guess.about}; another map of villages is taken"
    lists = [g for g in found if g.role == "facilities"]
    _in_districts(found, {village.district for village in boundaries.villages} - {""})
    leave_out_twins(lists, boundaries, code, _bare_name(named, code))
    _clashing([g for g in found if not g.twin_of])
    needed = _codes_needed(found, boundaries, code)
    lines += [f"# {needed}", ""] if needed else []
    for role, many in (("codes", True), ("roads", False), ("facilities", True), ("population", False),
                       ("hamlets", False), ("floods", False)):  # fmt: skip
        lines += _role([g for g in found if g.role == role], role, many=many)
    lines += [f"# {_one_line(g.title)}: {_one_line(g.about, SENTENCES)}" for g in found if not g.role]
    notes = [f"{_one_line(g.title)}: {_one_line(doubt.said, SENTENCES)}" for g in found for doubt in g.doubts]
    notes += [f"{_one_line(g.title)} is left out: {_one_line(g.twin_of)}" for g in lists if g.twin_of]
    notes += [f"{_one_line(g.title)} is left out: {_one_line(g.undecided)}" for g in found if g.undecided]
    return Draft("\n".join(lines) + "\n", (*notes, *([needed] if needed else ())))


def _in_districts(found: Sequence[Guess], districts: set[str]) -> None:
    """Give the lists of a workbook their sheet's kecamatan, where each of its sheets is named after one."""
    for path in {g.path for g in found if g.sheet is not None}:
        lists = [g for g in found if g.path == path and g.columns]
        if not all(name_key(g.sheet) in districts for g in lists):
            continue
        for guess in lists:
            if guess.role == "facilities" and "district_name" not in guess.keys:
                why = "by the name of the sheet: the kecamatan of all its rows"
                guess.said["in_district"] = (quoted(str(guess.sheet)), why)


def _bare_name(named: str, code: str) -> str:
    """Return the kabupaten's name of its line in AREA.yml; "" where only its code is known."""
    name = str(yaml.safe_load(named))
    return "" if name.endswith(code) else name


def _codes_needed(found: Sequence[Guess], boundaries: Guess, code: str) -> str:
    """Return which table a map of villages without Kemendagri's codes needs, where the folder has none."""
    if boundaries.regencies or any(g.role == "codes" and code in g.regencies for g in found):
        return ""
    return (
        f"needed: {_one_line(boundaries.title)} has no Kemendagri codes, so build has to find its villages "
        f"in a file of codes and names. {how_to_get_codes(code)} Then run init again, with --force."
    )


def _code(maps: Sequence[Guess], found: Sequence[Guess], code: str | None) -> str:
    if code is not None:
        return check_regency_code(code)
    told = [g for g in (*maps, *found) if len(g.regencies) == 1]
    if not told:
        names = _regencies_named(maps)
        said = f" (the map names {first_five(names)})" if names else ""
        msg = (
            f"nothing tells the code of the kabupaten or kota that the files are about{said}. Give it, as in "
            "--code 34.02."
        )
        raise ConfigError(msg)
    return told[0].regencies[0]


def _regencies_named(maps: Sequence[Guess]) -> list[str]:
    """Return the kabupaten that maps of villages name, the one of most villages first."""
    return [
        name for name, _ in Counter(v.regency for g in maps for v in g.villages if v.regency).most_common()
    ]


def _villages(found: Sequence[Guess], code: str) -> Counter[str]:
    """Return the names of the kabupaten's villages: of a table with their codes, or else of one of people."""
    best: tuple[str, ...] = ()
    for guess in found:
        codes = {text: parse_village_code(text) for text in guess.names}
        ours = [text for text, one in codes.items() if one is not None and regency_of(one) == code]
        named = tuple(name_key(guess.names[text]) for text in ours)
        best = max(best, named or (guess.labels if guess.role == "population" else ()), key=len)
    return Counter(best)


def _fitness(guess: Guess, code: str, known: Counter[str]) -> tuple[bool, bool, float, bool, int]:
    """Return how well a map of villages serves: of this kabupaten alone, with its codes.

    Of several with codes the one of fewest rows, which is nearest to the kabupaten alone. Without codes the
    one whose names are most those of the villages, as far as a table tells them, then one that has the
    kecamatan too, then that of most rows: maps of kecamatan and of settlements have names too.
    """
    rows = -guess.rows if guess.regencies else guess.rows
    only = guess.regencies == (code,) or not guess.regencies
    mine = Counter(guess.labels)
    alike = (mine & known).total() / max((mine | known).total(), 1)
    return (only, code in guess.regencies, alike, "district_name" in guess.keys, rows)


def _name_line(name: str | None, code: str, found: Sequence[Guess], boundaries: Guess) -> str:
    """Return the kabupaten's name: of a table of codes, a map or a list, or else its code in words."""
    named = name or next((g.names[code] for g in found if isinstance(g.names.get(code), str)), None)
    if named is not None:
        return quoted_text(named)
    for guess in (boundaries, *(g for g in found if g.role == "facilities")):
        told = _regency_told(code, guess, boundaries)
        if told is not None:
            where = f"{_one_line(guess.title)}, {_one_line(guess.keys['regency'].column)}"
            return f"{quoted_text(told)}  # by {where}"
    return quoted_text(f"Kota {code}" if code[3] == "7" else f"Kabupaten {code}")


def _regency_told(code: str, guess: Guess, boundaries: Guess) -> str | None:
    """Return the kabupaten's name that most rows in villages of the map have; None where none has most.

    A list of a province has villages of the same names elsewhere: most rows of that name have to be here.
    """
    ours = [one for one in boundaries.villages if not one.code or regency_of(one.code) == code]
    known = {(one.name, district) for one in ours for district in ("", one.district) if one.name}
    rows = [(regency_name(one.regency, code), one) for one in guess.villages if one.regency]
    here = Counter(
        name
        for name, one in rows
        if name is not None
        and (regency_of(one.code) == code if one.code else (one.name, one.district) in known)
    )
    if not here:
        return None
    name, times = here.most_common(1)[0]
    of_name = sum(other == name for other, _ in rows)
    return name if 2 * times > max(here.total(), of_name) else None


def quoted_text(text: str) -> str:
    """Return a text as YAML takes it: in quotes where it needs them."""
    plain = text.replace(" ", "").isalpha() and text.isascii()
    return text if plain else quoted(text)


def _role(found: Sequence[Guess], role: str, *, many: bool) -> Iterator[str]:
    if not found:
        return
    if many:
        yield f"{role}:"
        for guess in found:
            first, *rest = _entry(guess, "", indent="    ")
            entry = ["  - " + first.strip(), *rest]
            if guess.twin_of:
                why = _one_line(guess.twin_of)
                yield f"  # left out: {why}. If they are other units, take the signs away:"
                entry = [f"  # {line.removeprefix('  ')}" for line in entry]
            yield from entry
        yield ""
        return
    # A heading of people that is known counts before many rows.
    chosen, *others = sorted(found, key=lambda g: (not g.undecided, _counts_people(g), g.rows), reverse=True)
    if chosen.undecided:
        yield f"# which? {_one_line(chosen.undecided, SENTENCES)}. If it counts people, take the signs away:"
        yield from (f"# {line}" if line else "" for line in _entry(chosen, role))
    else:
        yield from _entry(chosen, role)
    for guess in others:
        yield f"# or {role}: {guess.path.name} ({_one_line(guess.about)})"


def _counts_people(guess: Guess) -> bool:
    """Return whether a heading says that people are counted, and not just "Jumlah"."""
    mapping = guess.keys.get("people")
    return mapping is None or spelling_key(mapping.column) not in {"jumlah", "total"}


def _clashing(found: Sequence[Guess]) -> None:
    """Switch off ids that two lists have in common: numbers from 1 on tell rows apart in one list only."""
    lists = [g for g in found if g.role == "facilities" and g.ids]
    clash = [g for g in lists if any(g.ids & other.ids for other in lists if other is not g)]
    for guess in clash:
        column = guess.keys.pop("id").column
        guess.said["id"] = ("null", f"{column}: another list has the same ids")


def _entry(guess: Guess, role: str, indent: str = "  ") -> list[str]:
    """Return the lines of a file: its path, then a line for each key with how sure it is."""
    lines = [f"{role}:"] if role else []
    lines.append(f"{indent}path: {quoted_text_of_path(guess.path)}  # {_one_line(guess.about)}")
    lines += [f"{indent}# {_one_line(doubt.said, SENTENCES)}" for doubt in guess.doubts]
    if guess.sheet is not None:
        lines.append(f"{indent}sheet: {quoted(guess.sheet)}")
    if guess.layer is not None:
        lines.append(f"{indent}layer: {quoted(guess.layer)}")
    lines += [f"{indent}{key}: {value}  # {_one_line(why)}" for key, (value, why) in guess.said.items()]
    for key, mapping in guess.keys.items():
        sure = "sure" if mapping.score == 100.0 else f"{mapping.score:.0f} % alike"
        if key == "people" and is_to_come(mapping.column):
            sure = f"{sure}, but of a year to come"
        values = _one_line(" | ".join(mapping.samples))
        off = "" if mapping.score >= SURE else "# is it? "
        lines.append(f"{indent}{off}{key}: {quoted(mapping.column)}  # {sure}: {values}")
    return [*lines, ""] if role else lines


def quoted_text_of_path(path: Path) -> str:
    """Return a file's name as YAML takes it."""
    return (
        path.name
        if path.name.replace("_", "").replace(".", "").replace("-", "").isalnum()
        else quoted(path.name)
    )


def _one_line(text: str, longest: int = 200) -> str:
    """Return a text that cannot leave its comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]


def summary(text: str) -> str:
    """Return in a sentence what a draft holds, for the console."""
    files = sum(line.lstrip(" -").startswith("path: ") for line in text.splitlines())
    asked = text.count("# is it? ") + text.count("# which? ")
    return f"{counted(files, 'file')} taken" + (f", {counted(asked, 'column')} to decide" if asked else "")
