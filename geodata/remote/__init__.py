"""Layers and results beyond files: tables of PostGIS, and object storage."""
