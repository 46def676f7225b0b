"""A made-up kabupaten, generated from a seed: for the first run, for tests and for benchmarks."""

from geodata.demo.files import write_area_files
from geodata.demo.generate import DemoArea, DemoSize, generate_area, generate_country

__all__ = ["DemoArea", "DemoSize", "generate_area", "generate_country", "write_area_files"]
