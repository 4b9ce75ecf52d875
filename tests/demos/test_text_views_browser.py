"""Poet, comparison, watermark and the inside of a reply on the page, with the small models of this repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Both tabs that write, served from a free port."""
    from demos.ui import page

    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(["continue_text", "chat"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


@pytest.fixture
def page(url: str, browser: Any) -> Iterator[Any]:
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(180_000)  # the first run loads the model
    opened = context.new_page()
    opened.goto(url)
    opened.locator(".continue-go").wait_for()
    yield opened
    context.close()


def choose(within: Any, label: str, option: str) -> None:
    """Pick from a dropdown."""
    within.get_by_label(label, exact=True).and_(within.locator("input")).first.click()
    within.page.locator("[role=option]", has_text=option).first.click()


def written(page: Any) -> str:
    """What was written, without the prompt."""
    return str(
        page.evaluate("[...document.querySelectorAll('.columns .tokens .tok')].map(t => t.dataset.text).join('')")
    )


@pytest.mark.browser
def test_a_poet_has_controls_of_its_own_and_keeps_form_and_acrostic(page: Any) -> None:
    columns = page.locator("#tab-continue_text .columns")
    poet, length = columns.locator(".poet").first, columns.get_by_label("number input for New tokens")
    prompt = columns.get_by_label("Text to continue")
    expect(prompt).not_to_have_value("")
    english = prompt.input_value()
    expect(length).to_be_visible()
    expect(poet).to_be_hidden()
    choose(columns, "Model", "Chinese poet")
    poet.wait_for()
    page.wait_for_function("document.querySelector('.prompt textarea').value === ''")
    expect(length).to_be_hidden()
    choose(poet, "Form", "五绝")
    poet.get_by_label("Title").fill("春夜")
    poet.get_by_label("Acrostic").fill("山高水长")
    page.locator(".continue-go").click()
    page.locator("#tab-continue_text .statusbox .status b", has_text="Chinese poet").wait_for()
    lines = re.findall(r"\w+", written(page))
    assert [line[0] for line in lines] == list("山高水长")
    assert {len(line) for line in lines} == {5}
    choose(columns, "Model", "GPT from scratch")
    length.wait_for()
    expect(poet).to_be_hidden()
    expect(prompt).to_have_value(english)  # the opening's prompt comes back


@pytest.mark.browser
def test_a_marked_text_is_found_and_two_models_answer_side_by_side(page: Any) -> None:
    columns = page.locator("#tab-continue_text .columns")
    choose(columns, "Model", "GPT from scratch")
    columns.get_by_label("number input for New tokens").fill("150")
    columns.get_by_role("button", name="Advanced").click()
    columns.get_by_label("Watermark").check()
    columns.get_by_label("Repetition penalty").and_(columns.locator("input[type=range]")).fill("1")
    page.locator(".continue-go").click()
    page.locator("#tab-continue_text .statusbox .status b", has_text="GPT from scratch").wait_for()
    marked = written(page)

    panel = page.locator(".inside-watermark")
    panel.locator("button").first.click()
    for text, verdict in ((marked, "Watermarked, almost certainly"), ("The cat sat on the mat and slept.", "No sign of the watermark")):  # fmt: skip
        panel.get_by_label("Text to examine").fill(text)
        panel.get_by_role("button", name="Look for the watermark").click()
        panel.locator(".wm > b", has_text=verdict).wait_for()
    expect(panel.locator(".wm .prose")).to_have_text("The cat sat on the mat and slept.", use_inner_text=True)
    expect(panel.locator(".wm-facts")).to_contain_text("pairs are green", use_inner_text=True)

    compare = page.locator(".inside-compare")
    compare.locator("button").first.click()
    choose(compare, "Compare with", "GPT from scratch")
    compare.get_by_label("number input for New tokens").fill("8")
    compare.get_by_label("Prompt").fill("The <b>sea")
    compare.locator(".compare-go").click()
    page.wait_for_function("[...document.querySelectorAll('.compare .tokens')].every(c => c.querySelector('.given')?.dataset.text === 'The <b>sea' && c.querySelectorAll('.tok').length >= 8)")  # fmt: skip
    compare.locator(".compare-go").wait_for()  # both columns are finished
    texts = compare.locator(".tokens .prose, .prose.tokens")
    expect(texts).to_have_text([texts.first.inner_text()] * 2, use_inner_text=True)  # the same model and seed in both
    compare.get_by_label("Prompt").fill(" ")
    compare.locator(".compare-go").click()
    compare.locator(".notice[role=alert]", has_text="prompt is empty").wait_for()


@pytest.mark.browser
def test_a_poem_is_scanned_in_either_script(page: Any) -> None:
    panel = page.locator(".inside-verse")
    panel.locator("button").first.click()
    panel.locator(".scan-one.alt", has_text="胜").wait_for()  # the example that the view opens with
    panel.get_by_label("A Chinese poem").fill("白日依山盡，黃河入海流。欲窮千里目，更上一層天。")
    panel.get_by_role("button", name="Scan the poem").click()
    panel.locator(".scan > b", has_text="five-character quatrain").wait_for()
    expect(panel.locator(".scan-line")).to_have_count(4)
    expect(panel.locator(".scan-poem .scan-one")).to_have_count(20)
    expect(panel.locator(".scan-line em.bad")).to_have_count(1)  # 天 does not rhyme with 流
    panel.get_by_label("Form").fill("七絕")
    panel.get_by_role("button", name="Scan the poem").click()
    panel.locator(".notice[role=alert]", has_text="七绝 has lines of 4 × 7 characters").wait_for()


@pytest.mark.browser
def test_every_turn_said_is_kept_as_a_branch_and_a_reply_can_be_looked_into(page: Any) -> None:
    page.locator("#tab-chat-button").click()
    chat = page.locator("#tab-chat")
    chat.locator(".fresh").click()
    page.wait_for_function("!document.querySelector('#tab-chat .chat [data-testid=user]')")
    choose(chat, "Model", "GPT from scratch")
    for message in ("Hello! How are you?", "Do you like dogs?"):
        if message.startswith("Do"):
            chat.get_by_label("Undo").last.click()
            page.wait_for_function("document.querySelector('.message textarea').value.startsWith('Hello')")
        chat.locator(".message textarea").fill(message)
        chat.locator(".message textarea").press("Enter")
        chat.locator(".chat [data-testid=user]", has_text=message).wait_for()
        chat.locator(".statusbox .status b", has_text="GPT from scratch").wait_for()
    chat.get_by_role("button", name="Branches").click()
    turns = chat.locator(".branches button")
    page.wait_for_function("document.querySelectorAll('.branches button').length === 4")
    for turn, current in zip(turns.all(), ["false", "false", "true", "true"], strict=True):
        expect(turn).to_have_attribute("aria-current", current)
    turns.nth(1).click()
    chat.locator(".chat [data-testid=user]", has_text="Hello! How are you?").wait_for()
    page.wait_for_function("document.querySelectorAll('.branches button[aria-current=true]')[1]?.dataset.node === '1'")
    expect(chat.locator(".chat [data-testid=user]")).to_have_count(1)

    reply = chat.locator(".chat [data-testid=bot]").last.inner_text()
    chat.get_by_role("button", name="Surprisal of the last reply").click()
    chat.get_by_role("button", name="Colour the last reply").click()
    said = (
        "[...document.querySelectorAll('#tab-chat .spr .tokens .tok')].map(token => token.dataset.text).join('').trim()"
    )
    page.wait_for_function(f"reply => {said} === reply.trim()", arg=reply)


def test_ways_of_decoding_are_asked_for_and_refused_at_the_endpoint(url: str) -> None:
    from gradio_client import Client

    client = Client(url, verbose=False)
    ask = {"prompt": "One ball, two balls, one ball, two", "model": "text-gpt-en", "max_new_tokens": 24, "api_name": "/continue_text"}  # fmt: skip
    _, recipe = client.predict(**ask, speculative=True, temperature=0.0)
    assert recipe["info"]["drafted_tokens"] > 0
    _, recipe = client.predict(**ask, penalty_alpha=0.6, top_k=4)
    assert recipe["info"]["contrastive_candidates"] == 4
    with pytest.raises(Exception, match="speculative cannot be combined with contrastive search"):
        client.predict(**ask, penalty_alpha=0.6, top_k=4, speculative=True)
    with pytest.raises(Exception, match="text-poet-zh does not support penalty_alpha"):
        client.predict("空山新雨后，", model="text-poet-zh", penalty_alpha=0.6, top_k=4, api_name="/continue_text")
    read = client.predict(message="Hello!", reply="I am fine.", model="chat-gpt-en", api_name="/inspect_reply")
    assert "".join(token["text"] for token in read["tokens"]) == "I am fine."
