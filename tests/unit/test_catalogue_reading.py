"""The catalogues of words are read quickly, and as the plain reader of YAML reads them."""

from __future__ import annotations

import pytest
import yaml
from support import ROOT

from planner.texts.catalogues import read_catalogue


@pytest.mark.slow
@pytest.mark.parametrize("name", ["report", "map", "ilp", "grade"])
def test_the_quick_reader_reads_the_same(name):
    plain = yaml.safe_load((ROOT / f"planner/data/{name}_texts.yml").read_text("utf-8"))
    assert read_catalogue(f"{name}_texts.yml") == plain


def test_it_is_the_quick_one_where_there_is_one():
    assert yaml.__with_libyaml__
    from planner.texts.catalogues import _LOADER

    assert _LOADER is yaml.CSafeLoader
