"""The course in real Chromium: lessons in both languages on a desk and on a phone, figures that move, links that fill tabs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from aigc_core.lessons import course
from aigc_core.lessons.blocks import FigureBlock
from demos.ui import page as pages

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)
MOVED = 8
"""Figures whose first control is moved."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    outputs = tmp_path_factory.mktemp("outputs")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GRADIO_TEMP_DIR", "GRADIO_EXAMPLES_CACHE"):
            patch.setenv(name, str(outputs))
        args = pages.parser().parse_args(["--outputs", str(outputs), "--offline"])
        demo, options = pages.make(["home", "learn", "compose"], args)
        _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
        yield address
        demo.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    made = browser.new_page()
    made.set_default_timeout(60_000)
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield made
    assert not errors
    made.close()


def open_lesson(page: Page, url: str, slug: str, language: str) -> None:
    page.goto(f"{url}?lesson={slug}&lang={language}", wait_until="domcontentloaded")
    expect(page.locator(f"aigc-course header.t-{language} h1")).to_be_visible()
    page.wait_for_function("document.querySelectorAll('.lesson .tex:not(.set)').length === 0")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", course.LANGUAGES)
def test_every_lesson_can_be_read(page: Page, url: str, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for i, slug in enumerate(course.written()):
        if i == 0:
            open_lesson(page, url, slug, language)
        else:
            page.evaluate("slug => document.querySelector('aigc-course').open(slug)", slug)
            title = course.load(slug, "zh" if language == "zh" else "en").title
            expect(page.locator(f"aigc-course header.t-{language} h1")).to_have_text(title)
            page.wait_for_function("document.querySelectorAll('.lesson .tex:not(.set)').length === 0")
        check_page(page, slug, language)


def check_page(page: Page, slug: str, language: str) -> None:
    text = page.locator(f".body.t-{language}").evaluate(
        "body => { const copy = body.cloneNode(true); copy.querySelectorAll('pre, code, .tex').forEach(e => e.remove()); return copy.textContent; }"
    )
    assert "$" not in text, f"{slug}: raw mathematics"
    assert page.locator(".katex-error").count() == 0, f"{slug}: TeX that KaTeX refuses"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{slug}: wider than the screen"
    figures = sum(isinstance(block, FigureBlock) for block in course.load(slug, "en").blocks)
    expect(page.locator(f".body.t-{language} aigc-figure svg").locator("visible=true")).not_to_have_count(0)
    assert page.locator(f".body.t-{language} aigc-figure").count() == figures
    assert f"lesson={slug}" in page.url


def test_figures_answer_to_their_controls(page: Page, url: str) -> None:
    moved = 0
    for slug in course.written():
        if moved >= MOVED:
            break
        open_lesson(page, url, slug, "en")
        sliders = page.locator(".body.t-en aigc-figure").filter(has=page.locator("input[type=range]"))
        if sliders.count() == 0:
            continue
        figure = sliders.first
        before = figure.locator(".picture").inner_html()
        slider = figure.locator("input[type=range]").first
        slider.focus()
        slider.press("Home" if slider.evaluate("e => Number(e.value) > Number(e.min)") else "End")
        expect(figure.locator(".made")).to_be_visible()  # its last frame has come, with a recipe
        assert figure.locator(".picture").inner_html() != before, slug
        expect(figure.locator(".failed")).to_have_count(0)
        moved += 1
    assert moved >= min(6, len(course.written()))


def test_the_language_changes_text_and_keeps_the_figures(page: Page, url: str) -> None:
    slug = course.written()[0]
    open_lesson(page, url, slug, "en")
    count = page.locator("aigc-figure").count()
    page.get_by_role("button", name="Switch language").click()
    expect(page.locator("aigc-course header.t-zh h1")).to_be_visible()
    expect(page.locator(".body.t-zh aigc-figure")).to_have_count(count)
    expect(page.locator(".body.t-en aigc-figure")).to_have_count(0)


def test_what_is_done_is_kept_in_the_browser(page: Page, url: str) -> None:
    slug = course.written()[0]
    open_lesson(page, url, slug, "en")
    page.locator(".finished input").check()
    page.reload()
    expect(page.locator(f".contents a.done[data-lesson={slug}]")).to_be_visible()


def test_a_formula_and_its_line_light_up_together(page: Page, url: str) -> None:
    for slug in course.written():
        open_lesson(page, url, slug, "en")
        marked = page.locator(".body.t-en .py .marked")
        if marked.count():
            break
    name = marked.first.get_attribute("data-formula")
    page.locator(f'.body.t-en .formula[data-formula="{name}"]').focus()
    expect(marked.first).to_have_class(re.compile(r"\blit\b"))
    marked.first.focus()
    expect(page.locator(f'.body.t-en .formula[data-formula="{name}"]')).to_have_class(re.compile(r"\blit\b"))


def test_search_leads_to_a_lesson_and_back_goes_back(page: Page, url: str) -> None:
    first = course.written()[0]
    open_lesson(page, url, first, "en")
    other = course.load(course.written()[-1], "en")
    page.locator(".search").fill(other.title)
    page.locator(f'.results a[data-lesson="{other.slug}"]').first.click()
    expect(page.locator("aigc-course header.t-en h1")).to_have_text(other.title)
    page.go_back()
    expect(page.locator("aigc-course header.t-en h1")).to_have_text(course.load(first, "en").title)


def test_a_link_opens_a_tab_with_its_fields_filled(page: Page, url: str) -> None:
    page.goto(f"{url}?tab=compose&seed=77&bars=12&temperature=9&lang=en", wait_until="domcontentloaded")
    expect(page.locator("#tab-compose").get_by_label("Seed", exact=True)).to_have_value("77")
    expect(page.locator("#tab-compose .notice")).to_contain_text("temperature must be")
    page.evaluate("window.aigcOpenLink('compose?seed=78')")
    expect(page.locator("#tab-compose").get_by_label("Seed", exact=True)).to_have_value("78")
    expect(page.locator("#tab-compose .notice")).to_contain_text("Settings filled in by the link")
