"""What a village's sheet says beside its numbers."""

import math
from types import SimpleNamespace

import pytest

from app.render import _environment
from app.texts import Texts


def said(lang, share, reason):
    row = {
        "status": "served" if share > 0.8 else "gap", "share_reached": share, "share_unknown": 0.0,
        "people_reached": share * 1000, "minutes_median": 89.0 if share else math.inf, "reason": reason,
    }  # fmt: skip
    texts = Texts(lang)
    kind = SimpleNamespace(answers=[SimpleNamespace(season="dry", at_most=False, row=SimpleNamespace(**row))])
    template = _environment().get_template("pws.html")
    return str(template.module.reach(texts.text, texts, kind, named=False))


@pytest.mark.parametrize(("lang", "others"), [("id", "penduduk lainnya: "), ("en", "the others: ")])
def test_a_reason_is_that_of_who_is_not_reached(lang, others):
    reason = Texts(lang).term("reason_too_far")
    assert f"{others}{reason}" in said(lang, 0.981, "too_far")
    assert others not in said(lang, 0.0, "too_far")
    assert reason in said(lang, 0.0, "too_far")
    assert reason not in said(lang, 1.0, "")
