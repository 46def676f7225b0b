"""The answer as notebooks have it: with its frames, its files for GIS and its pictures."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from geodata.layers import no_progress
from planner.coverage import study as rooms
from planner.ilp.model import Ilp
from planner.progress import go_on
from planner.reports.analyst.frames import district_frame, facility_frame, village_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import folium
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from geodata.layers import Layers, Progress
    from planner.scenarios.edits import Edit
    from planner.scenarios.modes import Season
    from planner.scenarios.scenario import Scenario


class Gaps(rooms.Gaps):
    """The answer for one study area and scenario, with what analysts ask of it.

    Its attributes are those of :class:`planner.coverage.study.Gaps`.

    Examples
    --------
    >>> from planner import demo_layers, find_gaps
    >>> gaps = find_gaps(demo_layers(12))
    >>> villages = gaps.villages()
    >>> villages[villages["pustu_status"] == "gap"].index.tolist()
    ['99.01.01.2012']
    """

    @cached_property
    def ilp(self) -> Ilp:
        """What the travel times mean to an ILP planner; ``Ilp(gaps, adoption=…)`` knows stages too."""
        return Ilp(self)

    def villages(self) -> gpd.GeoDataFrame:
        """Return one row a village with every column of ``villages.csv``, and its outline (EPSG:4326).

        See :func:`planner.reports.analyst.frames.village_frame`.

        Examples
        --------
        >>> from planner import demo_layers, find_gaps
        >>> frame = find_gaps(demo_layers(12)).villages()
        >>> frame.loc["99.01.01.2012", ["pustu_status", "pustu_reason"]].tolist()
        ['gap', 'too_far']
        """
        return village_frame(self.ilp)

    def facilities(self) -> gpd.GeoDataFrame:
        """Return one row a facility with every column of ``facilities.csv``, and its place (EPSG:4326).

        See :func:`planner.reports.analyst.frames.facility_frame`.

        Examples
        --------
        >>> from planner import demo_layers, find_gaps
        >>> frame = find_gaps(demo_layers(12)).facilities()
        >>> frame.loc[["P9901001", "P9901002"], "people_own"].tolist()
        [26778.0, 17043.0]
        """
        return facility_frame(self.ilp)

    def districts(self) -> gpd.GeoDataFrame:
        """Return one row a kecamatan with its villages by status, and its outline (EPSG:4326).

        See :func:`planner.reports.analyst.frames.district_frame`.

        Examples
        --------
        >>> from planner import demo_layers, find_gaps
        >>> find_gaps(demo_layers(12)).districts()["pustu_villages_gap"].tolist()
        [1]
        """
        return district_frame(self.ilp)

    def equity(self) -> pd.DataFrame:
        """Return how minutes and reach are shared among people, as ``equity.csv`` has it.

        One row a kind, season and group: see :func:`planner.supply.equity.equity_table`.

        Examples
        --------
        >>> from planner import demo_layers, find_gaps
        >>> table = find_gaps(demo_layers(12)).equity().set_index(["kind", "season", "by", "group"])
        >>> round(float(table.loc[("puskesmas", "dry", "all", "all"), "gini"]), 3)
        0.626
        """
        return self.ilp.equity

    def scores(self) -> pd.DataFrame:
        """Return, by village, the units near it for each 10,000 people (two-step floating catchments).

        Index ``village_code``; for each kind K float64 ``K_units_per_10000`` and
        ``K_units_per_10000_near``: see :attr:`planner.ilp.model.Ilp.scores`.

        Examples
        --------
        >>> from planner import demo_layers, find_gaps
        >>> scores = find_gaps(demo_layers(12)).scores()
        >>> round(float(scores.loc["99.01.01.1001", "puskesmas_units_per_10000"]), 2)
        0.44
        """
        return self.ilp.scores

    def loads(self) -> pd.DataFrame:
        """Return, by unit, its capacity, the people given to it, and its load (people ÷ capacity).

        Index ``facility_id``, one row for each kind that it serves as; numbers are float64, NaN = unknown:
        see :attr:`planner.ilp.model.Ilp.loads`.

        Examples
        --------
        >>> from planner import demo_layers, find_gaps
        >>> loads = find_gaps(demo_layers(12)).loads()
        >>> loads.loc["P9901001", ["capacity_people", "people_allocated", "load"]].tolist()
        [120000.0, 26778.0, 0.22315]
        """
        return self.ilp.loads

    def to_gpkg(self, path: str | Path, *, lang: str = "id") -> Path:
        """Write villages, facilities and kecamatan as a GeoPackage with QGIS styles; returns its path.

        Parameters
        ----------
        path
            The file, ``.gpkg``; one that is there is replaced.
        lang
            ``id`` or ``en``: the language of legends and headings.

        Raises
        ------
        ConfigError
            Another language, or another kind of file.
        DiskError
            The folder is not there, or the disk is full or refuses.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> import geopandas as gpd
        >>> from planner import demo_layers, find_gaps
        >>> with TemporaryDirectory() as folder:
        ...     path = find_gaps(demo_layers(12)).to_gpkg(f"{folder}/gaps.gpkg")
        ...     len(gpd.read_file(path, layer="villages"))
        12
        """
        from planner.reports.analyst.geopackage import write_geopackage

        return write_geopackage(self.ilp, path, lang=lang)

    def to_kml(self, path: str | Path, *, lang: str = "id", kind: str | None = None) -> Path:
        """Write villages and facilities as KML, for a phone; returns its path.

        Parameters
        ----------
        path
            The file, ``.kml``; one that is there is replaced.
        lang
            ``id`` or ``en``.
        kind
            Whose status colours the villages; the first that has a list when None.

        Raises
        ------
        ConfigError
            Another language, kind of file, or kind of facility.
        DiskError
            The folder is not there, or the disk is full or refuses.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> from planner import demo_layers, find_gaps
        >>> with TemporaryDirectory() as folder:
        ...     find_gaps(demo_layers(12)).to_kml(f"{folder}/gaps.kml", kind="pustu").name
        'gaps.kml'
        """
        from planner.reports.analyst.kml import write_kml

        return write_kml(self.ilp, path, lang=lang, kind=kind)

    def plot(
        self,
        kind: str | None = None,
        *,
        season: Season | None = None,
        lang: str = "id",
        ax: Axes | None = None,
    ) -> Axes:
        """Return a map of who reaches a kind of facility, drawn with matplotlib.

        See :func:`planner.reports.analyst.pictures.plot_gaps`.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from planner import demo_layers, find_gaps
        >>> find_gaps(demo_layers(12)).plot("pustu", ax=Figure().add_subplot()).get_title()
        'Pustu, musim kemarau – Kabupaten Nusa Rekaan'
        """
        from planner.reports.analyst.pictures import plot_gaps

        return plot_gaps(self.ilp, kind, season=season, lang=lang, ax=ax)

    def explore(
        self,
        kind: str | None = None,
        *,
        season: Season | None = None,
        lang: str = "id",
        tiles: str | None = "OpenStreetMap",
    ) -> folium.Map:
        """Return a map of who reaches a kind of facility to move about in, by Folium.

        See :func:`planner.reports.analyst.pictures.explore_gaps`.

        Examples
        --------
        >>> from planner import demo_layers, find_gaps
        >>> "folium-map" in find_gaps(demo_layers(12)).explore("pustu", tiles=None).get_root().render()
        True
        """
        from planner.reports.analyst.pictures import explore_gaps

        return explore_gaps(self.ilp, kind, season=season, lang=lang, tiles=tiles)


class Study(rooms.Study):
    """A study area prepared once and asked "what if" many times; its answers are of :class:`Gaps`.

    Parameters are those of :class:`planner.coverage.study.Study`.

    Examples
    --------
    >>> from planner import CloseFacility, Study, demo_layers
    >>> study = Study(demo_layers(12))
    >>> study.gaps([CloseFacility(id="P9901002")]).villages()["puskesmas_status"].tolist().count("served")
    7
    """

    answer = Gaps

    def gaps(
        self,
        edits: Sequence[Edit] | None = None,
        *,
        progress: Progress = no_progress,
        may_go_on: Callable[[], None] = go_on,
    ) -> Gaps:
        """Return the answer with some edits: see :meth:`planner.coverage.study.Study.gaps`."""
        return cast("Gaps", super().gaps(edits, progress=progress, may_go_on=may_go_on))

    def under(self, scenario: Scenario) -> Study:
        """Return a study by other rules: see :meth:`planner.coverage.study.Study.under`."""
        return cast("Study", super().under(scenario))


def find_gaps(layers: Layers, *, scenario: Scenario | None = None, progress: Progress = no_progress) -> Gaps:
    """Return travel times (minutes), coverage and gaps of every kind in the standard, in both seasons.

    Parameters
    ----------
    layers
        A study area.
    scenario
        The default scenario when None.
    progress
        Told the name of each step.

    Raises
    ------
    ConfigError
        An edit of the scenario names a road or facility that is not there, or could change nothing here; or
        one of the scenario's values is not allowed.
    SchemaError
        The layers lack a column, or hold numbers, ids or words that are not allowed.
    MissingCrsError
        A layer has no CRS.

    Examples
    --------
    >>> from planner import demo_layers, find_gaps
    >>> find_gaps(demo_layers(12)).villages()["puskesmas_status"].value_counts().to_dict()
    {'served': 8, 'gap': 2, 'partly': 2}
    """
    return Study(layers, scenario=scenario, progress=progress).gaps(progress=progress)
