"""Music on the page and through its endpoint, with the real corpus and soundfont."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect
from waiting import expect_to_fit, expect_to_move_on, place

from aigc_core import recipe
from aigc_core.media import audio, midi


@pytest.fixture(scope="module")
def url(real_weights: Callable[[str], list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tab alone, served from a free port."""
    from demos.ui import page

    real_weights("chorale-ngram")
    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(["compose"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


def ask(url: str, **values: Any) -> Any:
    from gradio_client import Client

    return Client(url, verbose=False).predict(**values, api_name="/compose")


@pytest.mark.weights
def test_the_endpoint_returns_sound_midi_picture_and_recipe(url: str) -> None:
    wav, mid, picture, made = ask(url, bars=2, seed=7, temperature=0.8)
    picture = picture["path"] if isinstance(picture, dict) else picture
    assert audio.read(wav).duration_s > 4
    midi.parse(Path(mid).read_bytes())
    assert Image.open(picture).width == 1200
    assert recipe.read(wav) == recipe.read(mid) == recipe.read(picture) == made
    assert made["parameters"]["temperature"] == 0.8 and made["seed"] == 7 and made["info"]["bars"] == 2


@pytest.mark.weights
def test_a_primer_is_uploaded_and_goes_on(url: str) -> None:
    from gradio_client import handle_file

    _, mid, _, _ = ask(url, bars=2, seed=7)
    _, _, _, made = ask(url, bars=1, seed=8, primer=handle_file(mid))
    assert made["info"]["primer_bars"] == 2 and made["info"]["bars"] == 3


@pytest.mark.weights
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"bars": 65}, "bars must be between 1 and 64; got 65"),
        ({"temperature": -1}, "temperature must be between 0 and 2; got -1"),
        ({"model": "nothing"}, "no model 'nothing'"),
        ({"instrument": "kazoo"}, "no instrument 'kazoo'"),
        ({"prompt": "jazz"}, "does not support prompt"),
    ],
)
def test_the_endpoint_refuses_in_words(url: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=message):
        ask(url, **values)


@pytest.mark.browser
@pytest.mark.weights
def test_compose_shows_a_new_piece_and_stop_keeps_what_is_there(url: str, browser: Any) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(url)
    page.locator(".go").wait_for()
    picture = page.locator(".compose-roll img")
    picture.wait_for()
    before = picture.get_attribute("src")
    page.locator(".go").click()
    page.wait_for_function("document.querySelector('.statusbox').innerText.includes('seed')", timeout=60_000)
    expect(picture).not_to_have_attribute("src", before)
    expect(page.locator(".compose-facts .status")).to_contain_text("phrases, 16 bars", use_inner_text=True)
    page.wait_for_function("img => img.naturalWidth === 1200", arg=picture.element_handle())

    page.locator("input[type=number]").first.fill("64")
    page.locator("input[type=number]").first.press("Tab")
    kept = picture.get_attribute("src")
    expect(page.get_by_text("The previous piece")).to_be_hidden()
    page.locator(".go").click()
    page.locator(".unfinished img").wait_for()
    expect(page.get_by_text("The previous piece")).to_be_visible()
    page.locator(".stop").click()
    page.locator(".go").wait_for(state="visible", timeout=60_000)
    expect(page.locator(".statusbox").first).to_contain_text("Stopped", use_inner_text=True)
    expect(picture).to_have_attribute("src", kept)  # sound, notes and picture of the piece before stay together
    expect(page.get_by_text("The previous piece")).to_be_visible()
    context.close()


@pytest.mark.browser
@pytest.mark.weights
def test_the_playhead_follows_the_sound_and_a_click_on_the_roll_plays_from_there(url: str, browser: Any) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(url)
    picture = page.locator(".compose-roll img")
    picture.wait_for()
    page.wait_for_function("document.querySelector('.sounding audio')?.duration > 5")
    first, *_, last = page.evaluate("JSON.parse(document.querySelector('.timeline').dataset.stretches)")
    picture.click(position=place(picture, last[0], (last[2] + last[3]) / 2))
    page.wait_for_function(f"document.querySelector('.sounding audio').currentTime >= {last[4] - 0.2}")
    page.wait_for_function("!document.querySelector('.sounding audio').paused")
    picture.click(position=place(picture, first[0], (first[2] + first[3]) / 2))
    page.wait_for_function(f"document.querySelector('.sounding audio').currentTime < {last[4]}")
    expect_to_move_on(page, ".playhead", 10)
    page.evaluate("document.querySelector('.sounding audio').pause()")
    context.close()


@pytest.mark.browser
@pytest.mark.weights
def test_on_a_phone_the_roll_scrolls_along_with_the_sound(url: str, browser: Any) -> None:
    context = browser.new_context(locale="en-US", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(url)
    page.locator(".compose-roll img").wait_for()
    frame = "document.querySelector('.compose-roll img').parentElement"
    page.wait_for_function(f"{frame}.scrollWidth > {frame}.clientWidth + 100")
    page.wait_for_function("document.querySelector('.sounding audio')?.duration > 5")
    page.evaluate("(() => { const a = document.querySelector('.sounding audio'); a.currentTime = 12; a.play(); })()")
    page.wait_for_function(f"{frame}.scrollLeft > 60")
    context.close()


@pytest.mark.browser
def test_it_opens_with_an_example_and_fits_a_phone_in_chinese(url: str, browser: Any) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(url)
    page.locator(".go").wait_for()
    expect(page.locator(".go")).to_have_text("作曲", use_inner_text=True)
    page.locator(".compose-roll img").wait_for()
    expect(page.locator(".compose-facts .status")).to_contain_text(re.compile("[大小]调"), use_inner_text=True)
    expect_to_fit(page)
    context.close()
