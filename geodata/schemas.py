"""The contract of each layer, checked where the layer enters; every fault is reported at once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.codes import VillageKind
from geodata.errors import SchemaError, counted, first_five
from geodata.vocabulary.kinds import known_kinds
from geodata.vocabulary.roads import Oneway, RoadSeason
from geodata.vocabulary.statuses import FacilityStatus, LocatedBy, YesNo

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import pandera.pandas as pa

CODE = r"^\d{2}\.\d{2}\.\d{2}\.\d{4}$"
ACTIONS = {
    "not_nullable": "fill the empty cells",
    "field_uniqueness": "keep one row for each",
    "column_in_dataframe": "add the column",
    "multiindex": "keep one row for each",
}


@cache
def _text() -> Any:  # noqa: ANN401 - of pandera, imported late
    """Return pandera's type of texts, which says once of a whole column that it is one.

    Its own says so of each row, and then puts together the rows that are none, whether there are any or not:
    that took half the time of all checks.
    """
    from pandera.engines.pandas_engine import STRING

    class Text(STRING):  # type: ignore[misc]  # pandera ships no types
        def check(self, pandera_dtype: Any, data_container: Any = None) -> Any:  # noqa: ANN401 - as pandera's
            found = super().check(pandera_dtype, data_container)
            return True if np.all(found) else found

    return Text()


def _count(pa: Any) -> pa.Check:  # noqa: ANN401 - the module, imported late
    return pa.Check.in_range(0, np.inf, include_max=False, error="must be 0 or more, and finite")


def _shape(pa: Any) -> pa.Check:  # noqa: ANN401 - the module, imported late
    return pa.Check(lambda s: ~s.is_empty, error="empty geometry")


def _roads_schema(pa: Any) -> pa.DataFrameSchema:  # noqa: ANN401 - the module, imported late
    text = {"dtype": _text(), "nullable": True}
    positive = pa.Check.greater_than(0, error="must be above zero")
    count, shape = _count(pa), _shape(pa)
    return pa.DataFrameSchema(
        {
            "way_id": pa.Column(_text()),
            "road_class": pa.Column(_text()),
            "surface": pa.Column(**text),
            "oneway": pa.Column(_text(), pa.Check.isin(Oneway.texts())),
            "bridge": pa.Column("bool"),
            "tunnel": pa.Column("bool"),
            "maxspeed_kph": pa.Column("float64", positive, nullable=True),
            "season": pa.Column(_text(), pa.Check.isin(RoadSeason.texts())),
            "route": pa.Column(_text(), pa.Check.isin(["ferry"]), nullable=True),
            "duration_s": pa.Column("float64", count, nullable=True),
            "name": pa.Column(**text),
            "tags": pa.Column(**text),
            "from_barrier": pa.Column(**text),
            "to_barrier": pa.Column(**text),
            "length_m": pa.Column("float64", count),
            "from_node": pa.Column("int32", pa.Check.ge(0)),
            "to_node": pa.Column("int32", pa.Check.ge(0)),
            "geometry": pa.Column("geometry", shape),
        },
        index=pa.Index(_text(), unique=True, name="road_id"),
    )


def _area_schemas(pa: Any) -> dict[str, pa.DataFrameSchema]:  # noqa: ANN401 - the module, imported late
    shape = _shape(pa)
    factor = pa.Column("float64", pa.Check.in_range(0, 1))
    return {
        "water": pa.DataFrameSchema(
            {"geometry": pa.Column("geometry", shape)}, index=pa.Index(_text(), unique=True, name="water_id")
        ),
        "floods": pa.DataFrameSchema(
            {"speed_factor": factor, "geometry": pa.Column("geometry", shape)},
            index=pa.Index(_text(), unique=True, name="flood_id"),
        ),
    }


def _facilities_schema(pa: Any) -> pa.DataFrameSchema:  # noqa: ANN401 - the module, imported late
    text = {"dtype": _text(), "nullable": True}
    count = _count(pa)
    return pa.DataFrameSchema(
        {
            "kind": pa.Column(_text(), pa.Check.isin(known_kinds())),
            "name": pa.Column(_text()),
            "village_code": pa.Column(**text),
            "declared_village": pa.Column(**text),
            "declared_district": pa.Column(**text, required=False),
            "parent_id": pa.Column(**text),
            "functioning": pa.Column(_text(), pa.Check.isin(YesNo.texts())),
            "closed": pa.Column(_text(), pa.Check.isin(YesNo.texts()), required=False),
            "located_by": pa.Column(_text(), pa.Check.isin(LocatedBy.texts())),
            "status": pa.Column(_text(), pa.Check.isin(FacilityStatus.texts())),
            "source": pa.Column(_text()),
            "^(staff_.*|open_days_month|capacity_people)$": pa.Column(
                "float64", count, nullable=True, regex=True, required=False
            ),
            "geometry": pa.Column("geometry", nullable=True),
        },
        index=pa.Index(_text(), unique=True, name="facility_id"),
    )


def _people_schemas(pa: Any) -> dict[str, pa.DataFrameSchema]:  # noqa: ANN401 - the module, imported late
    count, shape = _count(pa), _shape(pa)
    return {
        "hamlets": pa.DataFrameSchema(
            {
                "village_code": pa.Column(_text(), pa.Check.str_matches(CODE)),
                "name": pa.Column(_text()),
                "people": pa.Column("float64", count, nullable=True),
                "geometry": pa.Column("geometry", shape),
            },
            index=pa.Index(_text(), unique=True, name="hamlet_id"),
        ),
        "people_points": pa.DataFrameSchema(
            {
                "village_code": pa.Column(_text(), pa.Check.str_matches(CODE)),
                "people": pa.Column("float64", count),
                "geometry": pa.Column("geometry", shape),
            },
            index=pa.Index(_text(), unique=True, name="point_id"),
        ),
    }


@cache
def _schemas() -> dict[str, pa.DataFrameSchema]:
    # Here, because importing pandera takes most of a second and only `build` needs it.
    import pandera.pandas as pa

    text = {"dtype": _text(), "nullable": True}
    count, shape = _count(pa), _shape(pa)
    return {
        "villages": pa.DataFrameSchema(
            {
                "village_name": pa.Column(_text()),
                "district_code": pa.Column(_text(), pa.Check.str_matches(r"^\d{2}\.\d{2}\.\d{2}$")),
                "district_name": pa.Column(_text()),
                "regency_code": pa.Column(_text(), pa.Check.str_matches(r"^\d{2}\.\d{2}$")),
                "kind": pa.Column(_text(), pa.Check.isin([kind.value for kind in VillageKind])),
                "^people.*": pa.Column("float64", count, nullable=True, regex=True),
                "puskesmas_id": pa.Column(**text, required=False),
                "covered": pa.Column(_text(), required=False),
                "geometry": pa.Column(
                    "geometry", [shape, pa.Check(lambda s: s.is_valid, error="invalid geometry")]
                ),
            },
            index=pa.Index(_text(), pa.Check.str_matches(CODE), unique=True, name="village_code"),
        ),
        "roads": _roads_schema(pa),
        **_area_schemas(pa),
        "facilities": _facilities_schema(pa),
        **_people_schemas(pa),
        "neighbours": pa.DataFrameSchema(
            {"name": pa.Column(_text()), "geometry": pa.Column("geometry", shape)},
            index=pa.Index(_text(), unique=True, name="neighbour_id"),
        ),
        "relief": pa.DataFrameSchema(
            {
                "png": pa.Column("object"),
                **{side: pa.Column("float64") for side in ("west", "south", "east", "north")},
                "geometry": pa.Column("geometry", shape),
            },
            index=pa.Index(_text(), unique=True, name="relief_id"),
        ),
    }


def validate(layer: str, frame: gpd.GeoDataFrame) -> None:
    """Check a layer against its contract.

    Raises
    ------
    SchemaError
        All faults together: layer, column, how many, the first five ids, what to do.
    """
    import pandera.errors

    try:
        _schemas()[layer].validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise SchemaError(_message(layer, error.failure_cases)) from None


def _message(layer: str, cases: pd.DataFrame) -> str:
    lines = []
    for (column, check), rows in cases.groupby(["column", "check"], sort=False, dropna=False):
        ids = rows["index"].dropna().tolist() or rows["failure_case"].tolist()
        action = ACTIONS.get(str(check).split("(", maxsplit=1)[0], "correct them")
        where = column if isinstance(column, str) else "index"
        lines.append(
            f"{layer}.{where}: {counted(len(rows), 'row fails', 'rows fail')} '{check}': {first_five(ids)}; "
            f"{action}"
        )
    return f"the {layer} layer has faults; correct the file and build again:\n  " + "\n  ".join(lines)
