"""The course in real Chromium: lessons in both languages on a desk and on a phone, figures that move, links that fill tabs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from waiting import expect_to_fit

from aigc_core.lessons import course
from aigc_core.lessons.blocks import FigureBlock
from demos.ui import page as pages

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)
WIDTHS = (1280, 390)
MOVED = 6
"""Figures whose first control is moved."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    outputs = tmp_path_factory.mktemp("outputs")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GRADIO_TEMP_DIR", "GRADIO_EXAMPLES_CACHE"):
            patch.setenv(name, str(outputs))
        args = pages.parser().parse_args(["--outputs", str(outputs), "--offline"])
        demo, options = pages.make(["home", "learn", "compose", "faces"], args)
        _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
        yield address
        demo.close()


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


def open_lesson(page: Page, url: str, slug: str, language: str = "en") -> None:
    page.goto(f"{url}?lesson={slug}&lang={language}", wait_until="domcontentloaded")
    expect(page.locator(f"aigc-course header.t-{language} h1")).to_be_visible()
    typeset(page)


def turn_to(page: Page, slug: str, language: str = "en") -> None:
    """Open another lesson of the page, as a click in the contents does."""
    page.evaluate("slug => document.querySelector('aigc-course').open(slug)", slug)
    expect(page.locator(f"aigc-course header.t-{language} h1")).to_have_text(course.load(slug, language).title)
    typeset(page)


def typeset(page: Page) -> None:
    page.wait_for_function("document.querySelectorAll('.lesson .tex:not(.set)').length === 0")


def test_every_lesson_can_be_read_in_both_languages_on_a_desk_and_on_a_phone(page: Page, url: str) -> None:
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    languages: list[course.Language] = ["en", "zh"]
    open_lesson(page, url, course.written()[0])
    for slug in course.written():
        turn_to(page, slug, languages[0])
        check_text(page, slug, languages[0])
        page.locator("#bar button").click()
        languages.reverse()
        check_text(page, slug, languages[0])


def figures(slug: str) -> int:
    """The number of figures of a lesson."""
    return sum(isinstance(block, FigureBlock) for block in course.load(slug, "en").blocks)


def expect_figures(page: Page, slug: str, language: str = "en") -> None:
    """Wait until the figures of a lesson are drawn."""
    drawn = page.locator(f".body.t-{language} aigc-figure svg").locator("visible=true")
    expect(drawn).to_have_count(figures(slug))


def check_text(page: Page, slug: str, language: str) -> None:
    where = f"{slug}.{language}"
    expect_figures(page, slug, language)
    typeset(page)
    body = page.locator(f".body.t-{language}")
    text = body.evaluate(
        "body => { const copy = body.cloneNode(true); copy.querySelectorAll('pre, code, .tex').forEach(e => e.remove()); return copy.textContent; }"
    )
    assert "$" not in text, f"{where}: raw mathematics"
    assert page.locator(".katex-error").count() == 0, f"{where}: TeX that KaTeX refuses"
    expect(page).to_have_url(re.compile(rf"lesson={slug}\b"))
    for width in reversed(WIDTHS):
        page.set_viewport_size({"width": width, "height": 900})
        expect_to_fit(page)


def test_figures_answer_to_their_controls(page: Page, url: str) -> None:
    moved = 0
    open_lesson(page, url, course.written()[0])
    for slug in course.written():
        if moved >= MOVED:
            break
        turn_to(page, slug)
        expect_figures(page, slug)
        sliders = page.locator(".body.t-en aigc-figure").filter(has=page.locator("input[type=range]"))
        if sliders.count() == 0:
            continue
        figure = sliders.first
        before = figure.locator(".picture").inner_html()
        slider = figure.locator("input[type=range]").first
        slider.focus()
        slider.press("Home" if slider.evaluate("e => Number(e.value) > Number(e.min)") else "End")
        expect(figure.locator(".made")).to_be_visible(timeout=90_000)  # its last frame has come, with a recipe
        assert figure.locator(".picture").inner_html() != before, slug
        expect(figure.locator(".failed")).to_have_count(0)
        moved += 1
    assert moved == MOVED


def test_stop_ends_a_figure_before_its_last_frame(page: Page, url: str) -> None:
    open_lesson(page, url, "gan-training")
    figure = page.locator(".body.t-en aigc-figure").filter(has=page.locator("input[type=range]")).first
    figure.locator(".run").click()
    figure.locator(".halt").click()
    expect(figure.locator(".run")).to_be_visible()
    expect(figure.locator(".state")).to_be_empty()
    expect(figure.locator(".made")).to_be_hidden()  # no result came
    expect(figure.locator(".failed")).to_have_count(0)


def test_the_language_changes_text_and_keeps_the_figures(page: Page, url: str) -> None:
    slug = course.written()[0]
    open_lesson(page, url, slug)
    expect_figures(page, slug)
    page.locator("#bar button").click()
    expect(page.locator("aigc-course header.t-zh h1")).to_be_visible()
    expect(page.locator(".body.t-zh aigc-figure")).to_have_count(figures(slug))
    expect(page.locator(".body.t-en aigc-figure")).to_have_count(0)


def test_what_is_done_is_kept_in_the_browser(page: Page, url: str) -> None:
    slug = course.written()[0]
    open_lesson(page, url, slug)
    page.locator(".finished input").check()
    page.reload()
    expect(page.locator(f".contents a.done[data-lesson={slug}]")).to_be_visible()


def test_the_opening_page_leads_back_to_the_lesson_that_was_open(page: Page, url: str) -> None:
    first, other = course.written()[0], course.written()[4]
    page.goto(f"{url}?tab=learn&lang=en", wait_until="domcontentloaded")
    expect(page.locator(".overview .cover svg").first).to_be_visible()
    expect(page.locator(".overview .cover:not(:has(svg))")).to_have_count(0)
    expect(page.locator(f".resume a[data-lesson={first}]")).to_contain_text("Start here")
    turn_to(page, other)
    page.locator(".contents [data-overview]").click()
    expect(page.locator(f".resume a[data-lesson={other}]")).to_contain_text("Continue where you were")
    page.set_viewport_size({"width": 390, "height": 844})
    expect_to_fit(page)
    page.go_back()
    expect(page.locator("aigc-course header.t-en h1")).to_have_text(course.load(other, "en").title)


def test_a_formula_and_its_line_light_up_together(page: Page, url: str) -> None:
    open_lesson(page, url, course.written()[0])
    for slug in course.written():
        turn_to(page, slug)
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
    open_lesson(page, url, first)
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


def test_a_link_of_a_lesson_fills_the_fields_of_faces(page: Page, url: str) -> None:
    page.goto(f"{url}?tab=faces&count=12&seed=3&lang=en", wait_until="domcontentloaded")
    expect(page.locator("#tab-faces").get_by_label("Seed", exact=True).first).to_have_value("3")
    expect(page.locator("#tab-faces input[aria-label*='Faces']").first).to_have_value("12")
