"""An example leaves nothing to chance: whatever was set before, it sets the controls that its run reads."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from demos import TABS
from demos.ui import page
from demos.ui.tab import PLAIN, Tab

Filled = list[tuple[Tab, set[str]]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Every tab and view with examples, and for each example the fields it sets."""
    tabs: list[Tab] = []
    examples = Tab.examples
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tab, "examples", lambda tab, rows: (tabs.append(tab), examples(tab, rows)))
        demo, _ = page.make(TABS, page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))]))
    return [(tab, _fields(demo, tab, button)) for tab in tabs for button in _buttons(tab._examples)]


def _buttons(block: Any) -> list[Any]:
    inside = getattr(block, "children", [])
    return [block] if isinstance(block, gr.Button) else [found for child in inside for found in _buttons(child)]


def _fields(demo: Any, tab: Tab, button: Any) -> set[str]:
    """The fields among the outputs of the event that a click triggers."""
    outputs = [
        o._id for fn in demo.fns.values() for target in fn.targets if target[0] == button._id for o in fn.outputs
    ]
    return {name for name, component in tab.fields.items() if component._id in outputs}


def test_every_tab_with_examples_is_looked_at(filled: Filled) -> None:
    assert {tab.request.task for tab, _ in filled} >= {name for name in TABS if name not in ("home", "learn", "jobs")}


def test_an_example_sets_model_and_seed_and_every_plain_control_that_no_model_proposes(filled: Filled) -> None:
    for tab, fields in filled:
        wanted = {name for name, c in tab.fields.items() if isinstance(c, PLAIN) and c._id not in tab._proposed}
        assert fields >= wanted | ({"model", "seed"} & set(tab.fields)), tab.request.__name__
