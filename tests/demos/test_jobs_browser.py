"""In the browser: the list of jobs finds, opens, runs again, pins, exports and deletes, before and after a restart."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from toy_app import served
from toys import Squares
from waiting import expect_to_fit

pytestmark = pytest.mark.browser
TAB, JOBS = "#tab-toy_faces", "#tab-jobs"
TABS = ["home", "toy_faces", "jobs"]


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    contexts = []
    Squares.gate.clear()

    def opened(url: str, **options: Any) -> Any:
        contexts.append(browser.new_context(**{"locale": "en-US", **options}))
        page = contexts[-1].new_page()
        page.goto(f"{url.rstrip('/')}/?tab=toy_faces")
        expect(page.locator(f"{TAB} .go").first).to_be_visible()
        return page

    yield opened
    Squares.gate.set()
    for context in contexts:
        context.close()


def run(page: Any, count: int, prompt: str) -> None:
    tab = page.locator(TAB)
    tab.get_by_label("number input for Faces", exact=False).first.fill(str(count))
    tab.get_by_label("Prompt", exact=False).first.fill(prompt)
    tab.get_by_label("Prompt", exact=False).first.blur()
    tab.locator(".go").first.click()


def jobs(page: Any, **filters: Any) -> Any:
    page.evaluate("aigcOpenTab('jobs')")
    return page.locator(f"{JOBS} li[data-id]", **filters)


def act(job: Any, name: str) -> None:
    job.locator(f"[data-act={name}]").click()


def test_jobs_are_listed_found_opened_run_again_and_deleted(open_page: Callable[..., Any], tmp_path: Path) -> None:
    with served(tmp_path, tabs=TABS) as url:
        page, other = open_page(url), open_page(url)
        run(page, 3, "red")
        expect(page.locator(f"{TAB} .history li")).to_have_count(1)
        run(page, 4, "held")
        expect(page.locator(f"{TAB} .status")).to_contain_text("1/4")
        expect(jobs(page)).to_have_count(2)
        expect(jobs(page).first).to_contain_text("running")
        page.evaluate("aigcOpenTab('toy_faces')")
        page.locator(f"{TAB} .stop").first.click()
        expect(jobs(page).first).to_contain_text("stopped")
        page.locator(JOBS).get_by_label("Search").fill("RED")
        expect(jobs(page)).to_have_count(1)
        act(jobs(page), "again")
        expect(page.locator(f"{TAB} .history li")).to_have_count(2)
        expect(page.locator(f"{TAB} .thumbnail-item")).to_have_count(3)
        expect(jobs(page)).to_have_count(2)
        act(jobs(page).last, "pin")
        expect(jobs(page).last.locator("[data-act=pin]")).to_have_attribute("aria-pressed", "true")
        act(jobs(page).first, "delete")
        expect(jobs(page)).to_have_count(1)
        page.locator(JOBS).get_by_label("Search").fill("")
        expect(jobs(page)).to_have_count(2)
        page.locator(f"{JOBS} [data-all]").check()
        page.locator(f"{JOBS} .jobs-head [data-act=export]").click()
        with page.expect_download() as download:
            page.locator(f"{JOBS} a[download]").first.click()
        with zipfile.ZipFile(download.value.path()) as packed:
            assert "jobs.json" in packed.namelist() and len(packed.namelist()) > 3
        expect(jobs(other)).to_have_count(0)
        expect(other.locator(f"{JOBS} .nothing")).to_be_visible()
        kept = page.context.storage_state()
    with served(tmp_path, tabs=TABS) as url:  # another start
        origin = {"origin": url.rstrip("/"), "localStorage": kept["origins"][0]["localStorage"]}
        page = open_page(
            url, storage_state={"cookies": [], "origins": [origin]}, viewport={"width": 390, "height": 844}
        )
        expect(page.locator(f"{TAB} .history li")).to_have_count(1)
        expect(jobs(page)).to_have_count(2)
        expect_to_fit(page)
        act(jobs(page, has_text="red"), "restore")
        expect(page.locator(f"{TAB} .thumbnail-item")).to_have_count(3)
        expect(page.locator(TAB).get_by_label("Prompt", exact=False).first).to_have_value("red")
        page.evaluate("aigcSwitchLanguage()")
        expect(jobs(page).first).to_contain_text("已停止")
