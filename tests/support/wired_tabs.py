"""Every tab and view of the whole page that has a recipe panel, built once."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from demos import TABS
from demos.ui import page, recipe_panel
from demos.ui.studio import Studio
from demos.ui.tab import Tab


@cache
def built() -> tuple[Any, dict[str, tuple[Tab, Any]]]:
    """The page, and by the name of its request each tab with the event of its panel."""
    tabs: list[Tab] = []
    patch = pytest.MonkeyPatch()
    whole = recipe_panel.wire
    patch.setattr(recipe_panel, "wire", lambda tab: (tabs.append(tab), whole(tab)))
    try:
        demo = page.build(Studio(), TABS)
    finally:
        patch.undo()
    events = {trigger: fn for fn in demo.fns.values() for trigger in fn.targets}
    found: dict[str, tuple[Tab, Any]] = {}
    for tab in tabs:
        name = tab.request.__name__
        found[f"{name} of all models" if "model" not in tab.fields else name] = tab, events[(tab.drop._id, "upload")]
    assert len(found) == len(tabs)
    return demo, found
