"""A GeoPackage of an answer, with the styles that QGIS opens it with."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pyogrio

from geodata.arguments import as_path
from geodata.errors import ConfigError, DiskError
from planner.reports.analyst.frames import district_frame, frames_of
from planner.reports.analyst.qgis import district_style, facility_style, village_style
from planner.reports.analyst.said import AnswerSaid, first_listed
from planner.reports.analyst.storage import storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from planner.ilp.model import Ilp
    from planner.reports.analyst.frames import Frames
from planner.reports.analyst.qgis import Style

SUFFIX = ".gpkg"
SHAPES = {"villages": "MultiPolygon", "facilities": "Point", "districts": "MultiPolygon"}
# Of the standard, which every QGIS 3 takes without a warning.
EDITION = "1.2"
# One answer is one file, byte by byte: no time of writing is in it.
WRITTEN = "1980-01-01T00:00:00.000Z"
# As QGIS makes it (QgsOgrProvider), so that it finds the styles.
STYLES = """
CREATE TABLE layer_styles (
 id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
 f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
 styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
 ui TEXT(30), update_time DATETIME)
"""


def write_geopackage(ilp: Ilp, path: str | Path, *, lang: str = "id", frames: Frames | None = None) -> Path:
    """Write villages, facilities and kecamatan as a GeoPackage that QGIS opens in our colours.

    Layers ``villages``, ``facilities`` and ``districts`` (EPSG:4326) have the columns of the CSV files. Where
    those have ``inf``, a cell is empty and ``…_why`` beside it says ``no_way``. Villages open by their status
    of the first kind that has a list; the other kinds, and the other season, are styles to choose.

    Parameters
    ----------
    ilp
        An answer.
    path
        The file, ``.gpkg``; one that is there is replaced.
    lang
        ``id`` or ``en``: the language of legends and headings.
    frames
        Of the answer, where they are there already; made when None.

    Returns
    -------
    path
        Of the file.

    Raises
    ------
    ConfigError
        Another language, or another kind of file.
    DiskError
        The folder is not there, or the disk is full or refuses; what was there before is as it was.

    Examples
    --------
    >>> from planner.pipeline import Ilp, demo_layers, find_gaps
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_geopackage(Ilp(find_gaps(demo_layers(12))), Path(folder, "gaps.gpkg"))
    ...     [name for name, _ in pyogrio.list_layers(file).tolist()]
    ['villages', 'facilities', 'districts', 'layer_styles']
    """
    path = as_path(path, "path")
    if path.suffix.lower() != SUFFIX:
        msg = f"{path.name}: a GeoPackage ends in {SUFFIX}; name it {path.with_suffix(SUFFIX).name}"
        raise ConfigError(msg)
    said = AnswerSaid(ilp.gaps, lang)
    frames = frames_of(ilp) if frames is None else frames
    tables = {
        "villages": storable(frames.villages),
        "facilities": storable(frames.facilities),
        "districts": storable(district_frame(ilp)),
    }
    try:
        # Beside it, so that it takes the other's place in one step.
        with tempfile.TemporaryDirectory(prefix=".jangkau.", suffix=".partial", dir=path.parent) as folder:
            made = Path(folder, f"made{SUFFIX}")
            for name, table in tables.items():
                _write_layer(table, made, name)
            _write_styles(_styles(ilp, said, tables), made)
            made.replace(path)
    except (OSError, sqlite3.Error, pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"{path} could not be written: {reason}. What was there before is unchanged."
        raise DiskError(msg) from error
    return path


def _write_layer(table: gpd.GeoDataFrame, path: Path, name: str) -> None:
    empty = table.geometry.is_empty
    if empty.any():
        table = table.assign(geometry=table.geometry.where(~empty, None))
    more = path.exists()
    pyogrio.write_dataframe(
        table, path, layer=name, driver="GPKG", append=more, geometry_type=SHAPES[name],
        promote_to_multi=SHAPES[name].startswith("Multi"), layer_options={"GEOMETRY_NAME": "geom"},
        dataset_options=None if more else {"VERSION": EDITION},
    )  # fmt: skip


def _styles(ilp: Ilp, said: AnswerSaid, tables: dict[str, gpd.GeoDataFrame]) -> list[Style]:
    gaps = ilp.gaps
    columns = {name: list(table.columns.drop("geometry")) for name, table in tables.items()}
    first = first_listed(gaps)
    villages = [
        village_style(
            kind, season, said, columns["villages"], own_season=season == gaps.scenario.season,
            default=(kind, season) == (first, gaps.scenario.season),
        )
        for season in gaps.seasons
        for kind in gaps.coverage
    ]  # fmt: skip
    rows = gaps.layers.facilities
    there = set(rows["kind"])
    # Those of the standard first, in its order.
    kinds = [k for k in gaps.coverage if k in there] + sorted(there - set(gaps.coverage))
    units = facility_style(kinds, sorted(set(rows["status"])), said, columns["facilities"])
    return [*villages, units, district_style(said, columns["districts"])]


def _write_styles(styles: Sequence[Style], path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(STYLES)
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
            "styleName, styleQML, styleSLD, useAsDefault, description, owner, update_time) "
            "VALUES ('', '', ?, 'geom', ?, ?, '', ?, ?, '', ?)",
            [(s.layer, s.name, s.qml, s.default, s.name, WRITTEN) for s in styles],
        )
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
        file.execute("UPDATE gpkg_contents SET last_change = ?", (WRITTEN,))
