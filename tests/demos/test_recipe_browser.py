"""In the browser: a restored chat loads nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import expect

from aigc_core import recipe, registry
from aigc_core.tasks.chat import ChatRequest
from demos.ui import page as pages

pytestmark = pytest.mark.browser
asked: list[str] = []


class Trap(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def trap() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Trap)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    args = pages.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = pages.make(["chat"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


@pytest.fixture
def page(url: str, browser: Any) -> Iterator[Any]:
    context = browser.new_context(locale="en-US")
    opened = context.new_page()
    opened.goto(url)
    yield opened
    context.close()


def drop(page: Any, tab: str, file: Path) -> None:
    panel = page.locator(f"#tab-{tab}") if page.locator(f"#tab-{tab}").count() else page
    panel.get_by_text("Recipe: how this was made").click()
    panel.locator(".recipe-drop input[type=file]").set_input_files(str(file))


def test_a_restored_chat_loads_no_picture_from_elsewhere(
    page: Any, trap: str, tmp_path: Path, pages_without_errors: list[str]
) -> None:
    asked.clear()
    said = f"![a]({trap}/a.png) <img src='{trap}/b.png'> <video src='{trap}/c.mp4' poster='{trap}/d.png'></video> <b style=\"background:url('{trap}/e.png')\">x</b>\n\n```\n<img src={trap}/f.png>\n```\n\n<div>\n```\n<img src={trap}/g.png>\n```\n</div>"
    made = recipe.make(ChatRequest(message=said), registry.find("", "chat"), "", {}, "2026-01-01")
    file = tmp_path / "chat.json"
    file.write_text(json.dumps({"recipe": made, "output": {"text": said}}))
    drop(page, "chat", file)
    reply = page.locator(".chat [data-testid=bot]").last
    expect(reply).to_contain_text("/b.png")
    with page.expect_console_message(lambda said: "/h.png" in said.text):  # the browser says that it refuses it
        page.evaluate(f"document.body.insertAdjacentHTML('beforeend', '<img src=\"{trap}/h.png\">')")
    page.wait_for_timeout(1500)
    assert asked == []
    assert all("violates the following Content Security Policy" in said for said in pages_without_errors)
    pages_without_errors.clear()
