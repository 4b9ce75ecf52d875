"""What an uploaded style picture makes of the model, and of the controls that follow it."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest
from wired_tabs import built

from aigc_core import registry
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.types import ModelSpec
from demos.ui.events import listed


def uploaded(model: str) -> dict[str, Any]:
    """The updates that an uploaded style picture brings, by field, with ``model`` chosen and its first style."""
    demo, tabs = built()
    tab, _ = tabs["StylizeRequest"]
    held = {tab.fields["model"]: model, tab.fields["style"]: registry.find(model).options["style"][0]}
    event = next(fn for fn in demo.fns.values() if (tab.fields["style_image"]._id, "upload") in fn.targets)
    made = listed(event.outputs, event.fn(*(held[component] for component in event.inputs)))
    if made == gr.skip():
        return {}
    names = {control: name for name, control in tab.fields.items()}
    return {names[one]: update for one, update in zip(event.outputs, made, strict=True) if one in names}


@pytest.mark.parametrize("row", registry.list_models("stylize"), ids=lambda row: row.name)
def test_a_style_picture_leaves_a_model_that_reads_it_and_replaces_any_other(row: ModelSpec) -> None:
    updates = uploaded(row.name)
    if registry.accepts(row, "style_image", StylizeRequest):
        assert not updates, "also its style and its steps stay as they were set"
        return
    styles = registry.find("style-arbitrary").options["style"]
    assert updates["model"] == "style-arbitrary" and updates["style_image"] == gr.skip()
    assert [value for _, value in updates["style"]["choices"]] == list(styles) and updates["style"]["value"] in styles
    assert updates["blend"]["visible"] and not updates["num_inference_steps"]["visible"]
