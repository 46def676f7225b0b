"""An answer for analysts and GIS people: frames, a GeoPackage with its QGIS styles, KML, pictures."""
