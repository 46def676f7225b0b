"""A command that is told to end tidies up and says so, as after Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal

import pytest

from geodata.workspace import Ours, replace_folder
from planner.cli import run

MINE = Ours("run.json", "", frozenset({"run.json"}))


@pytest.fixture
def listening():
    """Both signals as in a terminal: what runs in the background may ignore them."""
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_told_to_end_leaves_nothing(tmp_path, monkeypatch, capsys, number):
    def command(_options):
        with replace_folder(tmp_path / "out", MINE) as stage:
            (stage / "run.json").write_text("{}", "utf-8")
            os.kill(os.getpid(), number)

    parser = argparse.ArgumentParser()
    parser.set_defaults(run=command)
    monkeypatch.setattr(run, "_parser", lambda: parser)
    before = signal.getsignal(signal.SIGTERM)
    assert run.main([]) == 130
    assert capsys.readouterr().err == "jangkau: stopped; nothing was half-written.\n"
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_handler_of_the_program_around_stays(monkeypatch):
    told = []
    before = signal.signal(signal.SIGTERM, lambda *_: told.append("ours"))
    try:
        parser = argparse.ArgumentParser()
        parser.set_defaults(run=lambda _options: os.kill(os.getpid(), signal.SIGTERM) or 0)
        monkeypatch.setattr(run, "_parser", lambda: parser)
        assert run.main([]) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == ["ours"]
