"""The views below the Faces tab in a real browser, on toy rows: streams, Stop, the slider without the server, a drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faces_toy
import pytest
from playwright.sync_api import expect
from waiting import expect_to_fit, place


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with faces_toy.served(tmp_path_factory.mktemp("outputs")) as address:
        yield address


@pytest.fixture
def open_page(browser: Any, url: str) -> Iterator[Callable[..., Any]]:
    contexts = []

    def opened(locale: str = "en-US", width: int = 1280) -> Any:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(url)
        page.wait_for_selector(".faces-same-seed .ss")
        return page

    yield opened
    for context in contexts:
        context.close()


def unfold(page: Any, name: str) -> Any:
    """The view ``name``, opened."""
    box = page.locator(f".faces-{name}")
    box.locator("button.label-wrap").first.click()
    box.locator(".go").first.wait_for()
    return box


def rerun(box: Any, shown: str) -> None:
    """Run a view that opened with a kept run, to the end; what ``shown`` selects has changed then."""
    read = "elements => elements.map(e => e.src ?? e.innerHTML).join()"
    kept = box.locator(shown).evaluate_all(read)
    box.locator(".go").first.click()
    for _ in range(600):
        if box.locator(shown).evaluate_all(read) not in (kept, ""):
            break
        box.page.wait_for_timeout(100)
    else:
        pytest.fail(f"{shown} still shows the kept run after a minute")
    box.locator(".go").first.wait_for()  # back in the place of Stop


@pytest.mark.browser
def test_one_seed_goes_through_all_families(open_page: Callable[..., Any]) -> None:
    box = open_page().locator(".faces-same-seed")
    box.locator("input[type=number]").last.fill("7")
    rerun(box, ".ss-p img")
    box.locator(".ss-p img").nth(14).wait_for()
    expect(box.locator(".ss-n")).to_have_count(5)
    expect(box.locator(".ss-f").first).to_contain_text("ms", use_inner_text=True)


@pytest.mark.browser
def test_denoising_opens_at_the_first_step_and_plays_once(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.emulate_media(reduced_motion="reduce")
    box = unfold(page, "trajectory")
    box.locator(".tj[data-ready]").wait_for()
    box.locator(".tj-pictures").scroll_into_view_if_needed()
    expect(box.locator("canvas")).to_have_count(4)  # the latent is beside the decoded pictures
    page.wait_for_timeout(1500)
    expect(box.locator(".tj-now")).to_have_text("0 / 8", use_inner_text=True)  # nobody asked for motion

    page.reload()
    page.emulate_media(reduced_motion="no-preference")
    box = unfold(page, "trajectory")
    box.locator(".tj-pictures").scroll_into_view_if_needed()
    expect(box.locator(".tj-now")).to_have_text("8 / 8", use_inner_text=True, timeout=20_000)
    expect(box.locator(".tj-play")).to_have_text("▶", use_inner_text=True)
    expect(box.get_by_text("Noise level σ of 8 steps")).to_be_visible()


@pytest.mark.browser
def test_the_slider_shows_each_step_without_the_server(open_page: Callable[..., Any]) -> None:
    page = open_page()
    box = unfold(page, "trajectory")
    box.locator(".tj[data-ready]").wait_for()  # the kept run
    box.locator(".seedrow input").first.fill("8")
    rerun(box, ".tj-strip img")  # the rest changes while the kept run plays
    box.locator(".tj[data-ready]").wait_for()
    box.locator(".tj-formulas .katex-display").first.wait_for(state="attached")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def turn(step: int) -> tuple[str, str, str, int]:
        box.locator(".tj-bar input").evaluate(
            "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')) }", str(step)
        )
        formulas = box.locator(".tj-formulas .katex-display")
        shown = formulas.evaluate_all("all => all.filter(one => one.checkVisibility()).map(one => one.innerText)")
        assert len(shown) == 1
        pixel = box.locator("canvas[data-row='1']").evaluate(
            "c => c.getContext('2d').getImageData(64, 64, 1, 1).data.join()"
        )
        return box.locator(".tj-s").inner_text(), shown[0], pixel, box.locator(".src-line.skip").count()

    first, middle, last = turn(1), turn(4), turn(8)
    assert len({first[0], middle[0], last[0]}) == len({first[1], middle[1], last[1]}) == 3
    assert first[2] != last[2], "the picture changes"
    assert middle[3] == 0 < first[3] == last[3], "lines that did not run are struck out"
    expect(box.locator(".katex-error")).to_have_count(0)
    box.locator(".tj-strip").click(position={"x": 3, "y": 5})
    expect(box.locator(".tj-now")).to_have_text("1 / 8", use_inner_text=True)
    assert not [address for address in asked if "/queue" in address or "/call" in address]


@pytest.mark.browser
def test_what_a_run_ends_with_is_shown_where_all_its_messages_come_at_once(open_page: Callable[..., Any]) -> None:
    page = open_page()

    def hold(route: Any) -> None:
        route.fulfill(response=route.fetch())  # the whole answer in one piece

    page.route("**/queue/data?*", hold)
    box = unfold(page, "edit")
    expect(box.locator(".edit-pictures img")).to_have_count(0)
    box.locator(".go").first.click()
    expect(box.locator(".edit-pictures img")).to_have_count(3)
    expect(box.locator(".go").first).to_be_visible()


@pytest.mark.browser
def test_a_drawing_becomes_faces_and_a_photo_is_edited(open_page: Callable[..., Any]) -> None:
    page = open_page()
    box = unfold(page, "sketch")
    canvas = box.locator("canvas").first
    canvas.hover()
    page.mouse.down()
    for across in (0.55, 0.6, 0.65, 0.7):
        canvas.hover(position=place(canvas, across, 0.5))
    page.mouse.up()
    rerun(box, ".faces-grid .thumbnail-item img")
    expect(box.locator(".faces-grid .thumbnail-item img")).to_have_count(4)
    box = unfold(page, "edit")
    photo = Path(__file__).resolve().parents[2] / "docs" / "gallery" / "scenes" / "lake.jpg"
    box.locator("input[type=file]").first.set_input_files(str(photo))
    box.locator(".go").first.click()
    expect(box.locator(".edit-pictures img")).to_have_count(3)
    expect(box.get_by_text("No face was found")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["same-seed", "trajectory", "sketch", "edit", "nearest"])
def test_stop_in_a_view_stops_at_the_next_step_and_says_so(name: str, open_page: Callable[..., Any]) -> None:
    page = open_page()
    box = page.locator(".faces-same-seed") if name == "same-seed" else unfold(page, name)
    if name == "edit":
        photo = Path(__file__).resolve().parents[2] / "docs" / "gallery" / "scenes" / "lake.jpg"
        box.locator("input[type=file]").first.set_input_files(str(photo))
        box.locator(".image-container img, img").first.wait_for()
    before = len(faces_toy.made)
    faces_toy.GATE.clear()
    try:
        box.locator(".go").first.click()
        box.locator(".statusbox progress[value='1']").first.wait_for()
        box.locator(".stop").first.click()
        box.locator(".go").first.wait_for()
    finally:
        faces_toy.GATE.set()
    page.wait_for_timeout(500)
    assert len(faces_toy.made) <= before + 2, "no more than the step that was under way"
    expect(box.locator(".statusbox").first).to_contain_text("Stopped", use_inner_text=True)
    box.locator(".go").first.click()  # and the view is as good as new
    box.locator(".stop").first.wait_for(state="hidden")
    box.locator(".statusbox", has_text="Stopped").first.wait_for(state="hidden")


@pytest.mark.browser
def test_the_chinese_phone_page_fits(open_page: Callable[..., Any]) -> None:
    page = open_page("zh-CN", 390)
    for name in ("trajectory", "edit", "sketch", "nearest"):
        unfold(page, name)
    page.locator(".faces-curve button.label-wrap").first.click()
    page.locator("button.label-wrap", has_text="原理").last.click()
    page.locator(".how .t-zh .katex").first.wait_for()
    expect(page.locator(".katex-error")).to_have_count(0)
    expect_to_fit(page)
    expect(page.get_by_text("开始去噪").first).to_be_visible()
