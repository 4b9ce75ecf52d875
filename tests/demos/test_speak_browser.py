"""Speech on the page and through its endpoint, with the real Kokoro."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from waiting import expect_to_fit, expect_to_move_on, place

from aigc_core import recipe
from aigc_core.media import audio


@pytest.fixture(scope="module")
def url(real_weights: Callable[[str], list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tab alone, served from a free port."""
    from demos.ui import page

    real_weights("kokoro-82m")
    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(["speak"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


@pytest.fixture
def page(url: str, browser: Any) -> Iterator[Any]:
    context = browser.new_context(locale="en-US")
    opened = context.new_page()
    opened.goto(url)
    opened.locator(".go").wait_for()
    yield opened
    context.close()


@pytest.mark.weights
def test_the_endpoint_returns_a_wav_with_its_recipe(url: str) -> None:
    from gradio_client import Client

    wav, made = Client(url, verbose=False).predict(
        text="Hello there.", voice="am_michael", speed=1.5, api_name="/speak"
    )
    assert 0.3 < audio.read(wav).duration_s < 2
    assert recipe.read(wav) == made
    assert made["parameters"]["voice"] == "am_michael" and made["info"]["phonemes"] == "həlˈO ðˈɛɹ."


@pytest.mark.weights
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"text": "hi", "voice": "nobody"}, "has no voice 'nobody'"),
        ({"text": "hi", "speed": 9}, "speed must be between 0.5 and 2; got 9"),
        ({"text": "x" * 2001}, "at most 2000 characters; got 2001"),
        ({"text": ""}, "nothing to speak"),
        ({"text": "hi", "model": "nothing"}, "no model 'nothing'"),
    ],
)
def test_the_endpoint_refuses_in_words(url: str, values: dict[str, Any], message: str) -> None:
    from gradio_client import Client

    with pytest.raises(Exception, match=message):
        Client(url, verbose=False).predict(**values, api_name="/speak")


@pytest.mark.browser
@pytest.mark.weights
def test_text_becomes_sound_picture_and_phonemes_that_can_be_edited(page: Any) -> None:
    shown = page.locator(".speak-phonemes textarea")
    page.locator("textarea").first.fill("Good morning.")
    page.locator(".go").click()
    page.wait_for_function(
        "document.querySelector('.speak-facts').innerText.includes('real-time factor')", timeout=120_000
    )
    expect(shown).to_have_value("ɡˈʊd mˈɔɹnɪŋ.")
    picture = page.locator(".speak-picture img")
    page.wait_for_function("img => img.naturalWidth === 960", arg=picture.element_handle())

    shown.fill("ni↓xau↓, ʂɨ↘ʨje↘!")
    page.get_by_role("button", name="Speak these phonemes").click()
    page.wait_for_function("document.querySelector('.statusbox').innerText.includes('zf_xiaoxiao')", timeout=120_000)
    expect(shown).to_have_value("ni↓xau↓, ʂɨ↘ʨje↘!")

    page.locator(".go").click()  # the text again, not the phonemes of before
    page.wait_for_function("document.querySelector('.statusbox').innerText.includes('af_heart')", timeout=120_000)
    expect(shown).to_have_value("ɡˈʊd mˈɔɹnɪŋ.")


@pytest.mark.browser
@pytest.mark.weights
def test_a_click_on_a_word_or_on_the_mel_plays_from_there_and_the_word_that_sounds_is_marked(page: Any) -> None:
    page.wait_for_function("document.querySelector('.sounding audio')?.duration > 5")
    word = page.locator(".words .word", has_text="parameters").first
    start = float(word.get_attribute("data-start"))
    word.locator("b").click()
    page.wait_for_function(f"document.querySelector('.sounding audio').currentTime >= {start - 0.05}")
    page.wait_for_function("[...document.querySelectorAll('.words .word.now')].length === 1")
    expect_to_move_on(page, ".playhead", 5)
    picture = page.locator(".speak-picture img")
    picture.click(position=place(picture, 0.3, 0.6))
    page.wait_for_function(f"document.querySelector('.sounding audio').currentTime < {start}")
    page.evaluate("document.querySelector('.sounding audio').pause()")


@pytest.mark.browser
@pytest.mark.weights
def test_sentences_are_heard_while_the_rest_is_made_and_stop_stops(page: Any) -> None:
    page.get_by_role("button", name="Advanced").click()
    page.locator(".speak-live input").check()
    page.locator("textarea").first.fill("This is the first sentence of a long text. " * 12)
    page.locator(".go").click()
    page.wait_for_function("(window.aigcSpoken || 0) > 1", timeout=120_000)
    expect(page.locator(".stop")).to_be_visible()  # the first sentence came only at the end
    page.locator(".stop").click()
    page.locator(".go").wait_for(state="visible", timeout=60_000)
    expect(page.locator(".statusbox").first).to_contain_text("Stopped", use_inner_text=True)


@pytest.mark.browser
@pytest.mark.weights
def test_it_opens_with_an_example_and_fits_a_phone_in_chinese(url: str, browser: Any) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(url)
    page.locator(".go").wait_for()
    expect(page.locator(".go")).to_have_text("朗读", use_inner_text=True)
    expect(page.locator(".speak-phonemes textarea")).to_have_value(re.compile("^ni↓xau↓"))  # the Chinese example
    page.locator(".speak-picture img").wait_for()
    expect_to_fit(page)
    context.close()


@pytest.mark.browser
@pytest.mark.weights
def test_the_reading_follows_the_text_and_is_spoken_as_corrected(page: Any) -> None:
    words, text = page.locator(".speak-reading textarea"), page.locator("textarea").first
    text.fill("It cost $1.5M\u200bin all 😀.")
    expect(words).to_have_value("It cost one point five million dollars in all.", timeout=20_000)
    expect(page.locator("body")).to_contain_text("Not spoken: U+200B 😀", use_inner_text=True)
    words.fill("Good morning.")
    page.get_by_role("button", name="Speak this reading").click()
    expect(page.locator(".speak-phonemes textarea")).to_have_value("ɡˈʊd mˈɔɹnɪŋ.", timeout=120_000)
    expect(text).to_have_value("It cost $1.5M\u200bin all 😀.")
