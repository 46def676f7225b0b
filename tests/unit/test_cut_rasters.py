"""Rasters cut to a box: every pixel as it was, at its place, against a search by hand."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from geodata.downloads.rasters import cut_rasters
from geodata.errors import EmptyAreaError, UnreadableFileError

STEP = 1 / 20


def tile(path, west, north, values, *, step=STEP, dtype="float32", **more):
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype=dtype,
        crs="EPSG:4326", transform=rasterio.Affine(step, 0, west, 0, -step, north), **more,
    ) as raster:  # fmt: skip
        raster.write(values.astype(dtype), 1)
    return path


@pytest.fixture
def four(tmp_path):
    """Tiles of a degree around 106 E, 2 S, shifted by half a pixel as Copernicus' are; one is of the sea."""
    rng = np.random.default_rng(3)
    at = [(105.0, -1.0), (106.0, -1.0), (105.0, -2.0)]
    return [
        tile(tmp_path / f"{i}.tif", west - STEP / 2, north + STEP / 2, rng.random((20, 20)) * 100)
        for i, (west, north) in enumerate(at)
    ]


def test_every_pixel_stays_where_it_was(four, tmp_path):
    box = (105.62, -2.31, 106.33, -1.44)
    width, height = cut_rasters(four, tmp_path / "out.tif", box, what="elevation")
    points = {}
    for file in four:
        with rasterio.open(file) as raster:
            band = raster.read(1)
            for row in range(20):
                for column in range(20):
                    points[tuple(np.round(raster.xy(row, column), 6))] = band[row, column]
    with rasterio.open(tmp_path / "out.tif") as out:
        band, seen = out.read(1), 0
        assert (out.width, out.height) == (width, height)
        # Nothing of the box is left out, and no more than a pixel is added.
        assert out.bounds.left <= box[0] < out.bounds.left + STEP
        assert out.bounds.top - STEP < box[3] <= out.bounds.top
        assert out.bounds.right - STEP < box[2] <= out.bounds.right
        assert out.bounds.bottom <= box[1] < out.bounds.bottom + STEP
        for row in range(height):
            for column in range(width):
                was = points.get(tuple(np.round(out.xy(row, column), 6)))
                if was is None:
                    assert np.isnan(band[row, column]), "the sea has no value"
                else:
                    assert band[row, column] == was
                    seen += 1
    assert seen > 150


def test_people_are_neither_lost_nor_made(tmp_path):
    people = np.arange(400, dtype="float64").reshape(20, 20)
    file = tile(tmp_path / "people.tif", 105.0, -1.0, people, nodata=-99999)
    cut_rasters([file], tmp_path / "out.tif", (104.0, -3.0, 107.0, 0.0), what="population")
    with rasterio.open(tmp_path / "out.tif") as out:
        assert out.nodata == -99999
        assert out.read(1, masked=True).sum() == people.sum()


def test_scale_offset_and_unit_stay(tmp_path):
    file = tile(tmp_path / "a.tif", 105.0, -1.0, np.ones((20, 20)), dtype="int16")
    with rasterio.open(file, "r+") as raster:
        raster.scales, raster.offsets, raster.units = (0.1,), (5.0,), ("ft",)
    cut_rasters([file], tmp_path / "out.tif", (105.2, -1.5, 105.4, -1.3), what="elevation")
    with rasterio.open(tmp_path / "out.tif") as out:
        assert (out.scales, out.offsets, out.units) == ((0.1,), (5.0,), ("ft",))
        assert out.nodata == -32768


def test_what_does_not_fit_is_told(tmp_path):
    first = tile(tmp_path / "a.tif", 105.0, -1.0, np.ones((20, 20)))
    coarse = tile(tmp_path / "b.tif", 106.0, -1.0, np.ones((10, 10)), step=2 * STEP)
    beside = tile(tmp_path / "c.tif", 106.0 + STEP / 3, -1.0, np.ones((20, 20)))
    for other in (coarse, beside):
        with pytest.raises(UnreadableFileError, match="different grids"):
            cut_rasters([first, other], tmp_path / "out.tif", (105, -2, 107, -1), what="elevation")
    for files in ([first], []):
        with pytest.raises(EmptyAreaError, match="--without population"):
            cut_rasters(files, tmp_path / "out.tif", (120, -2, 121, -1), what="population")
    (tmp_path / "d.tif").write_bytes(b"II*\0")
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        cut_rasters([tmp_path / "d.tif"], tmp_path / "out.tif", (105, -2, 107, -1), what="elevation")
