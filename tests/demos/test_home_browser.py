"""The first page and the whole suite around it, in a real browser: languages, phone width, no errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from waiting import expect_to_fit

from demos import TABS

pytestmark = pytest.mark.browser

TILED = [name for name in TABS if name not in ("home", "jobs")]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from demos.ui import page

    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(TABS, args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


def visit(browser: Any, url: str, **options: Any) -> Any:
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(90_000)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(url)
    page.locator("#tab-home-button").wait_for(timeout=60_000)
    return page


def test_the_page_names_at_its_top_what_it_fetches_from_the_bundle(browser: Any, url: str) -> None:
    page = visit(browser, url, locale="en-US")
    page.locator(".tile").first.wait_for()
    named = page.evaluate("[...document.head.querySelectorAll('[rel=modulepreload], [rel=preload]')].map(e => e.href)")
    seen = "performance.getEntriesByType('resource').map(e => e.name)"
    page.wait_for_function(f"named => named.every(address => {seen}.includes(address))", arg=named)
    fetched = page.evaluate(seen)
    styles = page.evaluate("[...document.querySelectorAll('[rel=stylesheet]')].map(e => e.href)")
    assert len(named) > 20 and {address for address in fetched if "/assets/" in address} == set(named)
    assert {address for address in named if address.endswith(".css")} <= set(styles)  # none for nothing
    page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_tile_opens_its_tab(browser: Any, url: str, width: int) -> None:
    page = visit(browser, url, locale="en-US", viewport={"width": width, "height": 860})
    expect(page.locator(".tile")).to_have_count(len(TILED))
    for i, name in enumerate(TILED):
        page.evaluate("aigcOpenTab('home')")
        page.locator(".tile").nth(i).click()
        page.locator(f"#tab-{name}").wait_for(state="visible")
        expect_to_fit(page)
    assert not page.problems
    page.context.close()


def test_a_tab_that_came_later_works_like_one_that_was_there_from_the_start(browser: Any, url: str) -> None:
    page = visit(browser, url, locale="en-US")
    for _ in range(2):  # a tab that is opened again is not built again
        page.evaluate("aigcOpenTab('inpaint')")
        tab = page.locator("#tab-inpaint")
        tab.locator(".go").first.wait_for()
        if not tab.locator(".status b").count():
            tab.locator(".go").first.click()
        expect(tab.locator(".status b").first).to_contain_text("Telea")
        page.evaluate("aigcOpenTab('home')")
    assert not page.problems
    page.context.close()


def test_the_language_follows_the_browser_and_the_switch_and_survives_a_reload(browser: Any, url: str) -> None:
    chinese = visit(browser, url, locale="zh-CN")
    chinese.locator("#tab-faces-button", has_text="人脸生成").wait_for()
    chinese.context.close()
    page = visit(browser, url, locale="en-US")
    page.locator("#tab-faces-button", has_text="Faces").wait_for()
    page.locator("#bar button").click()
    page.locator("#tab-faces-button", has_text="人脸生成").wait_for()
    expect(page.locator(".lead .t-zh").first).to_be_visible()
    expect(page.locator(".lead .t-en").first).to_be_hidden()
    page.reload()
    page.locator("#tab-faces-button", has_text="人脸生成").wait_for()
    page.context.close()


def test_a_link_may_name_the_language(browser: Any, url: str) -> None:
    page = visit(browser, url + "?lang=zh", locale="en-US")
    page.locator("#tab-speak-button", has_text="语音合成").wait_for()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.context.close()


def test_nothing_is_asked_of_another_machine(browser: Any, url: str) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    page.locator(".tile").first.wait_for()
    page.wait_for_timeout(1500)
    assert asked
    assert not [a for a in asked if not a.startswith((url, "data:", "blob:"))]
    context.close()


def test_the_table_of_models_filters_by_task(browser: Any, url: str) -> None:
    from gradio_client import Client

    from aigc_core import registry

    client = Client(url, verbose=False)
    assert len(client.predict(api_name="/models")["data"]) == len(registry.list_models())
    rows = client.predict(task="speak", api_name="/models")["data"]
    assert {row[1] for row in rows} == {"speak"}
    with pytest.raises(Exception, match="task must be one of"):
        client.predict(task="cooking", api_name="/models")


def test_a_tab_needs_no_other_tab_to_have_been_opened(browser: Any, url: str) -> None:
    page = visit(browser, url, locale="en-US", viewport={"width": 1280, "height": 860})
    for name in TILED:
        page.evaluate(f"window.aigcOpenTab('{name}')")
        page.locator(f"#tab-{name}").wait_for(timeout=60_000)
        buttons = page.locator(f"#tab-{name} .examples button")
        page.wait_for_timeout(1000)
        if name == "stylize":
            buttons.first.click()
        page.locator(f"#tab-{name} h3, #tab-{name} p").first.click()
        assert page.problems == [], f"{name}, with no tab after it opened yet"
    page.context.close()
