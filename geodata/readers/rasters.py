"""Opens rasters (``formats.RASTERS``); knows nothing of what they mean."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pyproj

from geodata.errors import MissingCrsError, UnreadableFileError
from geodata.readers.files.formats import open_raster
from geodata.readers.files.opening import require_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import rasterio


class OpenRaster(NamedTuple):
    """A raster that is open for reading.

    Attributes
    ----------
    dataset
        Of rasterio; it is read by windows.
    crs
        As AREA.yml says, else as the raster says.
    own_crs
        What the raster itself says; None where it says nothing.
    """

    dataset: rasterio.DatasetReader
    crs: pyproj.CRS
    own_crs: pyproj.CRS | None


@contextmanager
def opened(path: Path, crs: str | None, what: str) -> Iterator[OpenRaster]:
    """Give an open raster; what goes wrong while it is read is told as the file's fault.

    Parameters
    ----------
    path
        A file of a format of ``formats.RASTERS``.
    crs
        The raster's CRS, where it does not say.
    what
        What messages call it.

    Raises
    ------
    MissingFileError, UnreadableFileError, MissingCrsError
    """
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    require_file(path, what)
    try:
        with warnings.catch_warnings():
            # Told below, as an error.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = open_raster(path, what)
        with dataset:
            own = None if dataset.crs is None else pyproj.CRS.from_user_input(dataset.crs)
            given = own if crs is None else pyproj.CRS.from_user_input(crs)
            if given is None:
                msg = f"{what}: {path.name} does not say its CRS. Name it with crs: EPSG:…"
                raise MissingCrsError(msg)
            if dataset.count == 0 or dataset.transform.is_identity:
                fault = "no band of values" if dataset.count == 0 else "no place: it says not where it lies"
                msg = (
                    f"{what}: {path.name} has {fault}. Save it as a GeoTIFF (gdal_translate), and name that."
                )
                raise UnreadableFileError(msg)
            yield OpenRaster(dataset, given, own)
    except (RasterioError, pyproj.exceptions.ProjError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        msg = f"{what}: {path.name} cannot be read as a raster: {reason}"
        raise UnreadableFileError(msg) from error
