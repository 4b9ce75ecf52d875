"""What an uploaded style picture makes of the model, and of the controls that follow it."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest
from wired_tabs import built

from aigc_core import registry
from aigc_core.tasks.stylize import StylizeRequest
from demos.ui.events import listed


def uploaded(model: str) -> dict[str, Any]:
    """The updates that an uploaded style picture brings, by field, with ``model`` chosen and its first style."""
    demo, tabs = built()
    tab, _ = tabs["StylizeRequest"]
    held = {tab.fields["model"]: model, tab.fields["style"]: registry.find(model).options["style"][0]}
    event = next(fn for fn in demo.fns.values() if (tab.fields["style_image"]._id, "upload") in fn.targets)
    made = listed(event.outputs, event.fn(*(held[component] for component in event.inputs)))
    names = {control: name for name, control in tab.fields.items()}
    return {
        names[component]: update for component, update in zip(event.outputs, made, strict=True) if component in names
    }


@pytest.mark.parametrize("row", registry.list_models("stylize"), ids=lambda row: row.name)
def test_a_style_picture_picks_a_model_that_reads_it_where_the_chosen_one_does_not(row: Any) -> None:
    updates = uploaded(row.name)
    if registry.accepts(row, "style_image", StylizeRequest):
        assert all(update == gr.skip() for update in updates.values())
        return
    styles = registry.find("style-arbitrary").options["style"]
    assert updates["model"] == "style-arbitrary" and updates["style_image"] == gr.skip()
    assert [value for _, value in updates["style"]["choices"]] == list(styles) and updates["style"]["value"] in styles
    assert updates["blend"]["visible"] and not updates["num_inference_steps"]["visible"]
