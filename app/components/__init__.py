"""Pieces of a page that Panel does not have: they carry the stream of changes, and answer in plain words."""
