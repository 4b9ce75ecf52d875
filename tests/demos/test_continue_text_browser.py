"""Text continuation on the page and through its endpoint, with the real SmolLM2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

PROMPT = "A B C D E F"


@pytest.fixture(scope="module")
def url(real_weights: Callable[[str], list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tab alone, served from a free port."""
    from demos.ui import page

    real_weights("text-smollm2-135m")
    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(["continue_text"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


@pytest.mark.weights
def test_the_endpoint_streams_the_text_and_ends_with_the_recipe(url: str) -> None:
    from gradio_client import Client

    client = Client(url, verbose=False)
    options = {"max_new_tokens": 24, "temperature": 0.0, "top_p": 1.0, "repetition_penalty": 1.0, "seed": 4}
    job = client.submit(prompt=PROMPT, api_name="/continue_text", **options)
    text, recipe = job.result(timeout=120)
    assert text.startswith(" G H I")
    streamed = [values[0] for values in job.outputs() if isinstance(values[0], str)]
    assert any(text.startswith(part) and 0 < len(part) < len(text) for part in streamed), "nothing was streamed"
    assert (recipe["task"], recipe["seed"], recipe["parameters"]["prompt"]) == ("continue_text", 4, PROMPT)


@pytest.mark.weights
def test_the_endpoint_names_limit_and_value(url: str) -> None:
    from gradio_client import Client

    client = Client(url, verbose=False)
    with pytest.raises(Exception, match=r"temperature must be between 0 and 2; got 9"):
        client.predict(prompt=PROMPT, temperature=9, api_name="/continue_text")
    with pytest.raises(Exception, match=r"prompt is empty"):
        client.predict(prompt=" ", api_name="/continue_text")


INSIDE = "Mia had a red ball. Tom had a red"


@pytest.mark.weights
def test_the_inside_has_endpoints_that_name_limits(url: str) -> None:
    from gradio_client import Client

    client = Client(url, verbose=False)
    model = "text-smollm2-135m"
    read = client.predict(text=INSIDE, model=model, api_name="/inspect_text")
    assert "".join(token["text"] for token in read["tokens"]) == INSIDE
    assert sum(token["bits"] for token in read["tokens"]) == pytest.approx(read["bits_per_byte"] * len(INSIDE))
    maps = client.predict(text=INSIDE, model=model, layer=2, head=3, api_name="/attention")
    assert [sum(row) for row in maps["weights"][0][0]] == pytest.approx([1] * len(maps["tokens"]), abs=1e-3)
    found = client.predict(text=INSIDE, model=model, api_name="/detect_watermark")
    assert found["p_value"] > 1e-3
    assert len(found["marks"]) == len(found["tokens"]) - 1
    with pytest.raises(Exception, match="layer must be between 1 and 30 for this model; got 31"):
        client.predict(text=INSIDE, model=model, layer=31, api_name="/attention")
    with pytest.raises(Exception, match="at most 4000 characters; got 5000"):
        client.predict(text="x" * 5000, model=model, api_name="/inspect_text")
    with pytest.raises(Exception, match="text is empty"):
        client.predict(text="", model=model, api_name="/detect_watermark")


@pytest.mark.weights
@pytest.mark.browser
def test_another_choice_goes_on_from_there_and_the_trail_leads_back(url: str, browser: Any) -> None:
    page = browser.new_context(locale="en-US").new_page()
    page.goto(url)
    page.get_by_label("Text to continue").fill("<b>One</b> two three four")
    page.get_by_label("number input for New tokens").first.fill("6")
    page.locator(".continue-go").click()
    main = page.locator(".columns .tokgroup")
    page.wait_for_function("document.querySelector('.columns .tokens .given')?.dataset.text.startsWith('<b>One')")
    page.locator(".statusbox .status b").wait_for(timeout=120_000)
    first = main.locator(".prose.tokens").inner_text()
    tokens = main.locator(".tokens .tok")
    tokens.nth(0).focus()
    page.keyboard.press("ArrowRight")
    expect(main.locator(".alts button")).to_have_count(10)
    expect(tokens.nth(1)).to_be_focused()

    before = tokens.nth(0).get_attribute("data-text") or ""
    other = main.locator(".alts button:not(.chosen):enabled").first
    choice = other.locator("code").inner_text().replace("␣", " ").replace("↵", "\n")
    other.focus()
    page.keyboard.press("Enter")
    wanted = f"<b>One</b> two three four{before}{choice}"
    same = "want => document.querySelector('.columns .tokens .given')?.dataset.text === want"
    page.wait_for_function(same, arg=wanted, timeout=60_000)
    page.locator(".continue-go").wait_for()
    page.locator(".statusbox .status b").wait_for()  # the run has ended and its last event has arrived
    expect(page.locator(".trail button")).to_have_count(2)
    page.locator(".trail button").first.click()
    page.wait_for_function(same, arg="<b>One</b> two three four", timeout=60_000)
    expect(main.locator(".prose.tokens")).to_have_text(first, use_inner_text=True)
    expect(page.get_by_label("Text to continue")).to_have_value("<b>One</b> two three four")


@pytest.mark.weights
@pytest.mark.browser
def test_the_views_of_the_inside_open_with_examples_and_answer_the_mouse(url: str, browser: Any) -> None:
    page = browser.new_context(locale="en-US").new_page()
    page.goto(url)
    attention = page.locator(".inside-attention")
    attention.locator(".attn-map svg").wait_for()
    attention.locator(".at").nth(2).hover()
    expect(attention.locator(".at.on")).to_have_count(1)
    said = attention.locator(".attn-said")
    row, looks, _ = said.inner_text().partition("looks")
    assert looks
    attention.locator("input.layer").fill("1")
    expect(attention.locator(".layer-now")).to_have_text("1", use_inner_text=True)
    expect(said).to_have_text(re.compile(f"^{re.escape(row + looks)}"), use_inner_text=True)

    surprise = page.locator(".inside-surprise")
    surprise.locator("button").first.click()
    surprise.get_by_label("Your text").fill("The cat sat on the submarine.")
    surprise.get_by_role("button", name="Colour the text").click()
    page.wait_for_function("document.querySelector('.spr .tokens')?.innerText.includes('submarine') && document.querySelectorAll('.spr .tokens').length === 2 && !document.querySelector('.spr .tokens').innerText.includes('girl')", timeout=120_000)  # fmt: skip
    surprise.locator(".spr .tok").nth(1).hover()
    expect(surprise.locator(".spr .alts").first).to_contain_text("rank", use_inner_text=True)

    compare = page.locator(".inside-compare")
    compare.locator("button").first.click()
    compare.get_by_label("number input for New tokens").fill("5")
    compare.get_by_label("Prompt").fill("The sea")
    compare.locator(".compare-go").click()
    page.wait_for_function("[...document.querySelectorAll('.compare .tokens')].every(c => c.querySelector('.given')?.dataset.text === 'The sea' && c.querySelectorAll('.tok').length)", timeout=120_000)  # fmt: skip
