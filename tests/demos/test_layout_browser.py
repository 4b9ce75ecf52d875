"""Every tab in real Chromium, at a desk and on a phone, in both languages: button and result stand on the first screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demos import TABS
from tests.support import whole_app

pytestmark = pytest.mark.browser
TASKS = [name for name in TABS if name not in ("home", "learn")]
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
LOCALES = ("en-US", "zh-CN")
SEEN = 120
"""Pixels of the result that the first screen shows at least."""
BOX = "element => { const box = element.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; }"
CUT = """tab => [...document.querySelectorAll(`#tab-${tab} :is(.go, .stop, .examples button, .chip, .lead p, h3)`)]
    .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
    .map(one => one.textContent)"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with whole_app.served(tmp_path_factory.mktemp("outputs")) as (address, _):
        yield address


@pytest.fixture(scope="module", params=[(size, locale) for size in SIZES for locale in LOCALES], ids="-".join)
def page(request: Any, browser: Any, url: str) -> Iterator[Any]:
    """A visitor who goes from tab to tab."""
    size, locale = request.param
    width, height = SIZES[size]
    context = browser.new_context(
        locale=locale, viewport={"width": width, "height": height}, reduced_motion="reduce", has_touch=size == "phone"
    )
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.goto(url)
    opened.locator("#tab-home-button").wait_for()
    yield opened
    context.close()


def open_tab(page: Any, name: str) -> Any:
    page.evaluate("name => aigcOpenTab(name)", name)
    tab = page.locator(f"#tab-{name}")
    tab.locator(".columns .go").first.wait_for()
    page.wait_for_function("() => [...document.images].every(image => image.complete || image.loading === 'lazy')")
    page.wait_for_timeout(500)  # the page settles: fonts, pictures, Gradio's own measuring
    return tab


@pytest.mark.parametrize("name", TASKS)
def test_button_and_result_stand_on_the_first_screen(page: Any, name: str) -> None:
    tab = open_tab(page, name)
    assert page.evaluate("scrollY") == 0
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    left, top, right, bottom = tab.locator(".columns .go").first.evaluate(BOX)
    assert left >= 0 and right <= width and top >= 0 and bottom <= height, "the button is on the screen"
    top, bottom = tab.locator(".columns .area-result").first.evaluate(BOX)[1::2]
    assert 0 <= top <= height - SEEN and bottom - top >= SEEN, "so is the beginning of the result"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "no sideways scrolling"
    assert page.evaluate(CUT, name) == []


@pytest.mark.parametrize("name", TASKS)
def test_an_example_far_below_brings_the_result_into_view(page: Any, name: str) -> None:
    tab = open_tab(page, name)
    example = tab.locator(".columns .examples button").first
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    example.scroll_into_view_if_needed()
    example.click()
    result = tab.locator(".columns .area-result").first
    page.wait_for_function(
        "element => { const box = element.getBoundingClientRect(), seen = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);"
        " return seen >= Math.min(box.height, innerHeight * .6) - 1; }",
        arg=result.element_handle(),
    )
    page.evaluate("scrollTo(0, 0)")


def test_the_first_control_is_reached_before_the_button_and_the_button_before_what_can_wait(page: Any) -> None:
    tab = open_tab(page, "faces")
    order = tab.locator(".columns").first.evaluate(
        "row => [...row.querySelectorAll('input, button')].filter(one => one.checkVisibility())"
        ".map(one => one.closest('[class*=area-]').className.match(/area-(\\w+)/)[1])"
    )
    assert list(dict.fromkeys(order)) == ["main", "result", "more"]
