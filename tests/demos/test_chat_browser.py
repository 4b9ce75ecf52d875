"""Dialogue on the page and through its endpoint, with the real SmolLM2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

QUESTION = "What is the capital of France?"


@pytest.fixture(scope="module")
def url(real_weights: Callable[[str], list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tab alone, served from a free port."""
    from demos.ui import page

    real_weights("chat-smollm2-135m")
    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(["chat"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


@pytest.fixture
def page(url: str, browser: Any) -> Iterator[Any]:
    """A visitor with an empty conversation and few tokens."""
    context = browser.new_context(locale="en-US")
    opened = context.new_page()
    opened.goto(url)
    opened.locator(".fresh").click()
    opened.wait_for_function("document.querySelectorAll('.chat [data-testid]').length <= 1")
    opened.get_by_text("Advanced", exact=True).click()
    yield opened
    context.close()


def say(page: Any, text: str, tokens: int = 12) -> None:
    page.get_by_label("number input for New tokens").fill(str(tokens))
    message = page.locator(".message textarea")
    for _ in range(5):  # a run that ends at this moment lets no other begin, and one that failed gives its message back
        message.fill(text)
        message.press("Enter")
        with suppress(AssertionError):
            expect(message).to_have_value("", timeout=5_000)
            return
    pytest.fail("the message is not sent")


def bubbles(page: Any, role: str) -> Any:
    return page.locator(f".chat [data-testid={role}]")


def wait_done(page: Any) -> None:
    page.locator(".status b").wait_for(timeout=120_000)  # the finished line: model in bold


def stop_in_reply(page: Any) -> None:
    """Wait for the beginning of the second reply, then stop it."""
    page.wait_for_function("document.querySelectorAll('.chat [data-testid=bot]').length === 2", timeout=60_000)
    page.locator(".stop").click()
    page.locator(".chat .stopped").wait_for(timeout=60_000)
    page.locator(".go").wait_for()


@pytest.mark.weights
def test_the_endpoint_streams_a_reply_to_a_history_and_ends_with_the_recipe(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradio_client import Client

    from demos.ui import player

    monkeypatch.setattr(player, "UPDATE_S", 0.0)  # else the whole reply may come before the first preview is due
    client = Client(url, verbose=False)
    history = [{"role": "user", "content": "My name is Ada."}, {"role": "assistant", "content": "Hello Ada!"}]
    job = client.submit(message=QUESTION, history=history, max_new_tokens=12, temperature=0.0, seed=3, api_name="/chat")
    reply, recipe = job.result(timeout=120)
    assert "Paris" in reply
    said = [unfinished for unfinished, *_ in job.outputs()]
    assert len(set(said)) > 2, "nothing was streamed"
    assert all(reply.startswith(unfinished) for unfinished in said)
    assert recipe["parameters"]["history"] == history
    assert recipe["task"] == "chat"


@pytest.mark.weights
def test_the_endpoint_says_what_is_wrong_with_a_history(url: str) -> None:
    from gradio_client import Client

    client = Client(url, verbose=False)
    with pytest.raises(Exception, match=r"history must be .*role.*content"):
        client.predict(message="Hi", history=[{"who": "me"}], api_name="/chat")
    with pytest.raises(Exception, match="message is empty"):
        client.predict(message="", api_name="/chat")


@pytest.mark.weights
@pytest.mark.browser
def test_a_conversation_is_kept_through_stop_undo_and_errors_and_comes_back_from_its_file(page: Any) -> None:
    say(page, QUESTION)
    wait_done(page)
    expect(page.locator(".meter")).to_contain_text("tokens used", use_inner_text=True)

    page.get_by_text("Files", exact=True).click()
    file = page.locator("a[download$='.md']")
    with page.expect_download() as downloading:
        file.first.click()
    saved = Path(downloading.value.path())

    page.locator(".message textarea").fill(" ")
    page.locator(".go").click()
    page.locator(".notice[role=alert]").wait_for()
    page.locator(".go").wait_for()
    expect(page.locator(".message textarea")).to_have_value(" ")  # given back
    expect(bubbles(page, "user")).to_have_count(1)  # an error must not touch the conversation

    say(page, "Tell me a long story about the sea.", tokens=400)
    stop_in_reply(page)
    expect(bubbles(page, "user")).to_have_count(2)
    expect(file).to_have_count(0)  # files come with a finished reply, and this one belongs to the reply before

    page.get_by_label("Retry").last.click()
    expect(page.locator(".chat .stopped")).to_have_count(0)  # the reply before is gone
    page.locator(".stop").wait_for()
    stop_in_reply(page)
    expect(bubbles(page, "user")).to_have_count(2)  # a retry asks the same again

    page.get_by_label("Undo").last.click()
    page.wait_for_function("document.querySelector('.message textarea').value.includes('long story')")
    expect(bubbles(page, "user")).to_have_count(1)

    page.locator(".fresh").click()
    page.get_by_text("Recipe: how this was made").click()
    page.locator(".recipe-drop input[type=file]").set_input_files({"name": "chat.md", "mimeType": "text/markdown", "buffer": saved.read_bytes()})  # fmt: skip
    page.wait_for_function("document.querySelectorAll('.chat [data-testid=user]').length === 1", timeout=60_000)  # fmt: skip
    expect(bubbles(page, "user").first).to_contain_text(QUESTION, use_inner_text=True)


@pytest.mark.weights
@pytest.mark.browser
def test_two_models_answer_the_same_message_and_both_replies_are_branches(page: Any) -> None:
    for label, option in (("Model", "GPT from scratch"), ("Second model on the same message", "SmolLM2-135M")):
        page.get_by_label(label, exact=True).and_(page.locator("input")).click()
        page.locator("[role=option]", has_text=option).first.click()
    say(page, "What do you like to do for fun?")
    page.wait_for_function("document.querySelectorAll('.duel section[data-state=done]').length === 2", timeout=300_000)
    replies = page.locator(".duel .said").all_inner_texts()
    assert all(replies) and len(set(replies)) == 2
    expect(bubbles(page, "bot").last).to_have_text(replies[0].strip(), use_inner_text=True)
    page.get_by_role("button", name="Branches").click()
    page.wait_for_function("document.querySelectorAll('.branches button').length === 3")
    page.locator(".branches button", has_text="SmolLM2").click()
    page.locator(".chat [data-testid=bot]", has_text=replies[1].split("\n")[0][:30]).wait_for()
