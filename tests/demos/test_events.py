"""Every event of the page goes through one guard, and the endpoints are those that are meant to be."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import pytest
from PIL import Image
from whole_app import served

import app
from demos.ui import page, payload, player
from demos.ui.events import Page, is_heavy
from demos.ui.folders import prepare
from demos.ui.limits import LightGate

PUBLIC = {
    "models", "model_states", "faces", "faces_same_seed", "faces_trajectory", "edit_face", "sketch_face", "nearest_faces", "stylize", "all_styles", "inpaint",
    "continue_text", "attention", "inspect_text", "compare_text", "detect_watermark", "scan_verse", "chat", "inspect_reply", "summarize",
    "compose", "speak", "learn", "lessons", "chapter_covers", "lesson", "glossary", "search_lessons", "source_code", "lesson_notebook",
}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Page]]:
    with served(tmp_path_factory.mktemp("events")) as found:
        yield found


def test_the_public_endpoints_are_exactly_these(running: tuple[str, Page]) -> None:
    url, demo = running
    named = httpx.get(f"{url}/gradio_api/info", timeout=60).json()["named_endpoints"]
    assert {name[1:] for name in named} == PUBLIC
    assert {fn.api_name for fn in demo.fns.values() if fn.api_visibility != "private"} == PUBLIC


def test_events_are_of_the_browser_alone_or_pass_the_guard(running: tuple[str, Page], monkeypatch: Any) -> None:
    """Each is called as Gradio's routes do; none reaches its handler but through the checks of :class:`Page`."""
    _, demo = running
    assert type(demo) is Page and demo.app.get_blocks() is demo
    checked: list[int] = []
    monkeypatch.setattr(payload, "admit", lambda *_, **__: checked.append(1) or 1 / 0)
    for fn in demo.fns.values():
        if fn.fn is None or fn.cancels:
            continue
        before = len(checked)
        with pytest.raises(gr.Error):
            asyncio.run(demo.process_api(fn, [None] * len(fn.inputs), event_id="e"))
        assert len(checked) == before + 1
    assert len(checked) > 150


def test_what_runs_a_model_is_queued_for_the_lanes_and_the_rest_is_light(running: tuple[str, Page]) -> None:
    _, demo = running
    for fn in demo.fns.values():
        if is_heavy(fn):
            assert fn.queue and fn.concurrency_limit is None
        elif fn.fn is not None:
            assert not fn.types_generator, f"{fn.name} streams: what takes time belongs under concurrency_id='model'"


def test_the_image_editors_pieces_are_few_and_small(running: tuple[str, Page]) -> None:
    address, demo = running
    http = httpx.Client(base_url=address, timeout=60)
    editor = next(id for id, block in demo.blocks.items() if type(block).__name__ == "EditorInput")
    picture = io.BytesIO()
    Image.new("RGBA", (8, 8), "red").save(picture, "PNG")

    def send(content: bytes = picture.getvalue(), **change: Any) -> httpx.Response:
        sent = {
            "component_id": str(editor),
            "session_hash": "s",
            "fn_name": "accept_blobs",
            "id": "d1",
            "type": "layer",
            "index": "0",
        }
        return http.post("/gradio_api/component_server", data={**sent, **change}, files={"file": ("l.png", content)})

    assert send().status_code == 200
    for bad in (
        {"index": "999999999"},
        {"index": "-1"},
        {"type": "x"},
        {"id": "x" * 100},
        {"component_id": "1234567"},
        {"fn_name": "preprocess"},
    ):
        assert send(**bad).status_code in (400, 404), bad
    assert send(b"x" * 9_000_000).status_code == 400
    assert http.post("/gradio_api/component_server", json={}).status_code == 400
    names = {fn for block in demo.blocks.values() for fn in getattr(block, "server_fns", [])}
    assert {fn.__name__ for fn in names} == {"accept_blobs"}, "another function of a component is open to everybody"


def test_a_light_event_that_hangs_is_answered_and_others_go_on(tmp_path: Path) -> None:
    args = page.parser().parse_args(["--outputs", str(tmp_path)])
    demo, options = page.make(["home"], args)
    demo.light = LightGate(deadline_s=0.3, at_once=2)
    fn = next(fn for fn in demo.fns.values() if fn.api_name == "models")
    answers = {"all": lambda: time.sleep(1.5), "exit": lambda: (_ for _ in ()).throw(SystemExit(3))}
    fn.fn = lambda task: answers.get(task, list)() or []
    _, url, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    try:
        with httpx.Client(base_url=url, timeout=30) as http:
            ask = lambda task: http.post("gradio_api/run/models", json={"data": [task]})  # noqa: E731
            late = ask("all")
            assert late.status_code == 422 and "longer than" in late.json()["error"]
            gone = ask("exit")
            assert gone.status_code == 422 and "went wrong inside the app" in gone.json()["error"]
            assert ask("chat").status_code == 200
    finally:
        demo.close()


FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize(
    "kind", [gr.Textbox, gr.JSON, gr.HTML, gr.Dropdown, gr.Chatbot, gr.Slider, gr.Checkbox, gr.Number, gr.CheckboxGroup]
)
@pytest.mark.parametrize("value", [FILE, [FILE], {"a": [{"b": FILE}]}, {"path": "http://127.0.0.1/x", "meta": {}}])
def test_only_fields_for_files_take_files(tmp_path: Path, kind: Any, value: Any) -> None:
    with pytest.raises(Exception, match=r"takes no files|list of messages"):
        payload.admit([kind()], [value], prepare(tmp_path), strict=False)


@pytest.mark.parametrize("kind", [gr.Image, gr.File, gr.Gallery, gr.ImageEditor, gr.Audio, gr.UploadButton])
@pytest.mark.parametrize(
    "value",
    [
        FILE, "/etc/passwd", "http://127.0.0.1/x.png", {"url": "http://127.0.0.1/x.png"}, {"path": "http://a/b", "meta": FILE["meta"]},
        {"path": None, "url": "file:///etc/passwd"}, [FILE], [{"image": FILE}], {"background": FILE, "layers": [], "composite": None},
        {"background": None, "layers": [{"path": "x", "url": "http://a/b"}], "composite": None}, {"path": 5}, 5, "data:image/png;base64,AA",
    ],
)  # fmt: skip
def test_and_only_what_was_uploaded_here(tmp_path: Path, kind: Any, value: Any) -> None:
    with pytest.raises(Exception, match=r"not fetched from addresses|not a file that you uploaded|must be a drawing"):
        payload.admit([kind()], [value], prepare(tmp_path), strict=False)


def test_an_upload_is_taken_as_the_page_and_the_clients_send_it(tmp_path: Path) -> None:
    own = prepare(tmp_path)
    (own.uploads / ("a" * 64)).mkdir()
    path = str(own.uploads / ("a" * 64) / "a.png")
    Path(path).write_bytes(b"x")
    meta = FILE["meta"]
    for sent in (
        {"path": path, "meta": meta},
        {"path": path, "url": f"http://127.0.0.1:7860/gradio_api/file={path}", "meta": meta, "size": 1},
    ):
        payload.admit([gr.Image()], [sent], own, strict=True)
        payload.admit(
            [gr.ImageEditor()],
            [{"background": sent, "layers": [sent], "composite": None, "id": None}],
            own,
            strict=True,
        )
    payload.admit([gr.Image(), gr.ImageEditor()], [None, {"id": "abc"}], own, strict=True)


@pytest.mark.parametrize(
    "content",
    [
        FILE, [FILE], [{"type": "file", "file": FILE}], {"component": "image", "value": "/etc/passwd", "constructor_args": {}, "props": {}},
        [{"type": "component", "component": "html", "value": "x", "constructor_args": {}, "props": {}}], 5, [["x"]],
    ],
)  # fmt: skip
def test_a_chat_window_takes_texts_only(tmp_path: Path, content: Any) -> None:
    with pytest.raises(Exception, match=r"text only|takes no files"):
        payload.admit([gr.Chatbot()], [[{"role": "user", "content": content}]], prepare(tmp_path), strict=True)
    said = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "yes"}], "metadata": None},
    ]
    payload.admit([gr.Chatbot()], [said], prepare(tmp_path), strict=True)


@pytest.mark.parametrize("value", ["x" * 300_000, ["x" * 1000] * 300, [0] * 30_000, "deep"])
def test_values_beyond_any_field_are_refused(tmp_path: Path, value: Any) -> None:
    if value == "deep":
        for _ in range(40):
            value = [value]
    with pytest.raises(Exception, match=r"too large|nested deeper"):
        payload.admit([gr.JSON()], [value], prepare(tmp_path), strict=False)


def test_no_handler_can_show_a_file_of_the_server(tmp_path: Path) -> None:
    own = prepare(tmp_path / "outputs")
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    file = {"path": str(secret), "meta": FILE["meta"]}
    for kind, value in (
        (gr.File, str(secret)), (gr.Image, str(secret)), (gr.Image, gr.update(value=str(secret))), (gr.Gallery, [(str(secret), "x")]),
        (gr.JSON, {"parameters": {"image": file}}), (gr.HTML, file), (gr.File, [secret]), (gr.Textbox, gr.update(value=file)),
    ):  # fmt: skip
        with pytest.raises(Exception, match="was not shown"):
            payload.check_outputs([kind()], value, own)
    payload.check_outputs([gr.Textbox()], str(secret), own)
    payload.check_outputs([gr.Gallery()], [(str(payload.ASSETS[0] / "faces.png"), "x" * 5000)], own)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("missing: /home/somebody/.cache/aigc/model.safetensors, run x", "missing: model.safetensors, run x"), ("C:\\Users\\me\\x.png", "x.png"),
        ("[Errno 28] No space: '/tmp/aigc/runs/x.png'", "[Errno 28] No space: 'x.png'"), ("找不到/srv/a/b.py。", "找不到b.py。"),
        ("see https://a.org/b/c or and/or 1/2/3", "see https://a.org/b/c or and/or 1/2/3"), ("~/models/a/b.gguf", "b.gguf"),
    ],
)  # fmt: skip
def test_messages_keep_no_folders(text: str, shown: str) -> None:
    assert player.hide_paths(text) == shown
    start = time.monotonic()
    for unit in ("/", "/a", "a/", "\\", "~/", "C:/", "."):
        player.hide_paths(unit * 100_000)
    assert time.monotonic() - start < 10


def test_where_a_request_comes_from() -> None:
    request: Any = SimpleNamespace(client=SimpleNamespace(host="2001:db8::1:2:3"), headers={})
    assert player.visitor(request) == "2001:db8::/64"
    assert player.visitor(None) == "local"
    assert app.TABS


def test_a_click_on_a_picture_brings_its_place_and_caption_and_no_file() -> None:
    file = {"path": "/etc/passwd", "url": "http://x/y", "meta": {"_type": "gradio.FileData"}}
    data = payload.event_data({"index": 2, "value": {"image": file, "caption": "102"}, "selected": True})
    assert data["index"] == 2 and data["value"] == {"image": None, "caption": "102"}
    assert "passwd" not in repr(data)
