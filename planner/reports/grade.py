"""The grade of an area's data in words, and as a record for ``grade.json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from planner.coverage.grade import DECIMALS
from planner.texts.catalogues import LANGUAGES, grade_texts
from planner.texts.formatter import Formatter

if TYPE_CHECKING:
    from planner.coverage.grade import Grade, GradePart, Rise

SCORE_DECIMALS = 2
# What the number of a step counts.
COUNTED = {"people": "villages", "roads": "villages", "doubts": "rows"}


def grade_lines(grade: Grade, lang: str) -> list[str]:
    """Return the grade, its parts, and what would raise it most, a line each.

    Parameters
    ----------
    grade
        Of :func:`planner.pipeline.grade`.
    lang
        ``id`` or ``en``.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, grade
    >>> grade_lines(grade(demo_layers(12)), "en")[0]
    'Grade of the data: A (score 0.90 of 1)'
    """
    texts, words = grade_texts()[lang], Formatter(lang)
    score = words.number(grade.score, SCORE_DECIMALS)
    parts = [f"{texts[f'part_{part.name}']}: {part_words(grade, part, lang)}" for part in grade.parts]
    return [texts["grade"].format(letter=grade.letter, score=score), *parts]


def part_words(grade: Grade, part: GradePart, lang: str) -> str:
    """Return a part's share and what would raise the grade most within it.

    Parameters
    ----------
    grade, part
        A grade, and one of its parts.
    lang
        ``id`` or ``en``.

    Examples
    --------
    >>> from planner.coverage.grade import Grade, GradePart
    >>> part = GradePart("roads", 0.2, 1.0, None)
    >>> part_words(Grade("A", 1.0, (part,)), part, "id")
    '100% (lengkap)'
    """
    texts, words = grade_texts()[lang], Formatter(lang)
    if part.share is None:
        return texts[f"unknown_{part.name}"]
    said = texts["complete"] if part.rise is None else rise_words(grade, part.rise, lang)
    return (
        f"{words.percent(part.share)} ({said})"
        if part.rise is None
        else f"{words.percent(part.share)}. {said}"
    )


def rise_words(grade: Grade, rise: Rise, lang: str) -> str:
    """Return what a step would do to the grade, as a sentence without its full stop.

    Parameters
    ----------
    grade, rise
        A grade, and one of its steps.
    lang
        ``id`` or ``en``.

    Examples
    --------
    >>> from planner.coverage.grade import Grade, Rise
    >>> rise_words(Grade("C", 0.69, ()), Rise("places", "pustu", 12, 0.71, "B"), "en")
    'Locating 12 units (Pustu) by coordinates would raise the grade from C to B'
    """
    texts, words = grade_texts()[lang], Formatter(lang)
    kind = words.term(f"kind_{rise.kind}") if rise.kind else ""
    noun = COUNTED.get(rise.what, "units") + ("_one" if rise.count == 1 else "")
    count = texts[noun].format(number=words.number(rise.count))
    step = texts[f"rise_{rise.what}"].format(count=count, kind=kind)
    if rise.letter != grade.letter:
        return texts["to_letter"].format(step=step, before=grade.letter, after=rise.letter)
    # As many decimals as tell the two apart.
    for decimals in range(SCORE_DECIMALS, DECIMALS + 1):
        before, after = (words.number(score, decimals) for score in (grade.score, rise.score))
        if before != after:
            break
    return texts["to_score"].format(step=step, before=before, after=after, letter=grade.letter)


def grade_record(grade: Grade) -> dict[str, Any]:
    """Return the grade as ``grade.json`` has it: its values, and its lines in both languages.

    Examples
    --------
    >>> from planner.coverage.grade import Grade, GradePart
    >>> grade_record(Grade("A", 1.0, (GradePart("roads", 0.2, 1.0, None),)))["parts"][0]
    {'name': 'roads', 'weight': 0.2, 'share': 1.0, 'rise': None}
    """
    best = [asdict(rise) for rise in grade.rises]
    return {**asdict(grade), "rises": best, "text": {lang: grade_lines(grade, lang) for lang in LANGUAGES}}
