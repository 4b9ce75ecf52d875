"""In the browser: the tabs of text and speech open in the page's language, and the switch leaves alone what somebody has made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from whole_app import served

from demos.ui import openings

pytestmark = pytest.mark.browser
TABS = ["continue_text", "summarize", "speak"]
POEM = "一月江头半夜凉"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("outputs"), tabs=TABS) as (address, _):
        yield address


@pytest.fixture(params=["en-US", "zh-CN"])
def page(browser: Any, url: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    with browser.new_context(locale=request.param) as context:
        page = context.new_page()
        page.goto(url)
        page.wait_for_function(f"document.documentElement.lang.startsWith('{request.param[:2]}')")
        yield page


def text(page: Any, tab: str) -> Any:
    return page.locator(f"#tab-{tab} .area-main textarea").first


def switch(page: Any) -> None:
    page.locator("#bar button").click()


def is_chinese(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.lang.startsWith('zh')"))


def expect_opening(page: Any, tab: str, chinese: bool) -> None:
    shown, written = page.locator(f"#tab-{tab}"), text(page, tab)
    if tab == "continue_text":
        expect(written).to_have_value(
            "" if chinese else "The lighthouse keeper climbed the stairs every night, until one night the light"
        )
        expect(shown.locator(".tokens").last).to_contain_text(POEM[:2] if chinese else "ghost")
        expect(shown.locator(".poet").first).to_be_visible(visible=chinese)
    elif tab == "summarize":
        expect(written).to_have_value(openings.text("printing_zh" if chinese else "clock_en"))
        expect(shown.locator(".sum-columns > *")).to_have_count(2 if chinese else 3)
    else:
        expect(written).to_have_value(openings.SPEECH["-zh" if chinese else ""])
        expect(shown.locator(".words").first).to_contain_text("你好" if chinese else "Speech")


def test_an_opening_comes_in_the_pages_language_and_follows_the_switch(page: Any) -> None:
    for tab in TABS:
        page.locator(f"[role=tablist] button[data-tab-id={tab}]").click()
        expect_opening(page, tab, is_chinese(page))
    for _ in range(2):
        switch(page)
        for tab in TABS:
            page.locator(f"[role=tablist] button[data-tab-id={tab}]").click()
            expect_opening(page, tab, is_chinese(page))
    page.reload()
    expect_opening(page, TABS[-1], is_chinese(page))


def test_what_somebody_has_typed_or_made_stays(page: Any) -> None:
    chinese = is_chinese(page)
    expect_opening(page, TABS[0], chinese)
    text(page, TABS[0]).fill("typed")
    page.locator("[role=tablist] button[data-tab-id=speak]").click()
    expect_opening(page, "speak", chinese)
    page.locator("#tab-speak .go").first.click()
    expect(page.locator("#tab-speak .noticebox .notice")).to_contain_text("missing" if not chinese else "缺失")
    page.locator("[role=tablist] button[data-tab-id=summarize]").click()
    expect_opening(page, "summarize", chinese)
    switch(page)
    expect_opening(page, "summarize", not chinese)
    expect(text(page, "speak")).to_have_value(openings.SPEECH["-zh" if chinese else ""])
    expect(text(page, TABS[0])).to_have_value("typed")
