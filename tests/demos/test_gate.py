"""No event of the page takes a file that was not uploaded, an address, or a component; all of them fail in words."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio.components.api_component import Api
from gradio.components.chatbot import ChatbotDataMessages
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aigc_core.errors import InvalidRequestError
from demos import TABS
from demos.chat import view as chat_view
from demos.ui import chat_window, components, page, payload
from demos.ui.events import Page
from demos.ui.studio import Studio

ROOT = Path(__file__).resolve().parents[2]
NAME = "docs/gallery/faces.png"  # seen from the folder the server runs in; an answer may repeat it
PICTURE = ROOT / NAME


@cache
def demo() -> Any:
    return page.build(Studio(), TABS)


# --- what the page is wired with --------------------------------------------------------------------------------------

PLAIN = (gr.State, gr.Checkbox, gr.CheckboxGroup)
"""Gradio's own inputs that cannot hold a file: state stays on the server, the others take true, false or their choices."""
OURS = [value for value in vars(components).values() if isinstance(value, type)] + [chat_window.ChatWindow, Api]


def inputs() -> list[tuple[str, Any]]:
    names = [(fn, f"{fn.fn.__module__}:{fn.fn.__qualname__}" if fn.fn else "script") for fn in demo().fns.values()]
    return [(name, block) for fn, name in names for block in fn.inputs]


def test_every_input_of_every_event_is_one_of_ours_or_plain() -> None:
    odd = {(name, type(block).__name__) for name, block in inputs() if type(block) not in (*OURS, *PLAIN)}
    assert not odd, "give these a variant of demos/ui/components.py"
    assert len(inputs()) > 1000


def test_inputs_of_ours_that_hold_files_are_marked_and_the_others_cannot_hold_one() -> None:
    capable = (gr.File, gr.Image, gr.ImageEditor, gr.UploadButton, gr.Audio, gr.Video, gr.Gallery, gr.MultimodalTextbox)
    for name, block in inputs():
        assert isinstance(block, capable) == bool(getattr(block, "takes_files", False)), name
        assert not isinstance(block, gr.Chatbot) or isinstance(block, chat_window.ChatWindow)
        assert not isinstance(block, gr.JSON) or type(block) in (components.JSONInput, components.RecipeJSON)


def test_the_page_is_gated() -> None:
    assert type(demo()) is Page


# --- the gate ------------------------------------------------------------------------------------------------------------

FILE = {"path": NAME, "meta": {"_type": "gradio.FileData"}}


def test_a_file_is_an_object_where_none_is_taken() -> None:
    assert payload.without_marks({"a": [FILE, {"__type__": "update", "value": 1}]}) == {
        "a": [{"path": NAME}, {"value": 1}]
    }


def test_uploads_are_always_looked_up_as_uploads() -> None:
    marked = payload.uploads_only(
        [{"path": "/tmp/x", "url": "http://127.0.0.1/", "is_stream": True, "meta": {"_type": "x"}}]
    )
    assert marked == [{"path": "/tmp/x", "orig_name": None, "meta": {"_type": "gradio.FileData"}}]


@pytest.mark.parametrize(
    "path", ["http://127.0.0.1:1/x.png", "https://a/b", "file:///etc/passwd", "ftp://a", "", None, 3, ["x"], "a\0b"]
)
def test_addresses_are_refused(path: Any) -> None:
    for value in ({"path": path}, [{"path": path}], {"background": {"path": path}}, {"url": path}):
        with pytest.raises(InvalidRequestError):
            payload.uploads_only(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["http://127.0.0.1/", "/etc/passwd"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["path", "meta", "url", "_type", "__type__", "layers", "a"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def files_of(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "path" in value and "meta" in value:
            yield value
        for inner in value.values():
            yield from files_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from files_of(inner)


@given(JSON)
def test_nothing_passes_as_a_file_but_a_marked_path(value: Any) -> None:
    assert not list(files_of(payload.without_marks(value)))
    try:
        passed = payload.uploads_only(value)
    except InvalidRequestError:
        return
    for file in files_of(passed):
        assert file["meta"] == {"_type": "gradio.FileData"} and "://" not in file["path"] and "url" not in file


# --- the chat window -----------------------------------------------------------------------------------------------------

COMPONENT = {"component": "image", "value": FILE, "constructor_args": {}, "props": {}, "type": "component"}
MIXED = [{"type": "text", "text": "a"}, COMPONENT, {"file": FILE, "type": "file"}, {"type": "text", "text": "b"}]


@pytest.mark.parametrize("sent", [None, 3, "x", {}, [3], [{}], [{"role": "tool", "content": "x"}], [{"role": ["user"], "content": "x"}], [{"role": "user", "content": FILE}], [{"role": "user", "content": [COMPONENT]}]])  # fmt: skip
def test_what_is_no_text_does_not_enter(sent: Any) -> None:
    window = chat_window.ChatWindow(render=False)
    admitted = payload.admitted(window, sent)
    kept = window.preprocess(ChatbotDataMessages.model_validate(admitted))
    assert "".join(turn["content"] for turn in kept) == ""
    assert not list(files_of(admitted)) and "component" not in json.dumps(admitted)


def test_the_texts_of_a_message_enter_even_past_the_gate() -> None:
    window = chat_window.ChatWindow(render=False)
    sent = [{"role": "user", "content": MIXED}]
    assert payload.admitted(window, sent)[0]["content"] == [{"type": "text", "text": "ab"}]
    data = ChatbotDataMessages.model_validate([{"role": "user", "content": MIXED}])
    assert window.preprocess(data) == [{"role": "user", "content": "ab"}]


LOADS = [
    "![x](http://a/b.png)", "![x][1]\n\n[1]: http://a/b.png", "<img src=http://a/b.png>", "<IMG\nsrc='http://a'>", "<video poster=//a>",
    "<svg><image href=http://a></svg>", "<picture><source srcset=http://a></picture>", "!\u2060[x](http://a)", "![![x](http://a)](http://b)",
]  # fmt: skip


@pytest.mark.parametrize("text", LOADS)
def test_pictures_stay_text_and_come_back_as_they_were(text: str) -> None:
    window = chat_window.ChatWindow(render=False)
    window.mark = chat_view.STOPPED
    shown = window.postprocess([{"role": "assistant", "content": text + chat_view.STOPPED}])
    said = shown.root[0].content[0].text
    assert said.endswith(chat_view.STOPPED)
    assert "![" not in said and "<img" not in said.lower() and "<video" not in said and "<image" not in said
    assert window.preprocess(shown)[0]["content"] == text + chat_view.STOPPED


@settings(max_examples=300)
@given(st.text(st.sampled_from("!<[img\u2060 `\nIMGsvgaudio"), max_size=60) | st.text(max_size=60))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert chat_window.released(chat_window.held(text)) == text


def test_code_is_shown_as_it_is() -> None:
    code = "```html\n<img src=a>\n```"
    assert chat_window.held(code) == code


def test_indentation_survives_the_window() -> None:
    window = chat_window.ChatWindow(render=False)
    text = "    four spaces\n  two"
    assert window.preprocess(window.postprocess([{"role": "user", "content": text}]))[0]["content"] == text


# --- the running page ----------------------------------------------------------------------------------------------------


class Trap(BaseHTTPRequestHandler):
    """Another machine that must not be asked for anything."""

    asked: list[str] = []  # noqa: RUF012 - what tests look at

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PICTURE.read_bytes())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def trap() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Trap)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/a.png"
    server.shutdown()


class Visitor:
    """Sends what it likes to any event, public or private, queued or not."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=f"{url.rstrip('/')}/gradio_api", timeout=120)
        self.config = httpx.get(f"{url.rstrip('/')}/config", timeout=120).json()
        self.session = uuid.uuid4().hex

    def send(self, number: int, data: list[Any], event: Any = None) -> str:
        """The answer of an event outside the queue, or the last message of one inside, as text."""
        dependency = next(one for one in self.config["dependencies"] if one["id"] == number)
        body = {"fn_index": number, "data": data, "session_hash": self.session, "event_data": event, "trigger_id": (dependency["targets"] or [[None]])[0][0]}  # fmt: skip
        content = json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        if dependency["queue"] is False:
            return self.http.post("/run/predict", content=content, headers=headers).text
        joined = self.http.post("/queue/join", content=content, headers=headers)
        if joined.status_code != 200:
            return joined.text
        with self.http.stream("GET", f"/queue/data?session_hash={self.session}") as answer:
            for line in answer.iter_lines():
                if '"process_completed"' in line:
                    return line
        return ""

    def numbers(self) -> list[int]:
        return [one["id"] for one in self.config["dependencies"] if one["backend_fn"]]

    def inputs(self, number: int) -> list[int]:
        return next(one for one in self.config["dependencies"] if one["id"] == number)["inputs"]


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    patch = pytest.MonkeyPatch()
    patch.chdir(ROOT)
    patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gated")))
    patch.setenv("AIGC_HOME", str(tmp_path_factory.mktemp("empty")))
    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs")), "--deadline", "20"])
    built, options = page.make(TABS, args)
    _, url, _ = built.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield Visitor(url)
    built.close()
    patch.undo()


def check(answer: str) -> None:
    """Words, without the inside of the program or of the machine."""
    assert "Traceback" not in answer and "site-packages" not in answer and str(ROOT) not in answer, answer[:800]
    assert "inside the app" not in answer, answer[:800]
    assert "Internal Server Error" not in answer


@pytest.mark.parametrize(
    "shape", ["file", "unmarked", "address", "address as url", "component", "update", "nest", "list", "number"]
)
def test_every_event_refuses_what_is_not_its_own(shape: str, visitor: Visitor, trap: str) -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    value: Any = {
        "file": FILE, "unmarked": {"path": NAME}, "address": {"path": trap, "meta": {"_type": "gradio.FileData"}},
        "address as url": {"path": None, "url": trap, "meta": {"_type": "gradio.FileData"}},
        "component": [{"role": "user", "content": [{**COMPONENT, "value": {"path": trap, "meta": {"_type": "gradio.FileData"}}}]}],
        "update": {"__type__": "update", "value": NAME}, "nest": deep, "list": [FILE], "number": 10**40,
    }[shape]  # fmt: skip
    Trap.asked.clear()
    events = [None, {"index": value, "value": value}, value if isinstance(value, dict) else {}]
    for at, number in enumerate(visitor.numbers()):
        answer = visitor.send(number, [value] * len(visitor.inputs(number)), events[at % 3])
        check(answer)
        assert not re.search(r"file=[^\"]*faces\.png", answer), (number, answer[:500])
    assert not Trap.asked, "the server fetched an address that a visitor named"


def test_a_picture_of_the_server_is_not_read_without_an_upload(visitor: Visitor) -> None:
    """Not even where Gradio's own model of a picture would let a path pass without its mark."""
    for name in ("stylize", "inpaint", "edit_face", "sketch_face"):
        one = next(d for d in visitor.config["dependencies"] if d["api_name"] == name)
        kinds = {c["id"]: c for c in visitor.config["components"]}
        for file in ({"path": str(PICTURE)}, FILE, {"path": NAME}):
            data = [file if kinds[i]["type"] == "image" else kinds[i]["props"].get("value") for i in one["inputs"]]
            answer = visitor.send(one["id"], data)
            check(answer)
            assert '"success":false' in answer.replace(" ", ""), answer[:300]


def test_an_upload_is_still_taken(visitor: Visitor, tmp_path: Path) -> None:
    buffer = tmp_path / "mine.png"
    picture = Image.new("RGB", (32, 32), "black")
    picture.paste("white", (8, 8, 16, 16))  # its own mask
    picture.save(buffer)
    (path,) = visitor.http.post("/upload", files={"files": ("mine.png", buffer.read_bytes())}).json()
    one = next(d for d in visitor.config["dependencies"] if d["api_name"] == "inpaint")
    kinds = {c["id"]: c for c in visitor.config["components"]}
    data = [{"path": path, "meta": {"_type": "gradio.FileData"}} if kinds[i]["type"] == "image" else kinds[i]["props"].get("value") for i in one["inputs"]]  # fmt: skip
    answer = visitor.send(one["id"], data)
    assert '"success":true' in answer.replace(" ", ""), answer[:500]
