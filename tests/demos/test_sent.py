"""What a run costs beside its model, in files, messages and bytes: a program gets its answer once, and nothing before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from PIL import Image
from toy_app import served

from demos.ui.player import PREVIEW_HEADER

PAGE = {"x-gradio-user": "app"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("outputs")) as address:
        yield address


def messages(url: str, count: int, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """All that the server says about one run."""
    http = httpx.Client(base_url=url, timeout=60, headers=headers)
    config = http.get("config").json()
    at = next(d["id"] for d in config["dependencies"] if d["api_name"] == "faces")
    body = {"data": ["faces-toy", count, 3, ""], "fn_index": at, "session_hash": f"s{count}"}
    assert http.post("gradio_api/queue/join", json=body).status_code == 200
    with http.stream("GET", "gradio_api/queue/data", params={"session_hash": f"s{count}"}) as stream:
        return [json.loads(line[5:]) for line in stream.iter_lines() if line.startswith("data:")]


def outputs(said: list[dict[str, Any]], kind: str) -> list[Any]:
    return [one["output"]["data"] for one in said if one["msg"] == kind]


def test_a_program_gets_the_answer_and_nothing_before(url: str) -> None:
    said = messages(url, 16)
    assert not outputs(said, "process_generating")
    gallery, *shown, recipe = outputs(said, "process_completed")[0]
    assert len(gallery) == 16 and recipe["seed"] == 3
    assert all(value == {"__type__": "update"} for value in shown), "status, buttons and list of files are the page's"


def test_the_page_and_programs_that_ask_get_previews(url: str) -> None:
    assert outputs(messages(url, 16, {PREVIEW_HEADER: "1"}), "process_generating")
    _, *shown, recipe = outputs(messages(url, 16, PAGE), "process_completed")[0]
    (files,) = [value for value in shown if isinstance(value, list)]
    assert len(files) == 17, "the list of files, sheet and faces"
    assert recipe["seed"] == 3


def test_bytes_grow_with_the_count_and_no_faster(url: str) -> None:
    four, eight, sixteen = (sum(len(json.dumps(one)) for one in messages(url, count)) for count in (4, 8, 16))
    assert sixteen - eight <= 2.2 * (eight - four)


def test_each_picture_is_written_once_and_fetched_once(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Any] = []
    fetched: list[str] = []
    save, stream = Image.Image.save, httpx.stream
    monkeypatch.setattr(Image.Image, "save", lambda self, file, *a, **k: (written.append(file), save(self, file, *a, **k)))  # fmt: skip
    monkeypatch.setattr(httpx, "stream", lambda way, address, **k: (fetched.append(address), stream(way, address, **k))[1])  # fmt: skip
    gallery, _ = Client(url, verbose=False, download_files=tmp_path, ssl_verify=False).predict(count=8, api_name="/faces")  # fmt: skip
    assert len(gallery) == 8 and len(written) == 9, "the faces and their sheet"
    files = [address for address in fetched if "/file=" in address]
    assert len(files) == len(set(files)) == 8
    assert {Path(one["image"]).read_bytes() for one in gallery} <= {Path(file).read_bytes() for file in written}
