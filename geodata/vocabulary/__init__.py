"""The words of sources: kinds, surfaces, tags and measures, as data."""
