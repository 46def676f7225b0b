"""Reads, checks and stores the layers of a study area."""
