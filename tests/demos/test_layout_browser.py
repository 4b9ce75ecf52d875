"""Every tab in real Chromium, at a desk and on a phone, in both languages: button and result stand on the first screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import TimeoutError

from aigc_core import tasks
from demos import TABS
from tests.support import whole_app

pytestmark = pytest.mark.browser
TASKS = [name for name in TABS if name in tasks.TASKS and name != "learn"]  # lessons have no button
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
LOCALES = ("en-US", "zh-CN")
SEEN = 120
"""Pixels of the result that the first screen shows at least."""
BOX = "element => { const box = element.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; }"
CUT = """tab => [...document.querySelectorAll(`#tab-${tab} :is(.go, .stop, .examples button, .chip, .lead p, h3)`)]
    .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
    .map(one => one.textContent)"""

IN_VIEW = """element => {
  const box = element.getBoundingClientRect(), seen = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
  return seen >= Math.min(box.height, innerHeight * .6) - 1;
}"""


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


def test_button_and_result_stand_on_the_first_screen_and_an_example_brings_the_result_into_view(page: Any) -> None:
    wrong = {name: found for name in TASKS if (found := faults(page, name))}
    assert not wrong


def faults(page: Any, name: str) -> list[str]:
    """What is wrong with the first screen of a tab, or with the one after a click on an example."""
    tab = open_tab(page, name)
    found = first_screen(page, tab, name)
    for _ in range(20):  # asked again for as long as the page still settles
        if not found:
            break
        page.wait_for_timeout(250)
        found = first_screen(page, tab, name)
    example = tab.locator(".columns .examples button").first
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    example.scroll_into_view_if_needed()
    example.click()
    try:
        page.wait_for_function(IN_VIEW, arg=tab.locator(".columns .area-result").first.element_handle())
    except TimeoutError:
        found.append("the result is not in view after an example")
    return found


def first_screen(page: Any, tab: Any, name: str) -> list[str]:
    """What is wrong with the first screen of a tab, as it is now."""
    found = [] if page.evaluate("scrollY") == 0 else ["it opens scrolled"]
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    left, top, right, bottom = tab.locator(".columns .go").first.evaluate(BOX)
    if not (left >= 0 and right <= width and top >= 0 and bottom <= height):
        found.append(f"the button is not on the screen: {left, top, right, bottom}")
    top, bottom = tab.locator(".columns .area-result").first.evaluate(BOX)[1::2]
    if not (0 <= top <= height - SEEN and bottom - top >= SEEN):
        found.append(f"the beginning of the result is not on the screen: from {top} to {bottom}")
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("it scrolls sideways")
    return [*found, *(f"cut: {text}" for text in page.evaluate(CUT, name))]


def test_the_first_control_is_reached_before_the_button_and_the_button_before_what_can_wait(page: Any) -> None:
    tab = open_tab(page, "faces")
    order = tab.locator(".columns").first.evaluate(
        "row => [...row.querySelectorAll('input, button')].filter(one => one.checkVisibility())"
        ".map(one => one.closest('[class*=area-]').className.match(/area-(\\w+)/)[1])"
    )
    assert list(dict.fromkeys(order)) == ["main", "result", "more"]
