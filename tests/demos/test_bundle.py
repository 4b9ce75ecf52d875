"""Gradio's bundle through our middleware: the same files, compressed for those who read it, kept for good."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import brotli
import httpx
import pytest
from toy_app import served

from demos.ui import bundle

UNPACKED = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served(tmp_path_factory.mktemp("outputs")) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def raw(http: httpx.Client, path: str, coding: str) -> tuple[bytes, httpx.Headers]:
    """The bytes on the wire."""
    with http.stream("GET", path, headers={"accept-encoding": coding}) as answer:
        assert answer.status_code == 200
        return b"".join(answer.iter_raw()), answer.headers


@pytest.mark.parametrize("coding", UNPACKED)
def test_an_asset_is_the_file_of_the_bundle(http: httpx.Client, coding: str) -> None:
    for name in bundle.needed(["html", "button"]):
        body, headers = raw(http, f"/assets/{name}", coding)
        said = headers.get("content-encoding", "identity")
        file = (bundle.ASSETS / name).read_bytes()
        assert UNPACKED[said](body) == file and len(body) == int(headers["content-length"]) <= len(file)
        assert said in (coding, "identity") and "immutable" in headers["cache-control"]
        assert headers["content-type"].startswith("text/css" if name.endswith(".css") else "text/javascript")


@pytest.mark.parametrize("coding", UNPACKED)
def test_the_page_is_compressed_and_names_its_assets_first(http: httpx.Client, coding: str) -> None:
    body, headers = raw(http, "/", coding)
    said = headers.get("content-encoding", "identity")
    text = UNPACKED[said](body).decode()
    assert said == coding and text.index('rel="modulepreload"') < text.index("gradio_config")
    assert coding == "identity" or len(body) < len(text) / 2


@pytest.mark.parametrize("name", ["none.js", "..%2Findex.html", "x" * 5000 + ".js", "%00.js", "a/b.js"])
def test_what_the_bundle_does_not_hold_is_answered_in_words(http: httpx.Client, name: str) -> None:
    assert http.get(f"/assets/{name}").status_code in (400, 404)


def test_assets_follow_the_components(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few, more = bundle.needed(["html"]), bundle.needed(["html", "audio"])
    assert set(few) < set(more) and all((bundle.ASSETS / name).is_file() for name in more)
    assert bundle.needed(["no such component"]) == bundle.needed([])
    monkeypatch.setattr(bundle, "FRONTEND", tmp_path)
    (tmp_path / "index.html").write_text("<head></head>")
    assert bundle.needed(["html"]) == [] and bundle.announced([]) == b""
