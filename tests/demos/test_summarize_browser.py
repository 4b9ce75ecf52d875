"""Summarization on the page and through its endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from waiting import expect_to_fit

BASELINES = ("TextRank", "Lead-k")
CHINESE = "明湖市计划修建有轨电车。电车全长十二公里，共有十九座车站。市民对电车的路线有不同意见。工程将于2027年动工。"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tab alone, served from a free port."""
    from demos.ui import page

    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(["summarize"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


@pytest.fixture
def page(url: str, browser: Any) -> Iterator[Any]:
    """A visitor who compares the two baselines."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.goto(url)
    opened.locator(".sum-column").first.wait_for()
    for name in ("SmolLM2-135M", "Pointer-generator"):
        opened.get_by_role("checkbox", name=name).uncheck()
    yield opened
    context.close()


def summarize(page: Any, text: str) -> None:
    page.get_by_role("textbox", name="Text").fill(text)
    page.locator(".go").click()


def test_the_endpoint_gives_the_summary_and_the_recipe(url: str) -> None:
    from gradio_client import Client

    client = Client(url, verbose=False)
    summary, recipe = client.predict(text=CHINESE, api_name="/summarize")
    assert summary and all(s in CHINESE for s in summary.rstrip("。").split("。"))
    assert recipe["model"] == "summarize-textrank" and recipe["generated"] == "AI-generated"
    summary, recipe = client.predict(text=CHINESE, model="summarize-lead", max_sentences=1, api_name="/summarize")
    assert summary == "明湖市计划修建有轨电车。" and recipe["parameters"]["max_sentences"] == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"text": " "}, "text is empty"),
        ({"text": "a" * 20_001}, "at most 20000 characters; got 20001"),
        ({"text": "a", "max_sentences": 21}, "max_sentences must be between 1 and 20; got 21"),
        ({"text": "a", "max_sentences": "many"}, "max_sentences must be a whole number"),
        ({"text": "a", "model": "gpt"}, "no model 'gpt' for summarize"),
        ({"text": 5}, "text must be text"),
    ],
)
def test_the_endpoint_says_what_is_wrong(url: str, values: dict[str, Any], message: str) -> None:
    from gradio_client import Client

    with pytest.raises(Exception, match=message):
        Client(url, verbose=False).predict(**values, api_name="/summarize")


@pytest.mark.weights
def test_the_endpoint_streams_smollm2(url: str, real_weights: Callable[[str], list[Path]]) -> None:
    from gradio_client import Client

    real_weights("summarize-smollm2-135m")
    job = Client(url, verbose=False).submit(
        text="The tram line opens in May. It has 12 stops and costs 40 million euros. Many people like it.",
        model="summarize-smollm2-135m",
        max_sentences=1,
        api_name="/summarize",
    )
    summary, recipe = job.result(timeout=200)
    assert summary and recipe["info"]["passages"] == 1
    assert any(0 < len(text) < len(summary) for text, _ in job.outputs()), "nothing was streamed"


@pytest.mark.browser
def test_columns_fill_and_a_sentence_points_at_its_source_by_mouse_and_keyboard(page: Any) -> None:
    summarize(
        page, "One tram is green. The second tram is red and fast. A third tram is red, long and fast. Cats sleep."
    )
    columns = page.locator(".sum-column[data-state=done]")
    page.wait_for_function("document.querySelectorAll('.sum-column[data-state=done]').length === 2")
    assert sorted(columns.locator("h3").all_inner_texts()) == sorted(BASELINES)
    sentences = page.locator(".sum-column", has_text="Lead-k").locator(".sum-s")
    sentences.nth(1).hover()
    expect(page.locator(".src-s.on")).to_have_text(["2The second tram is red and fast."], use_inner_text=True)
    sentences.nth(2).focus()
    expect(page.locator(".src-s.on")).to_have_text(["3A third tram is red, long and fast."], use_inner_text=True)
    page.keyboard.press("Enter")
    expect(sentences.nth(2)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Escape")
    expect(page.locator(".sum-s[aria-pressed=true]")).to_have_count(0)


@pytest.mark.browser
def test_mistakes_are_said_in_place_and_what_was_made_stays(page: Any) -> None:
    made = page.locator(".sum-s").count()
    summarize(page, "  ")
    page.locator(".notice[role=alert]", has_text="text is empty").wait_for()
    expect(page.locator(".sum-s")).to_have_count(made)
    for name in BASELINES:
        page.get_by_role("checkbox", name=name).uncheck()
    summarize(page, "Some text.")
    page.locator(".notice[role=alert]", has_text="Choose 1 to 4 models").wait_for()


@pytest.mark.browser
def test_a_gb18030_file_is_read_and_summarized(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "旧文件.txt"
    file.write_bytes(CHINESE.encode("gb18030"))
    page.locator("input[type=file]").first.set_input_files(file)
    page.wait_for_function("document.querySelector('textarea').value.startsWith('明湖市')")
    page.locator(".go").click()
    page.locator(".sum-column[data-state=done]", has_text="明湖市").first.wait_for()
    expect(page.locator(".src-s")).to_have_count(4)
    expect_to_fit(page)


@pytest.mark.weights
@pytest.mark.browser
def test_stop_ends_the_run_and_keeps_the_finished_columns(page: Any, real_weights: Callable[[str], list[Path]]) -> None:
    real_weights("summarize-smollm2-135m")
    page.get_by_role("checkbox", name="SmolLM2-135M").check()
    page.get_by_role("slider", name="Sentences").fill("8")
    summarize(page, "The tram line opens in May. It has 12 stops. Many people like the tram. " * 30)
    page.locator(".sum-column[data-state=running]", has_text="SmolLM2-135M").wait_for()
    page.locator(".stop").click()
    page.locator(".status", has_text="Stopped").wait_for(timeout=60_000)
    page.locator(".go").wait_for()
    expect(page.locator(".sum-column[data-state=done]")).to_have_count(2)
    expect(page.locator(".sum-column[data-state=running] .sum-state")).to_contain_text("stopped", use_inner_text=True)


@pytest.mark.browser
def test_a_dropped_recipe_restores_text_model_and_length(page: Any, url: str, tmp_path: Path) -> None:
    from gradio_client import Client

    _, recipe = Client(url, verbose=False).predict(
        text=CHINESE, model="summarize-lead", max_sentences=2, api_name="/summarize"
    )
    file = tmp_path / "summary.json"
    file.write_text(json.dumps({"output": {}, "recipe": recipe}), "utf-8")
    page.get_by_role("button", name="Recipe").click()
    page.locator(".recipe-drop input[type=file]").set_input_files(file)
    page.locator(".notice", has_text="Settings restored").wait_for()
    expect(page.get_by_role("textbox", name="Text")).to_have_value(CHINESE)
    expect(page.get_by_role("checkbox", name="Lead-k")).to_be_checked()
    expect(page.get_by_role("checkbox", name="TextRank")).not_to_be_checked()
    expect(page.get_by_role("slider", name="Sentences")).to_have_value("2")


@pytest.mark.browser
def test_words_show_how_far_they_were_copied_and_where_from(page: Any) -> None:
    page.get_by_role("checkbox", name="Pointer-generator").check()
    page.get_by_role("textbox", name="Reference summary (optional)").fill("Tram line opens in May")
    summarize(page, "The new tram line opens in May. The tram line has twelve stops. Many people like the new tram.")
    column = page.locator(".sum-column[data-state=done]", has_text="Pointer-generator")
    word = column.locator(".sum-w[data-i]").first
    word.wait_for(timeout=60_000)
    word.hover()
    page.wait_for_function("CSS.highlights.get('sum-word')?.size")
    marked = page.evaluate("[...CSS.highlights.get('sum-word')][0].toString()")
    assert marked.lower() == word.inner_text().lower() and word.get_attribute("title").endswith("%")
    expect(column.locator(".sum-facts")).to_contain_text("ROUGE-1/2/L", use_inner_text=True)


@pytest.mark.browser
def test_the_page_tells_which_marked_sentences_are_wrong(url: str, browser: Any) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Find the mistake").click()
    sentences = page.locator(".mistake .judged")
    sentences.nth(0).click()
    sentences.nth(1).click()
    page.locator(".mistake .tell").click()
    score = page.locator(".mistake .score")
    score.get_by_text("Found 1 of 2, and 1 right ones marked.").wait_for()
    expect(page.locator(".mistake .why:visible")).to_have_count(sentences.count())
    context.close()
