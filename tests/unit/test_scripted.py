"""The browser runs our components' scripts as they are written."""

from __future__ import annotations

import re

import pytest

from app.components.fragment import Fragment
from app.components.wire import Wire
from app.core.stream import Stream
from app.map.bridge import MapBridge

MADE = {
    "fragment.js": lambda: Fragment(Stream(), "slot"),
    "wire.js": lambda: Wire(Stream(), lambda: True, lambda _: None),
    "bridge.js": lambda: MapBridge(Stream(), lambda _: None),
}


@pytest.mark.parametrize("name", MADE)
def test_panel_leaves_each_script_as_it_is(name):
    """It would look for JSX in each piece of the page, in the browser, where there is no bundle's name."""
    model = MADE[name]().get_root()
    assert model.bundle == model.class_name
    # Under that name it is kept, and what is a bundle could hold several components below "default".
    assert re.search(r"^export function render\(", model.esm, re.MULTILINE)
    assert "export default" not in model.esm


def test_no_two_share_a_name():
    assert len({make().get_root().bundle for make in MADE.values()}) == len(MADE)
