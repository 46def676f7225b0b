"""Options that make no sense are refused in a sentence, before any work, with status 2."""

from __future__ import annotations

import getpass

import pytest

COUNTRY = ("nation", "gaps", "--villages", "v.gpkg", "--facilities", "f.csv", "--out", "out")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--memory", "nan"), "'nan' is no amount of memory: give GiB"),
        (("--memory", "-1"), "no amount of memory"),
        (("--memory", "inf"), "no amount of memory"),
        (("--workers=-1",), "'-1' is no number of processes: give 0 or more"),
        (("--workers", "two"), "no number of processes"),
    ],
)
def test_workers_of_no_number_are_refused(jangkau, options, said):
    status, _, error = jangkau(*COUNTRY, *options)
    assert status == 2
    assert said in error


@pytest.mark.parametrize("prefix", ['a b"<', "peta", "//", "/a?b", "/../a/<"])
def test_a_prefix_that_is_no_path_is_refused(jangkau, prefix):
    status, _, error = jangkau("serve", "--prefix", prefix)
    assert status == 2
    assert "is no path of an address: give /NAME" in error


def test_an_account_without_a_terminal_names_the_variable(jangkau, tmp_path, monkeypatch):
    def nobody(_):
        raise EOFError

    monkeypatch.delenv("JANGKAU_PASSWORD", raising=False)
    monkeypatch.setattr(getpass, "getpass", nobody)
    database = f"sqlite:///{tmp_path / 'a.db'}"
    status, _, error = jangkau("account", "add", "x", "--role", "editor", "--database", database)
    assert status == 2
    assert "set JANGKAU_PASSWORD" in error


def test_a_cache_that_is_a_file_is_named(jangkau, tmp_path):
    (tmp_path / "f").write_text("x")
    status, _, error = jangkau(
        "fetch", "11.72", "--cache", tmp_path / "f", "--out", tmp_path / "area", "--offline"
    )
    assert status == 2
    assert f"{tmp_path / 'f'} is a file. Give a folder with --cache" in error
    assert not (tmp_path / "area").exists()
