"""Rubbish into every endpoint of the whole app: each call is answered in words, nothing hangs, the server lives.

The app runs offline with an empty cache: models that need weights answer that they are missing, the built-in ones run.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
ENDPOINTS = ("faces", "stylize", "inpaint", "continue_text", "chat", "summarize", "compose", "speak", "models")
ANSWER_S = 120


class App:
    """The running app, its parameters by endpoint, and its log."""

    def __init__(self, url: str, log: Path) -> None:
        one_each = httpx.Limits(max_keepalive_connections=0)  # an idle connection may be closed under a call
        self.http = httpx.Client(base_url=f"{url}/gradio_api", timeout=ANSWER_S, limits=one_each)
        self.log = log
        info = self.http.get("/info").json()["named_endpoints"]
        self.names = {name[1:]: [p["parameter_name"] for p in info[name]["parameters"]] for name in info}

    def call(self, endpoint: str, values: dict[str, Any]) -> tuple[str, Any]:
        """``complete`` or ``error``, and what came with it."""
        body = json.dumps(values).encode()  # NaN and Infinity as JavaScript would never send them
        joined = self.http.post(f"/call/v2/{endpoint}", content=body, headers={"content-type": "application/json"})
        if joined.status_code != 200:
            return "refused", joined.text
        with self.http.stream("GET", f"/call/v2/{endpoint}/{joined.json()['event_id']}") as answer:
            kind = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: ") and kind in ("complete", "error"):
                    return kind, json.loads(line[6:])
        raise AssertionError("the stream ended without an answer")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("fuzzed")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--offline", "--port", str(port), "--outputs", str(folder / "outputs")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "AIGC_HOME": str(folder / "empty")}, stdout=log, stderr=log
        )
        try:
            yield _up(f"http://127.0.0.1:{port}", folder / "log", process)
            assert process.poll() is None, "the server died"
        finally:
            process.terminate()
            process.wait(timeout=60)


def _up(url: str, log: Path, process: subprocess.Popen[bytes]) -> App:
    for _ in range(1200):
        try:
            httpx.get(f"{url}/config", timeout=30)
            return App(url, log)
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.25)
    raise AssertionError("the app did not come up")


def check(kind: str, answer: Any) -> None:
    """An answer, or an error in words without the inside of the program."""
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    assert kind in ("complete", "error", "refused")
    assert "Traceback" not in text and 'File "' not in text and "site-packages" not in text, text[:500]
    if kind != "complete":
        assert text.strip() not in ("", "null", '""'), "an error without a word"


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("字" * 20_001)
    | st.sampled_from([10**40, -1, "", " ", "../../etc/passwd", "<script>", "inpaint-telea", "summarize-lead"])
    | st.sampled_from([{"path": "/etc/passwd"}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}])
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "path", "text"]), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_anything_is_answered_in_words(app: App, endpoint: str, data: st.DataObject) -> None:
    names = app.names[endpoint]
    changed = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    check(*app.call(endpoint, {name: data.draw(ANYTHING) for name in changed}))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_defaults_and_unknown_parameters_are_answered(app: App, endpoint: str) -> None:
    check(*app.call(endpoint, {}))
    check(*app.call(endpoint, {"no_such_parameter": 1}))


@pytest.mark.parametrize(("endpoint", "name"), [("stylize", "image"), ("inpaint", "mask"), ("compose", "primer")])
@pytest.mark.parametrize("path", ["/etc/passwd", str(ROOT / "README.md"), "docs/../app.py"])
def test_no_file_of_the_server_is_read_for_a_visitor(app: App, endpoint: str, name: str, path: str) -> None:
    for value in ({"path": path, "meta": {"_type": "gradio.FileData"}}, {"path": path, "url": f"file://{path}"}, path):
        kind, answer = app.call(endpoint, {name: value})
        assert kind != "complete"
        check(kind, answer)
        assert "root:" not in json.dumps(answer)


def test_a_picture_bomb_is_refused_by_the_endpoint(app: App) -> None:
    buffer = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(buffer, "PNG")
    assert len(buffer.getvalue()) < 100_000
    (path,) = app.http.post("/upload", files={"files": ("bomb.png", buffer.getvalue())}).json()
    bomb = {"path": path, "meta": {"_type": "gradio.FileData"}}
    kind, answer = app.call("inpaint", {"image": bomb, "mask": bomb})
    assert kind == "error" and "at most 16 megapixels; got 12000×12000" in json.dumps(answer, ensure_ascii=False)


def test_the_builtin_models_still_work_after_all_that(app: App) -> None:
    kind, answer = app.call("summarize", {"text": "A cat sat. A dog ran. Rain fell.", "model": "summarize-lead"})
    assert kind == "complete" and answer[-1]["model"] == "summarize-lead"
    log = app.log.read_text()
    assert "unforeseen failure" not in log, log[log.index("unforeseen failure") :][:3000]
