"""The line under the button follows the controls in the page, in its language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from whole_app import served

from aigc_core.budget import Budget, Estimate
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.request import Request

pytestmark = pytest.mark.browser


class TenSecondsAFace(Budget):
    def estimate(self, request: Request) -> Estimate:
        assert isinstance(request, FacesRequest)
        return Estimate(seconds=10.0 * request.count, memory_mb=900)


def test_the_line_follows_the_number_of_faces(browser: Any, tmp_path: Path) -> None:
    with served(tmp_path) as (url, demo):
        demo.studio.lanes.budget = TenSecondsAFace()
        page = browser.new_context(locale="en-US").new_page()
        page.goto(f"{url}/?tab=faces")
        count = page.locator("#tab-faces input[type=number]:visible").first
        count.fill("3")
        count.press("Tab")
        line = page.locator("#tab-faces .cost p:visible").first
        expect(line).to_have_text("about 30 s, 0.9 GB", use_inner_text=True)
        count.fill("5")
        count.press("Tab")
        expect(line).to_have_text("about 50 s, 0.9 GB", use_inner_text=True)
        page.locator("#bar button").click()
        expect(line).to_have_text("约 50 秒，0.9 GB", use_inner_text=True)
        page.context.close()
