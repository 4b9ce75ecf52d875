"""The switch changes every visible word, in every tab, also after a run; states of models change on pages loaded before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from aigc_core import registry, weights
from demos import TABS

pytestmark = pytest.mark.browser

LEFT = {
    "en": ".t-en[lang=zh-CN], .sample, textarea, .exact, .poet input, .poet *, .tokens *, .chat *, [lang=zh], .alts *, .inside-verse .prose *",
    "zh": ".sample, textarea, input[type=text], .tokens *, .chat *, .json-holder *, .src *, pre *, code, .branches *, .alts *,"
    " .jobs .words, .sum-column *, .sum-source *, .rouge *, .kept *, .speak-words *, .history .words, [lang=en]",
}
"""What may stay in another language: texts of users and models, code, and names; Chinese text may also quote English “…”."""

SCAN = r"""([language, left]) => {
  const foreign = language === "en" ? /[\u3400-\u9fff\u3001\u3002\uff01-\uff1f]/ : /(?:\b[A-Za-z][a-z']*\b[ ,]+){3}\b[a-z][a-z']*/;
  const seen = element => element && element.checkVisibility({ visibilityProperty: true }) && !element.closest(left);
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.replace(/“[ -~]*”/g, "“”").trim(), parent = walker.currentNode.parentElement;
    if (text && foreign.test(text) && !parent.closest("script, style") && seen(parent)) found.push(text.slice(0, 90));
  }
  for (const input of document.querySelectorAll("input")) { if (foreign.test(input.value) && seen(input)) found.push(input.value.slice(0, 90)); }
  const names = [...document.querySelectorAll("button")].filter(seen).flatMap(e => [e.getAttribute("aria-label"), e.getAttribute("title")]);
  const wrong = language === "en" ? /[\u3400-\u9fff]/ : /^[ -~]*[A-Za-z]{4}[ -~]*$/;
  found.push(...names.filter(name => name && wrong.test(name)));
  return [...new Set(found)];
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from demos.ui import page

    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(TABS, args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


@pytest.fixture(scope="module")
def visited(browser: Any, url: str) -> Iterator[Any]:
    page = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.locator("#tab-home-button").wait_for()
    yield page
    page.context.close()


def switch(page: Any, language: str) -> None:
    if page.evaluate("document.documentElement.lang.slice(0, 2)") != language:
        page.evaluate("aigcSwitchLanguage()")
    page.wait_for_function(f"document.documentElement.lang.startsWith('{language}')")


def foreign(page: Any, language: str) -> list[str]:
    """Visible texts in another language; asked again for as long as Gradio still changes its labels."""
    switch(page, language)
    found: list[str] = []
    for _ in range(20):
        found = page.evaluate(SCAN, [language, LEFT[language]])
        if not found:
            break
        page.wait_for_timeout(250)
    return found


def expand(page: Any, name: str) -> None:
    """Open everything that can be opened, with what comes inside of it."""
    for _ in range(3):
        buttons = page.locator(f"#tab-{name} button.label-wrap:not(.open):visible")
        for i in reversed(range(buttons.count())):
            buttons.nth(i).click()
        page.wait_for_timeout(700)


RUNS = {"inpaint", "summarize", "faces"}
"""Tabs whose default model is quick and in the repository."""


@pytest.mark.parametrize("name", TABS)
def test_every_visible_word_follows_the_switch(visited: Any, name: str) -> None:
    page = visited
    switch(page, "en")
    page.evaluate(f"aigcOpenTab('{name}')")
    tab = page.locator(f"#tab-{name}")
    tab.wait_for()
    if name != "learn":
        expand(page, name)
    if name in RUNS:
        tab.locator("button.go").first.click()
        expect(tab.locator("button.stop").first).to_be_hidden(timeout=60_000)
    for language in ("en", "zh", "en"):
        for _ in range(50):  # an opening in the other language comes from the server
            if not foreign(page, language):
                break
            page.wait_for_timeout(200)
        assert foreign(page, language) == []


def test_states_change_on_a_page_that_was_loaded_before(
    browser: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = browser.new_context(locale="en-US").new_page()
    page.goto(url)
    tile = page.locator(".tile .chip[data-model=kokoro-82m]")
    tile.wait_for()
    monkeypatch.setattr("demos.ui.models.weights.state", state_with_kokoro_gone())
    look_at(page)
    expect(tile).to_contain_text("7 MB to fetch")
    page.evaluate("aigcOpenTab('speak')")
    expect(page.locator("#tab-speak .card .chip[data-model=kokoro-82m]")).to_contain_text("7 MB to fetch")
    chosen = page.locator("#tab-speak").get_by_role("combobox", name="Model")
    expect(chosen).to_have_value(re.compile("↓ 7 MB"))
    monkeypatch.undo()
    look_at(page)
    expect(chosen).not_to_have_value(re.compile("7 MB"))
    expect(tile).not_to_contain_text("7 MB")
    page.context.close()


def look_at(page: Any) -> None:
    """Come back to the page, later than it asks twice."""
    page.wait_for_timeout(4200)
    page.evaluate("dispatchEvent(new Event('focus'))")


def state_with_kokoro_gone() -> Any:
    state = weights.state
    kokoro = registry.find("kokoro-82m").source
    return lambda source: weights.State(kind="fetch", size=7_000_000) if source == kokoro else state(source)


def test_words_that_the_model_does_not_know_are_named_before_it_runs(visited: Any) -> None:
    page = visited
    switch(page, "en")
    page.evaluate("aigcOpenTab('faces')")
    tab = page.locator("#tab-faces")
    tab.locator(".examples button", has_text="smiling woman").first.click()
    prompt = tab.get_by_label("Prompt", exact=True).first
    prompt.fill("a smiling woman with red hair")
    prompt.blur()
    hint = tab.locator(".hintbox .notice")
    expect(hint).to_contain_text("does not know: red, hair. It knows an age")
    prompt.fill("a smiling woman")
    prompt.blur()
    expect(hint).to_be_hidden()
