"""Rubbish, foreign paths, addresses and bombs into every field of every event of the whole page, over HTTP.

Nothing that the visitor did not upload or make is read, copied, fetched or served; every answer is in words and in time;
the server stays small.
"""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from PIL import Image
from whole_app import served

from demos.ui import limits, payload
from demos.ui.events import is_heavy

ROOT = Path(__file__).resolve().parents[2]
SECRET = "the-servers-own-secret-4711"
GIGABYTES = 2e9
META = {"_type": "gradio.FileData"}


def rss() -> int:
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) * 1024


class Watch(threading.Thread):
    """The largest memory of this process, which is the server's too."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.idle, self.peak, self.over = rss(), 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            self.peak = max(self.peak, rss())


class Trap:
    """A listener on this machine that nobody should ever reach."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/picture.png"
        self.reached = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.reached += 1
            connection.close()


class App:
    """The app over HTTP, without any client of Gradio's."""

    def __init__(self, url: str, demo: Any) -> None:
        self.demo, self.http = demo, httpx.Client(base_url=f"{url}/gradio_api", timeout=60)
        self.slowest = 0.0

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        (path,) = self.http.post("/upload", files={"files": (name, content)}).json()
        return {"path": path, "meta": META, "orig_name": name}

    def run(self, index: int, data: list[Any], event_data: Any = None) -> str:
        """A light event's answer."""
        start = time.monotonic()
        body = {"data": data, "fn_index": index, "event_data": event_data, "session_hash": "fuzz"}
        answer = self.http.post("/run/predict", json=body)
        self.slowest = max(self.slowest, time.monotonic() - start)
        assert answer.status_code < 500, (index, data, answer.text)
        return answer.text

    def queued(self, calls: list[tuple[int, list[Any]]]) -> list[str]:
        """The answers of queued events; those refused at the door among them."""
        start = time.monotonic()
        session, waiting, answers = f"fuzz{time.monotonic_ns()}", 0, []
        for index, data in calls:
            body = {"data": data, "fn_index": index, "session_hash": session}
            joined = self.http.post("/queue/join", json=body)
            assert joined.status_code < 500, (index, data, joined.text)
            waiting += joined.status_code == 200
            answers.append(joined.text)
        if waiting:
            with self.http.stream("GET", "/queue/data", params={"session_hash": session}) as stream:
                for line in stream.iter_lines():
                    answers.append(line)
                    waiting -= '"process_completed"' in line
                    if not waiting:
                        break
        assert not waiting, "an event was never answered"
        self.slowest = max(self.slowest, (time.monotonic() - start) / max(1, len(calls)))
        return answers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("everything")


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[App]:
    with served(folder / "outputs") as (url, demo):
        yield App(url, demo)


@pytest.fixture(scope="module")
def trap() -> Trap:
    return Trap()


@pytest.fixture(scope="module")
def hostile(folder: Path, trap: Trap) -> list[Any]:
    """What is sent into every field."""
    (folder / "secret.txt").write_text(SECRET)
    secret = str(folder / "secret.txt")
    deep: Any = "x"
    for _ in range(20):
        deep = [deep]
    file = {"path": secret, "meta": META}
    return [
        secret, file, {"path": secret}, {"path": trap.url, "meta": META}, {"url": trap.url}, trap.url,
        {"path": secret, "url": trap.url, "meta": META}, {"path": "x", "meta": "not an object"},
        {"path": "../../../etc/passwd", "meta": META}, [file], [secret, [secret]], {"image": file, "caption": "x"},
        {"background": file, "layers": [file] * 3, "composite": file, "id": None}, {"id": "nobody"},
        [{"role": "user", "content": file}], [{"role": "user", "content": [{"type": "file", "file": file}]}],
        [{"role": "user", "content": {"component": "image", "value": secret, "constructor_args": {}, "props": {}}}],
        [{"role": "user", "content": [{"type": "component", "component": "file", "value": secret, "constructor_args": {}, "props": {}}]}],
        {"__type__": "update", "value": secret}, {"task": "inpaint", "parameters": {"image": file, "mask": secret}, "model": file},
        "x" * 150_000, 10**30, -1, 1.5, True, None, [], {}, deep, ["x"] * 5_000, "\0", "\ud7ff", "<img src=x>",
    ]  # fmt: skip


def bombs() -> dict[str, bytes]:
    """Small files that ask for much."""
    made = {}
    for kind in ("PNG", "GIF", "TIFF"):
        buffer = io.BytesIO()
        options = {"compression": "tiff_deflate"} if kind == "TIFF" else {}
        Image.new("L" if kind == "GIF" else "1", (12_000, 12_000)).save(buffer, kind, **options)
        made[f"bomb.{kind.lower()}"] = buffer.getvalue()
    track = b"\x00\x90\x3c\x40" * 200_000
    made["bomb.mid"] = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk" + len(track).to_bytes(4, "big") + track
    made["bomb.txt"] = b"\x81\x30\x81\x30" * 1_000_000
    made["bomb.json"] = b"[" * 2_000_000
    made["bomb.mp4"] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\xff\xff\xff\xffmoov" * 1_000
    return made


def defaults(fn: Any) -> list[Any]:
    return [
        None if isinstance(c, (*payload.FILES, gr.State, gr.Chatbot)) else getattr(c, "value", None) for c in fn.inputs
    ]


def sample(fn: Any, values: list[Any], at: int, kinds: int) -> Iterator[list[Any]]:
    """For each field ``kinds`` of the values, taken in turn; the other fields as the page opens with."""
    for field, component in enumerate(fn.inputs):
        if isinstance(component, gr.State):
            continue
        for step in range(kinds):
            data = json.loads(json.dumps(defaults(fn), default=lambda _: None))
            data[field] = values[(at + field * 7 + step * 5) % len(values)]
            yield data


def test_every_field_of_every_event(
    app: App, folder: Path, hostile: list[Any], trap: Trap, capfd: Any, caplog: Any
) -> None:
    watch = Watch()
    watch.start()
    heard: list[str] = []
    heavy: list[tuple[int, list[Any]]] = []
    seen: set[Any] = set()
    for index, fn in app.demo.fns.items():
        if fn.fn is None:
            continue
        known = (fn.fn, tuple(c._id for c in fn.inputs))
        kinds = 0 if known in seen else 1 if is_heavy(fn) else 6
        seen.add(known)
        everywhere = [hostile[index % len(hostile)]] * len(fn.inputs)
        calls = [everywhere, *sample(fn, hostile, index, kinds)]
        if fn.queue:
            heavy += [(index, data) for data in calls]
        else:
            heard += [app.run(index, data) for data in calls]
            heard += [
                app.run(index, defaults(fn), junk)
                for junk in (hostile[1], {"index": [10**9, "x"], "value": {"path": "/etc"}})
            ]
    for start in range(0, len(heavy), 50):
        heard += app.queued(heavy[start : start + 50])
    watch.over.set()
    text = "\n".join(heard)
    assert len(seen) > 60 and len(heard) > 600
    assert trap.reached == 0, "an address was fetched"
    assert SECRET not in text
    for word in ("Traceback", "site-packages", 'File "', str(ROOT), "/srv/secret"):
        assert word not in text, text[text.index(word) - 300 : text.index(word) + 300]
    assert app.slowest < limits.LIGHT_S
    assert watch.peak - watch.idle < GIGABYTES
    copies = [
        file for file in (folder / "outputs").rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()
    ]
    assert not copies, "a file of the server was copied"
    log = capfd.readouterr().err + caplog.text
    assert "Traceback" not in log, log[max(0, log.index("Traceback") - 500) :][:4000]


def test_bombs_into_every_field_for_files(app: App, hostile: list[Any]) -> None:
    uploads = [app.upload(name, content) for name, content in bombs().items()]
    watch = Watch()
    watch.start()
    heavy, seen = [], set()
    for index, fn in app.demo.fns.items():
        known = (fn.name, fn.fn.__class__, tuple(type(c) for c in fn.inputs))  # the tabs share their handlers' code
        if fn.fn is None or known in seen:
            continue
        seen.add(known)
        for field, component in enumerate(fn.inputs):
            for upload in uploads if isinstance(component, payload.FILES) else ():
                data = defaults(fn)
                drawing = {"background": upload, "layers": [upload] * 4, "composite": upload, "id": None}
                data[field] = drawing if isinstance(component, gr.ImageEditor) else upload
                if fn.queue:
                    heavy.append((index, data))
                else:
                    app.run(index, data)
    for start in range(0, len(heavy), 50):
        app.queued(heavy[start : start + 50])
    watch.over.set()
    assert app.slowest < limits.LIGHT_S
    assert watch.peak - watch.idle < GIGABYTES


def test_the_server_lives_after_all_that(app: App) -> None:
    listed = app.http.post("/run/models", json={"data": ["faces"]})
    assert listed.status_code == 200 and "faces" in listed.text
