"""The files of a run."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.arguments import as_path
from geodata.files.csvtext import csv_text
from geodata.layers import no_progress
from geodata.workspace import RUN, Ours, replace_folder
from planner.coverage.study import require_gaps
from planner.coverage.tables import roads_or_straight, summary
from planner.ilp.model import Ilp
from planner.ilp.tables import ilp_summary, jejaring_table, puskesmas_table
from planner.reports.analyst.frames import frames_of
from planner.reports.pws import pws_table
from planner.reports.side_by_side import standards_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

    from geodata.adoption import Adoption
    from geodata.layers import Progress, SourceRecord
    from planner.coverage.study import Gaps

BOOK = "gaps.xlsx"
# Units and villages in it, at most.
MOST_BOOK_ROWS = 20_000
OUTPUTS = Ours(
    RUN,
    "jangkau_version",
    frozenset(
        {RUN, "summary.json", "villages.csv", "villages.parquet", "facilities.csv", "map.html",
         "puskesmas.csv", "network.csv", "adoption.csv", "equity.csv", "groups.csv", "referral.csv",
         "home_visits.csv", "pws.csv", "pws.html", "standards.csv", BOOK, "gaps.gpkg",
         "gaps.kml"}
    ),
)  # fmt: skip


def has_workbook(gaps: Gaps) -> bool:
    """Return whether ``gaps.xlsx`` is written: nobody reads a longer one, and it would take minutes.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> has_workbook(find_gaps(demo_layers(12)))
    True
    """
    layers = gaps.layers
    return len(layers.facilities) + len(layers.villages) <= MOST_BOOK_ROWS


def write_gaps(
    gaps: Gaps,
    out: str | Path,
    *,
    lang: str = "id",
    adoption: Sequence[Adoption] = (),
    beside: Sequence[Gaps] = (),
    inputs: Sequence[SourceRecord] = (),
    plan: Path | None = None,
    progress: Progress = no_progress,
) -> list[Path]:
    """Write the tables, the workbook, the map and ``run.json``; returns the files written.

    Parameters
    ----------
    gaps
        What :func:`planner.coverage.study.find_gaps` gave.
    out
        The output folder; one written before is replaced as a whole.
    lang
        ``id`` or ``en``: the language of the workbook, the map and the PWS sheets.
    adoption
        What is known of the puskesmas' adoption of ILP.
    beside
        Answers by other standards, for ``standards.csv``.
    inputs
        Further files that went in: the table of adoption, the scenario, standards of one's own.
    plan
        A folder of ``jangkau site`` or ``jangkau rollout``, whose sites and years go into the workbook.
    progress
        Told the name of each step.

    Returns
    -------
    files
        In order of their names, in ``out``.

    Raises
    ------
    ConfigError
        Another language; or ``plan`` is no folder of a plan of this area.
    UnknownCodeError
        A record of adoption is of no puskesmas of the area, or of no stage.
    SchemaError
        Two records of adoption are of one puskesmas.
    WorkspaceError
        ``out`` holds something that was not written by this, or another process is writing it.
    DiskError
        The disk is full or refuses. After any error ``out`` is as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> with TemporaryDirectory() as folder:
    ...     written = write_gaps(find_gaps(demo_layers(12)), Path(folder, "out"))
    >>> [file.name for file in written if file.suffix in (".html", ".json")]
    ['map.html', 'pws.html', 'run.json', 'summary.json']
    """
    require_gaps(gaps)
    # Here, because importing Folium takes most of half a second.
    from planner.reports.analyst.geopackage import write_geopackage
    from planner.reports.analyst.kml import write_kml
    from planner.reports.maps.page import write_map
    from planner.reports.pws_page import write_pws
    from planner.reports.workbook.book import write_workbook
    from planner.reports.workbook.plan import plan_command
    from planner.texts.catalogues import map_texts

    out = as_path(out, "out")
    map_texts(lang)
    if plan is not None:
        plan_command(plan, gaps.layers.area.code)
    with replace_folder(out, OUTPUTS) as stage:
        progress("tables")
        ilp = Ilp(gaps, adoption=adoption)
        frames = frames_of(ilp)
        _write_csv(_plain(frames.villages), stage / "villages.csv")
        frames.villages.to_parquet(stage / "villages.parquet", compression="zstd")
        _write_csv(_plain(frames.facilities), stage / "facilities.csv")
        _write_tables(ilp, stage, lang)
        if beside:
            each = [ilp, *(Ilp(g) for g in beside)]
            _write_csv(standards_table(each), stage / "standards.csv", index=False)
        if has_workbook(gaps):
            progress("workbook")
            write_workbook(gaps, ilp, stage / BOOK, lang=lang, plan=plan)
        progress("PWS sheets")
        write_pws(ilp, stage / "pws.html", lang=lang)
        progress("map")
        write_geopackage(ilp, stage / "gaps.gpkg", lang=lang, frames=frames)
        write_kml(ilp, stage / "gaps.kml", lang=lang, frames=frames)
        write_map(gaps, stage / "map.html", lang=lang)
        _write_json({**summary(gaps), "ilp": ilp_summary(ilp)}, stage / "summary.json")
        _write_json(run_record(ilp, beside=beside, inputs=inputs), stage / RUN)
        names = sorted(p.name for p in stage.iterdir())
    return [out / n for n in names]


def _write_tables(ilp: Ilp, stage: Path, lang: str) -> None:
    tables = {
        "puskesmas": puskesmas_table(ilp), "adoption": ilp.adoption,
        "groups": ilp.groups,
        "referral": ilp.referral, "pws": pws_table(ilp, lang),
    }  # fmt: skip
    for name, table in tables.items():
        _write_csv(table, stage / f"{name}.csv")
    lists = {"network": jejaring_table(ilp), "equity": ilp.equity, "home_visits": ilp.visits.rounds}
    for name, table in lists.items():
        _write_csv(table, stage / f"{name}.csv", index=False)


def run_record(
    ilp: Ilp, *, beside: Sequence[Gaps] = (), inputs: Sequence[SourceRecord] = ()
) -> dict[str, Any]:
    """Return what a run depended on, so that it can be repeated and compared.

    Parameters
    ----------
    ilp
        The answers.
    beside
        Answers by other standards.
    inputs
        Files that went in besides those of the layers.

    Returns
    -------
    record
        What ``run.json`` holds: plain numbers, text, lists and dicts, with the SHA-256 of each file and of
        the scenario.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> record = run_record(Ilp(find_gaps(demo_layers(12))))
    >>> record["command"], len(record["configuration_sha256"]), record["seed"]
    ('gaps', 64, None)
    """
    scenarios = [g.scenario for g in (ilp.gaps, *beside)]
    return {
        **answer_record("gaps", ilp.gaps, inputs),
        "standards": [
            {"name": s.standard_name, "version": s.standard_version, "source": s.standard_source,
             "configuration_sha256": s.content_hash()}
            for s in scenarios
        ],
        "adoption": [asdict(a) for a in ilp.known_adoption],
        "seed": None,
        "solver": ilp.solver,
    }  # fmt: skip


def answer_record(command: str, gaps: Gaps, inputs: Sequence[SourceRecord] = ()) -> dict[str, Any]:
    """Return what an answer depended on, for the ``run.json`` of any command.

    Parameters
    ----------
    command
        That was run.
    gaps
        The answer.
    inputs
        Files that went in besides those of the layers.

    Examples
    --------
    >>> from planner.pipeline import demo_layers, find_gaps
    >>> answer_record("pws", find_gaps(demo_layers(12)))["area"]["code"]
    '99.01'
    """
    return {
        "jangkau_version": version("jangkau"),
        "command": command,
        "area": {"code": gaps.layers.area.code, "name": gaps.layers.area.name},
        "network": roads_or_straight(gaps),
        "configuration_sha256": gaps.scenario.content_hash(),
        "configuration": gaps.scenario.model_dump(mode="json"),
        "inputs": input_records((*gaps.layers.sources, *inputs)),
    }


def input_records(sources: Sequence[SourceRecord]) -> list[dict[str, Any]]:
    """Return the files that went in, as ``run.json`` names them.

    Examples
    --------
    >>> from geodata.layers import SourceRecord
    >>> input_records([SourceRecord("scenario", "rains.yml", "ab12")])[0]["file"]
    'rains.yml'
    """
    return [
        {"layer": s.layer, "file": s.file, "sha256": s.sha256, "source": s.source, "licence": s.licence}
        for s in sources
    ]


def _plain(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns=frame.geometry.name))


def _write_csv(table: pd.DataFrame, path: Path, *, index: bool = True) -> None:
    path.write_text(csv_text(table, index=index), "utf-8", newline="")


def _write_json(content: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
