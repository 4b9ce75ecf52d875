"""Links to a tab with its settings, in the browser: every tab of a task takes them, and no view in it answers in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import whole_app
from playwright.sync_api import expect

from aigc_core import registry
from aigc_core.tasks import TASKS
from demos import TABS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with whole_app.served(tmp_path_factory.mktemp("outputs")) as (address, _):
        yield address


@pytest.mark.parametrize("task", [task for task in TASKS if task in TABS and task != "learn"])
def test_a_link_with_a_model_fills_in_its_tab(task: str, url: str, browser: Any) -> None:
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{url}/?tab={task}&model={registry.list_models(task)[-1].name}", wait_until="domcontentloaded")
    notices = page.locator(f"#tab-{task} .notice:visible")
    expect(notices.first).to_contain_text("Settings filled in by the link", use_inner_text=True)
    expect(notices).to_have_count(1)
    context.close()
