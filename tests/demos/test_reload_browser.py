"""In the browser: a reload loses nothing, a run goes on and is attached to again, and no other browser sees any of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from toy_app import served
from toys import Squares

pytestmark = pytest.mark.browser
TAB = "#tab-toy_faces"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("outputs")) as address:
        yield address.rstrip("/")


@pytest.fixture
def open_page(browser: Any, url: str) -> Iterator[Callable[[], Any]]:
    contexts = []
    Squares.gate.clear()
    Squares.closed.clear()

    def opened() -> Any:
        contexts.append(browser.new_context(locale="en-US"))
        page = contexts[-1].new_page()
        page.goto(f"{url}/?tab=toy_faces")
        expect(page.locator(f"{TAB} .go").first).to_be_visible()
        return page

    yield opened
    Squares.gate.set()
    for context in contexts:
        context.close()


def field(page: Any, name: str) -> Any:
    return page.locator(TAB).get_by_label(name, exact=False).first


def run(page: Any, count: int, prompt: str = "") -> None:
    field(page, "number input for Faces").fill(str(count))
    field(page, "Prompt").fill(prompt)
    field(page, "Prompt").blur()
    page.locator(f"{TAB} .go").first.click()


def entries(page: Any) -> Any:
    return page.locator(f"{TAB} .history li")


def pictures(page: Any) -> Any:
    return page.locator(f"{TAB} .thumbnail-item")


def test_a_reload_brings_back_the_tab_its_inputs_and_the_last_result(open_page: Callable[[], Any]) -> None:
    page = open_page()
    run(page, 3, "three")
    expect(entries(page)).to_have_count(1)
    field(page, "Prompt").fill("typed but not run")
    field(page, "New seed").uncheck()
    page.wait_for_function("sessionStorage['aigc-inputs-faces']?.includes('not run')")
    page.get_by_role("tab", name="Start").click()
    expect(page).to_have_url(re.compile("tab=home"))
    page.get_by_role("tab", name="Faces").click()
    expect(page).to_have_url(re.compile("tab=toy_faces$"))
    page.reload()
    expect(page).to_have_url(re.compile("tab=toy_faces$"))
    expect(entries(page)).to_have_count(1)
    expect(field(page, "Prompt")).to_have_value("typed but not run")
    expect(field(page, "number input for Faces")).to_have_value("3")
    expect(field(page, "New seed")).not_to_be_checked()
    expect(pictures(page)).to_have_count(3)
    expect(page.locator(f"{TAB} .status b")).to_be_visible()


def test_a_run_goes_on_through_a_reload_and_its_result_is_shown(open_page: Callable[[], Any]) -> None:
    page, other = open_page(), open_page()
    run(page, 4, "held")
    expect(page.locator(f"{TAB} .status")).to_contain_text("1/4")
    page.reload()
    expect(page.locator(f"{TAB} .stop").first).to_be_visible()
    expect(page.locator(f"{TAB} .status")).to_contain_text("1/4")
    expect(field(page, "Prompt")).to_have_value("held")
    assert not Squares.closed
    other.reload()
    expect(other.locator(f"{TAB} .go").first).to_be_visible()
    Squares.gate.set()
    expect(pictures(page)).to_have_count(4)
    expect(page.locator(f"{TAB} .status b")).to_be_visible()
    expect(page.locator(f"{TAB} .go").first).to_be_visible()
    expect(entries(page)).to_have_count(1)
    expect(entries(other)).to_have_count(0)
    expect(pictures(other)).to_have_count(0)


def test_stop_stops_a_run_that_a_reload_has_taken_over(open_page: Callable[[], Any]) -> None:
    page = open_page()
    run(page, 4, "held")
    expect(page.locator(f"{TAB} .status")).to_contain_text("1/4")
    page.reload()
    page.locator(f"{TAB} .stop").first.click()
    expect(page.locator(f"{TAB} .status")).to_contain_text("Stopped")
    expect(page.locator(f"{TAB} .go").first).to_be_visible()
    run(page, 2)  # the place is free again
    expect(entries(page)).to_have_count(1)
    assert Squares.closed == ["held", ""]


def test_a_job_that_waits_is_shown_after_a_reload_and_stop_takes_it_out_of_the_queue(
    open_page: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demos.ui.lanes.QUICK_S", 600.0)  # both take the quick lane, and the first keeps it
    first, page = open_page(), open_page()
    run(first, 2, "held")
    expect(first.locator(f"{TAB} .status")).to_contain_text("1/2")
    for attempt in ("left waiting", "waiting again"):
        run(page, 16, attempt)
        expect(page.locator(f"{TAB} .status")).to_contain_text("Waiting: 1 job ahead")
        page.reload()
        expect(page.locator(f"{TAB} .status")).to_contain_text("Waiting: 1 job ahead")
        expect(field(page, "Prompt")).to_have_value(attempt)
        page.locator(f"{TAB} .stop").first.click()
        expect(page.locator(f"{TAB} .status")).to_contain_text("Stopped")
        expect(page.locator(f"{TAB} .go").first).to_be_visible()
    Squares.gate.set()
    expect(entries(first)).to_have_count(1)
    assert Squares.closed == ["held"], "what was stopped has never begun"


def test_an_entry_of_the_history_brings_back_inputs_and_result_and_can_be_deleted(open_page: Callable[[], Any]) -> None:
    page = open_page()
    run(page, 2, "first")
    expect(entries(page)).to_have_count(1)
    run(page, 5, "second")
    expect(entries(page)).to_have_count(2)
    entries(page).last.locator("[data-act=restore]").click()
    expect(pictures(page)).to_have_count(2)
    expect(field(page, "Prompt")).to_have_value("first")
    expect(field(page, "number input for Faces")).to_have_value("2")
    expect(field(page, "New seed")).not_to_be_checked()
    assert Squares.closed == ["first", "second"], "nothing runs again"
    entries(page).last.hover()
    entries(page).last.locator("[data-act=drop]").click()
    expect(entries(page)).to_have_count(1)
    page.locator(f"{TAB} [data-act=clear]").click()
    expect(entries(page)).to_have_count(0)


def test_a_browser_that_is_killed_frees_the_place_of_its_run(open_page: Callable[[], Any], chromium: str, browser: Any, url: str) -> None:  # fmt: skip
    doomed = browser.browser_type.launch(executable_path=chromium, args=["--no-sandbox"])
    page = doomed.new_page(locale="en-US")
    page.goto(f"{url}/?tab=toy_faces")
    run(page, 4, "held")
    expect(page.locator(f"{TAB} .status")).to_contain_text("1/4")
    crash = doomed.new_browser_cdp_session()
    with pytest.raises(Exception, match="closed"):
        crash.send("Browser.crash")
    other = open_page()
    run(other, 1)
    expect(entries(other)).to_have_count(1)
    deadline = time.monotonic() + 60  # the other run may have passed the one that nobody waits for
    while "held" not in Squares.closed and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sorted(Squares.closed) == ["", "held"]
