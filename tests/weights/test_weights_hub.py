"""A model hub: huggingface_hub against a server on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aigc_core.types import Hub

ROOT = Path(__file__).resolve().parents[2]


COMMIT = "c0ffee" + "0" * 34
FILES = {"config.json": b'{"a": 1}', "model.safetensors": b"w" * 12_000_000, "pytorch_model.bin": b"pickle"}
SOURCE = Hub(repo_id="org/tiny", revision=COMMIT, size=12_000_008)
RUN = """
import json, sys, time
from pathlib import Path
from aigc_core import weights
from aigc_core.types import Hub
from aigc_core.errors import AigcError
if sys.argv[2] == "hurry":  # the client waits ever longer between its attempts
    time.sleep = lambda _: None
source = Hub(repo_id="org/tiny", revision=sys.argv[1], size=12_000_008)
events, folder, error = [], "", ""
fetching = weights.ensure(source)
before = weights.state(source).kind
try:
    while True:
        events.append(next(fetching).step)
        if sys.argv[2] == "stop" and events[-1] > 0:
            fetching.close()
            time.sleep(1.0)  # what would go on downloading would do so now
            break
except StopIteration as done:
    folder = str(done.value[0])
except AigcError as caught:
    error = f"{type(caught).__name__}: {caught}"
after = weights.state(source).kind
removed = weights.remove(source) if sys.argv[2] == "remove" else 0
print(json.dumps([before, events, folder, error, after, removed]))
"""


class Server:
    """A model hub of one repository; ``requests`` are the paths asked for, ``break_after`` cuts a transfer once."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.sent = 0
        self.break_after = 0
        self.pause_s = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self.do_GET(body=False)

            def do_GET(self, body: bool = True) -> None:
                first = int((self.headers.get("range") or "bytes=0-")[6:].split("-")[0])
                outer.requests.append(f"{self.command} {self.path}{f' from {first}' if first else ''}")
                data, kind = outer.answer(self.path)
                name = self.path.rpartition("/")[2]
                self.send_response(206 if first else 200 if data else 404)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data) - first))
                if first:
                    self.send_header("content-range", f"bytes {first}-{len(data) - 1}/{len(data)}")
                if name in FILES:
                    self.send_header("etag", f'"{hashlib.sha256(data).hexdigest()}"')
                    self.send_header("x-repo-commit", COMMIT)
                    self.send_header("accept-ranges", "bytes")
                self.end_headers()
                if body:
                    outer.send(self.wfile, data[first:], self)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, path: str) -> tuple[bytes, str]:
        if "/tree/" in path:
            rows = [
                {"type": "file", "path": n, "size": len(d), "oid": hashlib.sha1(d).hexdigest()}
                for n, d in FILES.items()
            ]
            return json.dumps(rows).encode(), "application/json"
        return FILES.get(path.rpartition("/")[2], b""), "application/octet-stream"

    def send(self, wire: Any, data: bytes, handler: BaseHTTPRequestHandler) -> None:
        for at in range(0, len(data), 500_000):
            if self.break_after and at >= self.break_after:
                self.break_after = 0
                handler.close_connection = True
                return handler.connection.close()
            try:
                wire.write(data[at : at + 500_000])
            except OSError:
                return None
            self.sent += len(data[at : at + 500_000])
            if len(data) > 1_000_000:
                time.sleep(self.pause_s)
        return None


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def through_hub(hub: Server, tmp_path: Path, mode: str = "", revision: str = COMMIT, **more: str) -> Any:
    env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "AIGC_HOME": str(tmp_path / "aigc")}
    env = {k: v for k, v in env.items() if k != "HF_HUB_OFFLINE"} | more
    done = subprocess.run([sys.executable, "-c", RUN, revision, mode], env=env, capture_output=True, text=True, timeout=120, cwd=ROOT)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_hub_gives_one_commit_and_no_pickle(hub: Server, tmp_path: Path) -> None:
    hub.pause_s = 0.06  # 1.4 s in all
    before, events, folder, error, after, _ = through_hub(hub, tmp_path)
    assert (before, after, error) == ("fetch", "ready", "")
    assert Path(folder).is_relative_to(tmp_path / "hf") and Path(folder).name == COMMIT
    assert sorted(f.name for f in Path(folder).iterdir()) == ["config.json", "model.safetensors"]
    assert all(COMMIT in r for r in hub.requests if "/resolve/" in r or "/tree/" in r)
    assert events == sorted(events) and events[-1] <= SOURCE.size and len(set(events)) > 1
    hub.requests.clear()
    assert through_hub(hub, tmp_path)[0] == "ready" and hub.requests == []


def test_a_broken_transfer_goes_on_where_it_broke(hub: Server, tmp_path: Path) -> None:
    hub.break_after = 11_000_000  # the client writes in chunks of 10 MB
    folder = through_hub(hub, tmp_path)[2]
    assert (Path(folder) / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert any("from" in r for r in hub.requests), hub.requests


def test_closing_early_ends_the_download(hub: Server, tmp_path: Path) -> None:
    hub.pause_s = 0.2
    _, events, _, _, after, _ = through_hub(hub, tmp_path, "stop")
    assert events[-1] > 0 and after == "fetch"
    assert hub.sent < SOURCE.size


def test_offline_asks_nobody_but_uses_what_is_there(hub: Server, tmp_path: Path) -> None:
    refused = through_hub(hub, tmp_path, HF_HUB_OFFLINE="1")
    assert refused[3].startswith("OfflineError: org/tiny (12 MB)") and hub.requests == []
    folder = through_hub(hub, tmp_path)[2]
    hub.requests.clear()
    marker = next((tmp_path / "aigc" / "hub").iterdir())
    marker.unlink()  # as if another program had fetched it
    assert through_hub(hub, tmp_path, HF_HUB_OFFLINE="1")[2] == folder and hub.requests == []


def test_a_hub_out_of_reach_is_said_in_words(tmp_path: Path) -> None:
    dead = Server()
    dead.http.shutdown()
    dead.http.server_close()
    error = through_hub(dead, tmp_path, "hurry")[3]
    assert error.startswith("DownloadError: Could not fetch org/tiny (12 MB)") and "HF_ENDPOINT" in error


def test_removing_frees_the_disk(hub: Server, tmp_path: Path) -> None:
    assert through_hub(hub, tmp_path, "remove")[5] == 1
    assert not [f for f in (tmp_path / "hf").rglob("*") if f.is_file() and f.stat().st_size > 1_000_000]
