"""Answers as plain values, classes of a map, and files."""
