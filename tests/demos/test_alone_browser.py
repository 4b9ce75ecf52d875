"""In the browser: a tab that stands alone sends what its controls open with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from playwright.sync_api import expect
from whole_app import served

from aigc_core.tasks import TASKS
from demos import TABS
from demos.ui.events import is_heavy
from demos.ui.i18n import t

pytestmark = pytest.mark.browser
CONTROLS = (gr.Slider, gr.Number, gr.Dropdown, gr.Checkbox, gr.CheckboxGroup, gr.Textbox)


@pytest.mark.parametrize("name", [name for name in TABS if name in TASKS and name != "learn"])  # lessons have no button
def test_the_first_request_holds_what_the_controls_open_with(name: str, tmp_path: Path, browser: Any) -> None:
    with served(tmp_path, tabs=[name]) as (url, demo), browser.new_context(locale="en-US") as context:
        page = context.new_page()
        page.goto(url)
        go = page.locator(".go").first
        expect(go).to_be_visible()

        def is_run(sent: Any) -> bool:
            return "queue/join" in sent.url and is_heavy(demo.fns[sent.post_data_json["fn_index"]])

        with page.expect_request(is_run) as caught:
            go.click()
        sent = caught.value.post_data_json
        inputs = demo.fns[sent["fn_index"]].inputs
        opened = {
            i: control for i, control in enumerate(inputs) if isinstance(control, CONTROLS) and not is_seed(control)
        }
        assert len(opened) >= 3
        shown = {i: plain(control, sent["data"][i]) for i, control in opened.items()}
        assert shown == {i: plain(control, control.value) for i, control in opened.items()}


def is_seed(control: Any) -> bool:
    """A new one is drawn for every run."""
    return str(control.label) == str(t("Seed", "随机种子"))


def plain(control: Any, value: Any) -> Any:
    """A box of text that is empty may hold nothing."""
    return value or "" if isinstance(control, gr.Textbox) else value
